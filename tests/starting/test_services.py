"""Exports of those who sell by the month or by the night."""

import pytest
from tests.starting.baskets import DAYS, heads
from tests.starting.shops import write
from tests.starting.started import start, total, world
from tests.support.business import Row, write_csv

PRICES = (29, 99)


def invoices(factor: int = 100, **more: object) -> list[Row]:
    """Thirty invoices of three accounts, at the price of their plan."""
    return [
        {"invoice_id": f"in_{n}", "account_id": f"a{n % 3}", "created": day,
         "amount_paid": factor * PRICES[n % 3 % 2], **more}
        for n, day in enumerate(DAYS)
    ]  # fmt: skip


def subscriptions(accounts: int = 3, ended: int = 0) -> list[Row]:
    """Return a subscription an account; the first `ended` of them were cancelled."""
    return [
        {"subscription_id": f"s{n}", "account_id": f"a{n % 3}", "plan_name": "team",
         "mrr": PRICES[n % 3 % 2], "started_at": "2024-01-01",
         "canceled_at": "2024-06-01" if n < ended else ""}
        for n in range(accounts)
    ]  # fmt: skip


def test_amounts_a_hundred_times_the_price_are_cents(tmp_path):
    """Ten invoices each of 29, 99 and 29."""
    write_csv(tmp_path / "invoices.csv", invoices())
    write_csv(tmp_path / "subscriptions.csv", subscriptions())
    begun, raw = start(tmp_path, tmp_path)
    assert raw["data"]["orders"]["cents"] is True
    assert "cents" not in raw["data"]["subscriptions"]
    assert begun.tables[0].remarks["cents"] == "mrr of subscriptions is a hundredth of it"
    assert total(world(tmp_path)) == 10 * (29 + 99 + 29)


def test_a_currency_in_small_letters_makes_cents_a_question(tmp_path):
    write_csv(tmp_path / "invoices.csv", invoices(currency="usd"))
    _, raw = start(tmp_path, tmp_path, answers={"invoices": "no"})
    assert (raw["currency"], "cents" in raw["data"]["orders"]) == ("USD", False)
    _, raw = start(tmp_path, tmp_path)
    assert raw["data"]["orders"]["cents"] is True


def test_whole_amounts_alone_are_no_cents(tmp_path):
    write_csv(tmp_path / "invoices.csv", invoices())
    _, raw = start(tmp_path, tmp_path)
    assert "cents" not in raw["data"]["orders"]


@pytest.mark.parametrize(
    ("ended", "churn"), [(30, "contractual"), (29, "non_contractual"), (0, "non_contractual")]
)
def test_churn_is_the_end_of_a_subscription_where_enough_have_ended(tmp_path, ended, churn):
    write_csv(tmp_path / "invoices.csv", invoices(factor=1))
    write_csv(tmp_path / "subscriptions.csv", subscriptions(accounts=40, ended=ended))
    begun, raw = start(tmp_path, tmp_path)
    assert raw["target"]["churn"] == churn
    columns = raw["data"]["subscriptions"]["columns"]
    assert columns.get("ended_at") == ("canceled_at" if ended else None)
    if churn == "contractual":
        assert begun.remarks["churn"].startswith("30 of 40 rows of subscriptions have ended")


def test_bookings_are_bought_when_they_are_booked_not_when_the_guest_first_came(tmp_path):
    """Both tables have a time; that of the guests is one for all that a guest books."""
    booked = [
        {"Reservation ID": f"R{n}", "Guest ID": f"G{n % 3}", "Booking Date": day,
         "Arrival Date": day, "Total Price": 80 + n}
        for n, day in enumerate(DAYS)
    ]  # fmt: skip
    guests = [{"Guest ID": f"G{n}", "Created": "2024-01-01", "Nationality": "DE"} for n in range(3)]
    write_csv(tmp_path / "reservations.csv", booked)
    write_csv(tmp_path / "guests.csv", guests)
    _, raw = start(tmp_path, tmp_path)
    orders = raw["data"]["orders"]
    assert orders["columns"] == {
        "customer_id": "Guest ID", "ordered_at": "Booking Date", "amount": "Total Price",
        "order_id": "Reservation ID",
    }  # fmt: skip
    assert "lookup" not in orders
    assert raw["data"]["customers"]["columns"]["signed_up_at"] == "Created"
    assert total(world(tmp_path)) == 30 * 80 + sum(range(30))


def test_amounts_with_a_sign_say_the_currency_and_how_they_are_written(tmp_path):
    sold = [
        {"Kunde": f"c{n % 3}", "Bestelldatum": day, "Betrag": "1.005,50 €"}
        for n, day in enumerate(DAYS)
    ]
    path = tmp_path / "Verkäufe.csv"
    write(path, "Kunde,Bestelldatum,Betrag", sold, delimiter=";", encoding="cp1252")
    begun, raw = start(tmp_path, path)
    orders = raw["data"]["orders"]
    assert {key: orders[key] for key in ("encoding", "decimal", "thousands", "sign")} == {
        "encoding": "windows-1252", "decimal": ",", "thousands": ".", "sign": "€",
    }  # fmt: skip
    assert (raw["currency"], begun.remarks["currency"]) == ("EUR", "as € in Betrag says")
    assert total(world(tmp_path)) == 30 * 1005.5


def test_plain_amounts_are_read_rather_than_those_with_a_sign(tmp_path):
    sold = [{**head, "revenue": "$5.00", "sales_value": "5.00"} for head in heads()]
    write_csv(tmp_path / "orders.csv", sold)
    _, raw = start(tmp_path, tmp_path / "orders.csv")
    assert raw["data"]["orders"]["columns"]["amount"] == "sales_value"
    assert "sign" not in raw["data"]["orders"]


def test_an_accent_far_from_the_beginning_tells_the_encoding(tmp_path):
    sold = [{**heads()[n % 30], "order_id": n, "total": "5", "town": "Ulm"} for n in range(4_000)]
    sold[-1]["town"] = "Köln"
    path = tmp_path / "orders.csv"
    write(path, "order_id,client,order_date,total,town", sold, encoding="latin-1")
    _, raw = start(tmp_path, path)
    assert raw["data"]["orders"]["encoding"] == "latin-1"
