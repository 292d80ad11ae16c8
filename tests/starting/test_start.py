"""Exports of shops become a configuration that reads, without a line edited."""

import pytest
from tests.starting.baskets import DAYS, heads, lines
from tests.starting.shops import german, shopify, woocommerce
from tests.starting.started import rows, start, total, world
from tests.support.business import write_csv

from clvlens.errors import DataError


def test_a_shopify_export_is_read_an_order_a_row_by_its_first_line(tmp_path):
    path = shopify(tmp_path)
    _, raw = start(tmp_path, path)
    orders = raw["data"]["orders"]
    assert orders["columns"] == {
        "customer_id": "Email", "ordered_at": "Created at", "amount": "Total",
        "order_id": "Name", "discount": "Discount Amount", "channel": "Source",
        "shipping_fee": "Shipping",
    }  # fmt: skip
    assert raw["currency"] == "EUR"
    paid = [row for row in rows(path) if row["Financial Status"] == "paid"]
    read = world(tmp_path)
    assert read.engine.count(read.histories["orders"].table) == len(paid)
    assert total(read) == pytest.approx(sum(float(row["Total"]) for row in paid))


def test_guests_who_share_one_customer_are_told_apart_by_their_address(tmp_path):
    path = woocommerce(tmp_path)
    begun, raw = start(tmp_path, path)
    orders = raw["data"]["orders"]
    assert orders["columns"]["customer_id"] == "customer_email"
    assert begun.tables[0].remarks["customer_id"].startswith("guests share one customer_")
    assert orders["time_format"] == "%m/%d/%Y %H:%M:%S"
    assert orders["keep"] == [{"column": "status", "among": ["completed"]}]
    read = world(tmp_path)
    done = [row for row in rows(path) if row["status"] == "completed"]
    assert total(read) == pytest.approx(sum(float(row["order_total"]) for row in done))


def test_semicolons_decimal_commas_and_german_names_are_read(tmp_path):
    paths = german(tmp_path)
    _, raw = start(tmp_path, *paths)
    orders, customers = raw["data"]["orders"], raw["data"]["customers"]
    assert (orders["delimiter"], orders["decimal"]) == (";", ",")
    assert orders["time_format"] == "%d.%m.%Y"
    assert customers["columns"] == {
        "customer_id": "KundenNr", "signed_up_at": "Kunde seit", "born_on": "Geburtsdatum",
    }  # fmt: skip
    assert customers["attributes"] == {"geschlecht": "Geschlecht", "ort": "Ort"}
    amounts = (row["Gesamtbetrag"].replace(",", ".") for row in rows(paths[0], ";"))
    assert total(world(tmp_path)) == pytest.approx(sum(map(float, amounts)))


def test_lines_are_joined_to_the_orders_that_know_customer_and_time(tmp_path):
    write_csv(tmp_path / "orders.csv", heads())
    write_csv(tmp_path / "order_items.csv", lines())
    _, raw = start(tmp_path, tmp_path / "orders.csv", tmp_path / "order_items.csv")
    orders = raw["data"]["orders"]
    assert (orders["path"], orders["grain"]) == ("order_items.csv", "line")
    assert orders["lookup"] == [{"path": "orders.csv", "by": "order_id"}]
    read = world(tmp_path)
    assert read.engine.count(read.histories["orders"].table) == 30
    assert total(read) == 60 * 2.5


def test_a_total_that_every_line_repeats_is_not_added_up(tmp_path):
    told = {head["order_id"]: head for head in heads(order_total="5.00")}
    write_csv(tmp_path / "sales.csv", [{**told[line["order_id"]], **line} for line in lines()])
    _, raw = start(tmp_path, tmp_path / "sales.csv")
    assert raw["data"]["orders"]["columns"]["amount"] == "price"
    assert total(world(tmp_path)) == 60 * 2.5


