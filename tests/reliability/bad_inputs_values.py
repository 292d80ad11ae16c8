"""Bad inputs 23 to 51: ids, money, categories and times."""

import pandas as pd
from tests.reliability.cases import Case, column
from tests.reliability.shop import Shop, changed, days, orders
from tests.support.business import instant, write_csv

ODD_IDS = ("007", "1e5", "true", "12345678901234567890", "NA", "😀" * 3, "x" * 10_000)
LAST = len(orders()) - 1


def with_ids(*ids: str):
    """Write a shop in which some orders are those of these customers."""

    def write(shop: Shop):
        return shop.write(orders() + [{**orders()[-1], "customer_id": who} for who in ids])

    return write


def keeps(*ids: str):
    def look(config, _):
        known = column(config, "customer_id")
        assert [known.count(who) for who in ids] == [1] * len(ids)

    return look


def given(place: int = 4, **values: object):
    return lambda shop: shop.write(changed(orders(), place, **values))


def of_all(**values: object):
    return lambda shop: shop.write([{**row, **values} for row in orders()])


def messages(**values: object):
    """Write a message for each of the first 15 customers, the third of which has other values."""

    def write(shop: Shop):
        sent = [{"customer_id": f"c{who:03d}", "sent_at": "2024-12-01", "opened_at": "2024-12-02",
                 "kind": "newsletter"} for who in range(15)]  # fmt: skip
        return shop.with_table("messages", changed(sent, 2, **values))

    return write


def tickets(**values: object):
    def write(shop: Shop):
        rows = [{"customer_id": f"c{who:03d}", "opened_at": "2024-11-01", "channel": "email",
                 "resolved_at": "2024-11-03"} for who in range(15)]  # fmt: skip
        return shop.with_table("tickets", changed(rows, 2, **values))

    return write


def strangers(shop: Shop):
    people = [{"customer_id": f"AB-{who}", "country": "DE"} for who in range(15)]
    return shop.with_table("customers", people)


def numbered(*more: dict):
    def write(shop: Shop):
        rows = [{**row, "order_id": number} for number, row in enumerate(orders())]
        return shop.write(rows + [{**rows[7], **extra} for extra in more])

    return write


def currencies(shop: Shop):
    rows = [{**row, "currency": "EUR"} for row in orders()]
    return shop.write(changed(changed(rows, 3, currency="USD"), 5, currency="CHF"))


def refunded(shop: Shop):
    return shop.write([*orders(), {**orders()[LAST], "amount": "-10.00"}])


def is_net(config, _):
    bought = sum(float(row["amount"]) for row in orders())
    assert float(sum(column(config, "amount"))) == bought - 10


def infinite(value: float):
    def write(shop: Shop):
        rows = [{**row, "amount": float(row["amount"])} for row in orders()]
        return shop.as_parquet(changed(rows, 4, amount=value))

    return write


def offsets(shop: Shop):
    """Noon in Paris, in UTC and in New York are an hour, none and five hours from UTC."""
    times = [f"2024-01-05T12:00:00{zone}" for zone in ("+01:00", "Z", "-05:00")]
    rows = [{**row, "ordered_at": f"{row['ordered_at']}T00:00:00Z"} for row in orders()]
    return shop.write([{**rows[0], "ordered_at": when} for when in times] + rows[60:])


def are_instants(config, _):
    hours = [(at - instant("2024-01-05")) / 3_600_000_000 for at in column(config, "event_time")]
    assert hours[:3] == [11, 12, 17]


def naive_and_aware(shop: Shop):
    return shop.write(changed(orders(), 4, ordered_at="2024-01-05T12:00:00+02:00"))


def naive_and_aware_with_zone(shop: Shop):
    naive_and_aware(shop)
    return shop.configure(run={"time_zone": "Europe/Berlin"})


def clocks_changed(shop: Shop):
    """02:30 is skipped in Berlin on 31 March, and comes twice on 27 October."""
    rows = changed(orders(), 70, ordered_at="2024-03-31 02:30")
    write_csv(shop.folder / "orders.csv", changed(rows, 120, ordered_at="2024-10-27 02:30"))
    return shop.configure(run={"time_zone": "Europe/Berlin"})


def are_told_apart(config, _):
    """The skipped time is taken an hour later, the doubled one the second time."""
    times = set(column(config, "event_time"))
    assert {instant("2024-03-31T01:30"), instant("2024-10-27T01:30")} <= times


