"""Exports of shops, in the columns that their makers document, for businesses that are made up."""

import csv
import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

BEGIN = dt.datetime(2023, 1, 2, 9, 30, tzinfo=dt.UTC)
DAYS = 600
PRODUCTS = {"A-1": ("Tea", 4.5), "A-2": ("Tea", 7.0), "B-1": ("Cups", 12.0), "C-1": ("Pots", 39.9)}

SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,"
    "Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,"
    "Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing City,Billing Zip,Billing Country,Notes,Cancelled at,Payment Method,"
    "Refunded Amount,Vendor,Id,Tags,Risk Level,Source,Lineitem discount,Phone"
)
WOOCOMMERCE = (
    "order_id,order_number,order_date,paid_date,status,shipping_total,shipping_tax_total,"
    "fee_total,fee_tax_total,tax_total,cart_discount,order_discount,discount_total,order_total,"
    "order_subtotal,order_currency,payment_method,payment_method_title,transaction_id,"
    "customer_ip_address,customer_user_agent,shipping_method,customer_id,customer_user,"
    "customer_email,billing_first_name,billing_last_name,billing_city,billing_country,"
    "customer_note,line_item_1,line_item_2"
)


def buy(customers: int = 300, seed: int = 3) -> Iterator[tuple[int, int, dt.datetime, list[str]]]:
    """Yield orders as (number, customer, time, products), in the order of time."""
    draw = random.Random(seed)
    orders = []
    for customer in range(customers):
        when = BEGIN + dt.timedelta(days=draw.uniform(0, 0.7 * DAYS))
        pace = draw.choice((15, 40, 90, 200))
        while when < BEGIN + dt.timedelta(days=DAYS):
            orders.append((when, customer, draw.choices(list(PRODUCTS), k=draw.randint(1, 3))))
            when += dt.timedelta(days=draw.expovariate(1 / pace) + 0.01)
    for number, (when, customer, products) in enumerate(sorted(orders), 1001):
        yield number, customer, when, products


def write(path: Path, columns: str, rows: list[dict], **how: str) -> Path:
    """Write rows as text; columns that a row lacks are empty."""
    encoding = how.pop("encoding", "utf-8")
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, columns.split(","), restval="", **how)
        writer.writeheader()
        writer.writerows(rows)
    return path


def shopify(folder: Path) -> Path:
    """Write a Shopify order export: a row a line, the order's own values on its first alone."""
    rows = []
    for number, customer, when, products in buy():
        total = sum(PRODUCTS[product][1] for product in products)
        at = when.strftime("%Y-%m-%d %H:%M:%S +0000")
        order = {
            "Financial Status": "voided" if number % 50 == 0 else "paid", "Paid at": at,
            "Fulfillment Status": "fulfilled", "Accepts Marketing": "yes", "Currency": "EUR",
            "Subtotal": f"{total:.2f}", "Shipping": "4.90", "Taxes": "0.00",
            "Total": f"{total + 4.9:.2f}", "Discount Amount": "0.00",
            "Shipping Method": "Standard", "Billing Name": f"Name {customer}",
            "Billing Country": "DE", "Payment Method": "Shopify Payments",
            "Refunded Amount": "0.00", "Id": str(5_000_000_000 + number), "Risk Level": "Low",
            "Source": "web",
        }  # fmt: skip
        for i, product in enumerate(products):
            rows.append(
                {
                    "Name": f"#{number}", "Email": f"c{customer}@example.com", "Created at": at,
                    "Lineitem quantity": "1", "Lineitem name": PRODUCTS[product][0],
                    "Lineitem price": f"{PRODUCTS[product][1]:.2f}", "Lineitem sku": product,
                    "Lineitem requires shipping": "true", "Lineitem taxable": "true",
                    "Vendor": "Tea Ltd", **(order if i == 0 else {}),
                }
            )  # fmt: skip
    return write(folder / "orders_export_1.csv", SHOPIFY, rows)


def woocommerce(folder: Path) -> Path:
    """Write a WooCommerce order export: a row an order; guests share the customer 0."""
    rows = []
    for number, customer, when, products in buy():
        total = sum(PRODUCTS[product][1] for product in products)
        at = f"{when.month}/{when.day}/{when.year}  {when:%H:%M:%S}"
        rows.append(
            {
                "order_id": str(number), "order_number": str(number), "order_date": at,
                "paid_date": at,
                "status": ("cancelled", "failed", "completed")[min(2, number % 40)],
                "shipping_total": "5.00", "tax_total": "0", "cart_discount": "1.50",
                "order_discount": "0", "discount_total": "1.50",
                "order_total": f"{total + 3.5:.2f}",
                "order_subtotal": f"{total:.2f}", "order_currency": "USD",
                "payment_method": "stripe", "payment_method_title": "Stripe",
                "shipping_method": "Flat rate",
                "customer_id": str(customer if customer % 3 else 0),
                "customer_user": str(customer if customer % 3 else 0),
                "customer_email": f"c{customer}@example.com", "billing_city": "Austin",
                "billing_country": "US", "line_item_1": f"name:{products[0]}|quantity:1",
            }
        )  # fmt: skip
    return write(folder / "order_export_2024-08-01.csv", WOOCOMMERCE, rows)


def german(folder: Path) -> list[Path]:
    """Write orders and customers as a German spreadsheet saves them."""
    columns = "Bestellnummer,Kundennummer,Bestelldatum,Gesamtbetrag,Rabatt,Vertriebskanal"
    rows = [
        {
            "Bestellnummer": f"B{number}", "Kundennummer": f"{customer:05d}",
            "Bestelldatum": when.strftime("%d.%m.%Y"),
            "Gesamtbetrag": f"{sum(PRODUCTS[p][1] for p in products):.2f}".replace(".", ","),
            "Rabatt": "0,50" if number % 4 == 0 else "0,00",
            "Vertriebskanal": ("Laden", "Netz")[customer % 2],
        }
        for number, customer, when, products in buy()
    ]  # fmt: skip
    orders = write(folder / "Bestellungen.csv", columns, rows, delimiter=";")
    people = [
        {"KundenNr": f"{customer:05d}", "Kunde seit": "01.01.2023",
         "Geschlecht": "fm"[customer % 2],
         "Ort": ("Ulm", "Köln")[customer % 2], "Geburtsdatum": f"{1 + customer % 28:02d}.05.1980"}
        for customer in range(300)
    ]  # fmt: skip
    names = "KundenNr,Kunde seit,Geschlecht,Ort,Geburtsdatum"
    return [orders, write(folder / "Kunden.csv", names, people, delimiter=";")]