RETAIL = [
    {"InvoiceNo": 536_365 + n // 2, "StockCode": "85123A" if n % 2 else "71053",
     "Quantity": 1 + n % 3, "InvoiceDate": DAYS[n // 2], "UnitPrice": 2.55 if n % 2 else 3.39,
     "CustomerID": 17_850 + n // 2 % 3}
    for n in range(60)
]  # fmt: skip
SOLD = sum(row["Quantity"] * row["UnitPrice"] for row in RETAIL)


@pytest.mark.parametrize("price", ["UnitPrice", "Price"])
def test_a_price_of_one_piece_is_multiplied_by_their_number(tmp_path, price):
    """Called Price, it is told by being the same for one piece of a product and for three."""
    rows = [{**row, price: row["UnitPrice"]} for row in RETAIL]
    rows = rows if price == "UnitPrice" else [{**row} for row in rows if row.pop("UnitPrice")]
    write_csv(tmp_path / "online_retail.csv", rows)
    _, raw = start(tmp_path, tmp_path / "online_retail.csv")
    columns = raw["data"]["orders"]["columns"]
    assert (columns["unit_price"], columns["quantity"]) == (price, "Quantity")
    read = world(tmp_path)
    assert total(read) == pytest.approx(SOLD)
    assert read.engine.count(read.histories["orders"].table) == 30


def test_a_price_of_the_line_is_not_multiplied(tmp_path):
    rows = [{**row, "Price": row["Quantity"] * row["UnitPrice"]} for row in RETAIL]
    rows = [{**row} for row in rows if row.pop("UnitPrice")]
    write_csv(tmp_path / "online_retail.csv", rows)
    _, raw = start(tmp_path, tmp_path / "online_retail.csv")
    assert raw["data"]["orders"]["columns"]["amount"] == "Price"
    assert total(world(tmp_path)) == pytest.approx(SOLD)


def test_how_many_is_no_money_though_it_is_called_amount(tmp_path):
    sold = [{**head, "amount": 1 + n % 2, "sales_price": 30 + n} for n, head in enumerate(heads())]
    write_csv(tmp_path / "sales.csv", sold)
    _, raw = start(tmp_path, tmp_path / "sales.csv")
    assert raw["data"]["orders"]["columns"]["amount"] == "sales_price"


@pytest.mark.parametrize(
    ("chosen", "first"), [("%d/%m/%Y", "2024-01-03"), ("%m/%d/%Y", "2024-03-01")]
)
def test_days_and_months_that_could_be_either_are_asked_for(tmp_path, chosen, first):
    sold = [
        {**head, "order_date": f"0{1 + n % 9}/03/2024", "total": "5"}
        for n, head in enumerate(heads())
    ]
    sold[0]["order_date"] = "03/01/2024"
    write_csv(tmp_path / "sales.csv", sold)
    write_csv(tmp_path / "older.csv", sold)
    begun, raw = start(tmp_path, tmp_path / "sales.csv", answers={"orders": chosen})
    assert raw["data"]["orders"]["time_format"] == chosen
    assert "days and months" in begun.tables[0].remarks["time_format"]


def test_two_columns_that_could_both_be_the_amount_are_asked_for(tmp_path):
    sold = [{**head, "net_amount": 4.2, "revenue": 5.1} for head in heads()]
    write_csv(tmp_path / "sales.csv", sold)
    _, raw = start(tmp_path, tmp_path / "sales.csv", answers={"orders.amount": "revenue"})
    assert raw["data"]["orders"]["columns"]["amount"] == "revenue"


def test_a_column_that_does_not_read_is_left_out_and_said(tmp_path):
    """Nine thousand rows are looked at in eight slices of a thousand; row 1,050 is in none."""
    sold = [
        {"client": f"c{n % 99}", "order_date": DAYS[n % 30], "total": "5", "discount": "1"}
        for n in range(9_000)
    ]
    sold[1_049]["discount"] = "5 or 6"
    write_csv(tmp_path / "orders.csv", sold)
    begun, raw = start(tmp_path, tmp_path / "orders.csv")
    assert raw["data"]["orders"]["columns"]["discount"] is None
    assert (
        begun.tables[0]
        .unsaid["discount"]
        .startswith("discount: 1 row not of type money, first in row 1,050 with '5 or 6'")
    )


def test_a_table_of_nothing_known_with_a_customer_and_a_time_is_described(tmp_path):
    write_csv(tmp_path / "orders.csv", heads(total="5.00"))
    calls = [{"client": f"c{n % 3}", "called_on": day, "minutes": n, "topic": "tea"}
             for n, day in enumerate(DAYS)]  # fmt: skip
    write_csv(tmp_path / "phone_calls.csv", calls)
    _, raw = start(tmp_path, tmp_path / "orders.csv", tmp_path / "phone_calls.csv")
    custom = raw["data"]["phone_calls"]["custom"]
    assert (custom["noun"], custom["time"]) == ("phone calls", "called_on")
    assert custom["columns"] == {"minutes": "count", "topic": "category"}
    read = world(tmp_path)
    assert read.engine.count(read.histories["phone_calls"].table) == 30


def test_customers_of_another_business_are_left_out(tmp_path):
    write_csv(tmp_path / "orders.csv", heads(total="5.00"))
    write_csv(tmp_path / "customers.csv", [{"client": f"x{n}", "gender": "f"} for n in range(9)])
    begun, raw = start(tmp_path, tmp_path / "orders.csv", tmp_path / "customers.csv")
    assert set(raw["data"]) == {"orders"}
    assert [(left.name, left.why) for left in begun.left_out] == [
        ("customers", "its customers are not those of the orders")
    ]


def test_a_remnant_after_the_end_of_an_export_ends_the_data_before_it(tmp_path):
    """Four orders a day for 300 days, and one order half a year later."""
    days = [f"2024-{1 + n // 28:02d}-{1 + n % 28:02d}" for n in range(300)]
    sold = [{"client": f"c{n % 7}", "order_date": day, "total": n % 5 + 1}
            for n, day in enumerate(sorted(days * 4))]  # fmt: skip
    sold.append({"client": "c1", "order_date": "2025-05-01", "total": 3})
    write_csv(tmp_path / "orders.csv", sold)
    begun, _ = start(tmp_path, tmp_path / "orders.csv")
    assert begun.data_ends == "2024-11-21"
    assert "1 rows from 2024-11-21 to 2025-05-01" in begun.remarks["data_ends"]


def test_files_without_customer_time_and_amount_are_refused_with_what_they_have(tmp_path):
    write_csv(tmp_path / "weather.csv", [{"town": "Ulm", "rain": 3}])
    with pytest.raises(DataError, match=r"no table has a customer, .*weather has town, rain"):
        start(tmp_path, tmp_path / "weather.csv")


def test_a_new_history_is_recognised_by_its_own_description(tmp_path, monkeypatch):
    from clvlens.histories import discover
    from clvlens.histories.base import Column, History

    parcels = History(
        name="parcels", meaning="What was sent", noun="parcels", time="posted_at", key="parcel_id",
        columns=(
            Column("customer_id", "id", "the customer", required=True),
            Column("posted_at", "time", "when it was posted", required=True),
            Column("parcel_id", "id", "tells parcels apart"),
            Column("weight", "number", "grams"),
        ),
        example=(), features=lambda past: past.count(),
    )  # fmt: skip
    known = {**discover(), "parcels": parcels}
    for module in ("clvlens.starting.start", "clvlens.config.run"):
        monkeypatch.setattr(f"{module}.discover", lambda: known)
    write_csv(tmp_path / "orders.csv", heads(total="5.00"))
    sent = [{"client": f"c{n % 3}", "PostedAt": day, "ParcelId": n, "Weight": n}
            for n, day in enumerate(DAYS)]  # fmt: skip
    write_csv(tmp_path / "parcels_2024.csv", sent)
    _, raw = start(tmp_path, tmp_path / "orders.csv", tmp_path / "parcels_2024.csv")
    assert raw["data"]["parcels"]["columns"] == {
        "customer_id": "client", "posted_at": "PostedAt", "parcel_id": "ParcelId",
        "weight": "Weight",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("customer", "when", "amount", "order"),
    [
        ("customer_number", "order_date", "total_price", "order_no"),
        ("Kundennr.", "Bestelldatum", "Umsatz", "Bestell-Nr."),
        ("N° client", "Date de commande", "Montant TTC", "Numéro de commande"),
        ("Código de cliente", "Fecha de pedido", "Importe", "Número de pedido"),
        ("código_do_cliente", "data_do_pedido", "valor_do_pedido", "número_do_pedido"),
        ("Codice cliente", "Data ordine", "Importo totale", "Numero ordine"),
        ("Klantnummer", "Besteldatum", "Totaalbedrag", "Ordernummer"),
        ("CustomerID", "OrderDate", "OrderTotal", "OrderID"),
    ],
)
def test_columns_are_known_by_their_names_in_seven_languages(
    tmp_path, customer, when, amount, order
):
    sold = [
        {order: number, customer: f"c{number % 3}", when: day, amount: "5.00"}
        for number, day in enumerate(DAYS)
    ]
    write_csv(tmp_path / "export.csv", sold)
    begun, raw = start(tmp_path, tmp_path / "export.csv")
    assert raw["data"]["orders"]["columns"] == {
        "customer_id": customer, "ordered_at": when, "amount": amount, "order_id": order,
    }  # fmt: skip
    assert begun.left_out == ()