def late(share_of: int, ends: str = "2024-12-06"):
    """Write one order after the data's stated end, among so many others."""

    def write(shop: Shop):
        some = orders(20, days(share_of // 15))
        rows = [{**row, "ordered_at": min(row["ordered_at"], "2024-12-05")} for row in some]
        write_csv(shop.folder / "orders.csv", [*rows, {**rows[-1], "ordered_at": "2025-06-01"}])
        return shop.configure(run={"data_ends": ends})

    return write


def from_the_future(shop: Shop):
    return shop.write(changed(orders(), 4, ordered_at="2199-01-01"))


def never_opened(config, _):
    assert pd.isna(column(config, "opened_at", "messages")[2])


def signed_up_late(shop: Shop):
    people = [{"customer_id": f"c{who:03d}", "signed_up_at": "2024-01-01"} for who in range(15)]
    return shop.with_table("customers", changed(people, 1, signed_up_at="2024-02-20"))


CASES = [
    Case(23, "id 007", "H", with_ids("007"), look=keeps("007")),
    Case(24, "id 1e5", "H", with_ids("1e5"), look=keeps("1e5")),
    Case(25, "id true", "H", with_ids("true", "TRUE"), look=keeps("true", "TRUE")),
    Case(26, "id of 20 digits", "H", with_ids("12345678901234567890"),
         look=keeps("12345678901234567890")),
    Case(27, "null id", "E", given(customer_id=""),
         r"orders\.customer_id: 1 row without a value, first in row 5; every row needs one"),
    Case(28, "literal NA as id", "W", with_ids("NA"),
         r"all tables\.customer_id: words for nothing such as NA", rows=1),
    Case(29, "ids that resemble each other", "W",
         with_ids("C001", " c002", "n\u00e9e", "ne\u0301e"),
         r"customer_id: ids that another resembles but for case, spaces or accents", rows=6),
    Case(30, "emoji and long ids", "H", with_ids(*ODD_IDS), look=keeps(*ODD_IDS)),
    Case(31, "formula as id", "W", with_ids("=cmd|' /C calc'!A0", "-12", "@sum"),
         r"customer_id: formulas to a spreadsheet", rows=2),
    Case(32, "tables that share no customer", "E", strangers,
         r"customers\.customer_id: none of its 15 customers has an order; ids look like 'aa-9' "
         r"here and like 'a999' in orders; give both tables the same ids"),
    Case(33, "repeated order, identical", "W", numbered({}),
         r"orders\.: 1 of 199 rows left out that repeat another in every column", rows=1),
    Case(33, "many repeated orders", "E", numbered({}, {}, {}),
         r"orders: 3 of 201 rows repeat another .*; state grain: line .*\.repeats: drop"),
    Case(34, "repeated order, conflicting", "E", numbered({"amount": "1.00"}),
         r"orders\.order_id: 1 row with the order_id of another, first in row 199; state grain"),
    Case(35, "negative amount", "H", refunded, look=is_net),
    Case(36, "NaN", "E", infinite(float("nan")), r"orders\.amount: 1 row .*first in row 5"),
    Case(36, "infinity", "E", infinite(float("inf")),
         r"orders\.amount: 1 row not of type money, first in row 5 with 'inf'"),
    Case(37, "a million millions", "W", given(amount="1e12"),
         r"orders\.amount: 1 of 198 rows of 1,000,000,000 or more in size", rows=1),
    Case(38, "several currencies", "E", currencies,
         r"orders\.currency: 2 rows not in EUR: CHF, USD; one currency a run"),
    Case(39, "amounts in words", "E", given(amount="twelve"),
         r"orders\.amount: 1 row not of type money, first in row 5 with 'twelve'"),
    Case(40, "unknown status", "W", messages(kind="flyer"),
         r"messages\.kind: 1 of 15 rows hold none of the values", rows=1),
    Case(41, "column without a value", "W", of_all(channel="", items=3),
         r"orders\.channel: no value in 198 rows; it tells nothing"),
    Case(42, "times of several offsets", "H", offsets, look=are_instants),
    Case(43, "times with and without offset", "E", naive_and_aware,
         r"orders\.ordered_at: 1 row with an offset from UTC and 197 without; state time_zone"),
    Case(43, "times with and without offset, zone stated", "H", naive_and_aware_with_zone,
         look=lambda config, _: column(config, "event_time").index(instant("2024-01-05T10:00"))),
    Case(44, "clocks changed", "H", clocks_changed, look=are_told_apart),
    Case(45, "day or month first", "E", given(ordered_at="03/04/2024"),
         r"orders\.ordered_at: 1 row .* row 5 with '03/04/2024'; .*else state time_format"),
    Case(46, "30 February", "E", given(ordered_at="2024-02-30"),
         r"orders\.ordered_at: 1 row not of type time, first in row 5 with '2024-02-30'"),
    Case(47, "seconds since 1970", "E", given(ordered_at="1704412800"),
         r"first in row 5 with '1704412800'; .* seconds or milliseconds since 1970 are to be writ"),
    Case(47, "milliseconds since 1970", "E", given(ordered_at="1704412800000"),
         r"first in row 5 with '1704412800000'; .* seconds or milliseconds since 1970"),
    Case(48, "orders after the data's end", "E", late(600),
         r"orders: 1 of \d\d\d rows are later than data_ends \(2024-12-06\); correct data_ends or"),
    Case(48, "one order of thousands after the data's end", "W", late(5_000),
         r"orders\.: 1 of \d,\d\d\d rows are later than data_ends .*; not used", rows=1),
    Case(48, "order from the future", "E", from_the_future,
         r"orders: 1 of 198 rows are later than today; correct the times"),
    Case(49, "year 9999", "W", messages(opened_at="9999-12-31"),
         r"messages\.opened_at: 1 row before 1900 or after 2199; taken for unknown", rows=1,
         look=never_opened),
    Case(49, "year 1 of an order", "E", given(ordered_at="0001-01-01"),
         r"orders\.ordered_at: 1 row before 1900 or after 2199, first in row 5 with '0001-01-01'"),
    Case(50, "order before sign-up", "W", signed_up_late,
         r"orders\.: 2 rows from before the customer's sign-up", rows=2),
    Case(51, "resolved before opened", "W", tickets(resolved_at="2024-10-30"),
         r"tickets\.resolved_at: 1 of 15 rows are before opened_at", rows=1),
]  # fmt: skip
