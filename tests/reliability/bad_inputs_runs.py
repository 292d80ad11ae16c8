"""Bad inputs 52 to 64: cutoffs, too little to learn from, models met with other data."""

from tests.reliability.cases import Case
from tests.reliability.shop import MONTHS, Shop, orders
from tests.support.business import write_csv


def cutoffs(shop: Shop, **run: object):
    write_csv(shop.folder / "orders.csv", orders())
    return shop.configure(run=run)


def outside(day: str):
    return lambda shop: cutoffs(shop, cutoffs={"fit": ["2024-03-01"], "test": [day]})


def ended_long_ago(**settings: object):
    def write(shop: Shop):
        sent = [{"customer_id": f"c{who:03d}", "sent_at": "2024-03-01"} for who in range(15)]
        return shop.with_table("messages", sent, **settings)

    return write


def leap_day(shop: Shop):
    plan = {"fit": ["2024-02-29"], "test": ["2024-05-31"]}
    return cutoffs(shop, cutoffs=plan)


def counts_days(_, ran):
    assert "  fit   2024-02-29    30  2024-03-30\n" in ran.out
    assert "  test  2024-05-31    30  2024-06-30\n" in ran.out


def taught_by(rows: list):
    def write(shop: Shop):
        write_csv(shop.folder / "orders.csv", rows)
        return shop.configure(run={"cutoffs": {"fit": ["2024-08-01"], "test": ["2024-10-01"]}})

    return write


def leaving(customers: int, stay: int) -> list:
    """Everybody orders until July, and only some go on."""
    return [row for row in orders(customers) if row["ordered_at"] < "2024-07"] + [
        {"customer_id": f"c{who:03d}", "ordered_at": day, "amount": "9.00"}
        for day in MONTHS[6:] for who in range(stay)
    ]  # fmt: skip


def returning(customers: int) -> list:
    """Everybody buys and gives back, month after month."""
    bought = orders(customers)
    return bought + [{**row, "amount": f"-{row['amount']}"} for row in bought]


def told(key: str, value: object):
    def write(shop: Shop):
        write_csv(shop.folder / "orders.csv", orders())
        return shop.configure(run={key: value})

    return write


CASES = [
    Case(52, "cutoff before the first order", "E", outside("2023-06-01"),
         r"run\.yaml:\d+: cutoffs\.test: cutoff 2023-06-01 is outside the data, .* 2024-01-05 to"),
    Case(53, "cutoff after the last order", "E", outside("2025-06-01"),
         r"cutoffs\.test: cutoff 2025-06-01 is outside the data, .* to 2024-12-05 23:59:59"),
    Case(54, "horizon beyond the data", "E", outside("2024-11-20"),
         r"cutoffs\.test: cutoff 2024-11-20 is immature: .* newest that would do is 2024-11-06"),
    Case(55, "table that ended months ago", "W", ended_long_ago(),
         r"messages\.: its newest row is 279 days older than the newest order"),
    Case(55, "table that ended before max_lag_days", "E", ended_long_ago(max_lag_days=90),
         r"messages: its newest row is 279 days .*; bring it up to date, or raise data\.m"),
    Case(56, "29 February and ends of months", "H", leap_day, look=counts_days),
    Case(57, "one customer", "E", taught_by(orders(2)[1::2]),
         r"1 customers are too few to learn from; at least 100 are needed", verb="train"),
    Case(58, "too few who stay", "E", taught_by(leaving(120, 3)),
         r"only 3 of 120 rows bought within the label window; at least 10", verb="train"),
    Case(59, "value of zero for all", "E", taught_by(returning(120)),
         r"every customer's value is 0 in the label window; check the signs", verb="train"),
    Case(60, "nobody leaves", "E", taught_by(leaving(120, 120)),
         r"only 0 of 120 rows .* at least 10 are needed", verb="train"),
    Case(64, "misspelt key", "E", told("curency", "EUR"),
         r"run\.yaml:\d+: curency: unknown key; did you mean 'currency'\?"),
    Case(64, "unknown key", "E", told("colour", "red"), r"colour: unknown key; known are clv, "),
    Case(64, "no for a text", "E", told("time_zone", False),
         r"time_zone: False will not do; expected text; YAML reads yes, no, .* put it in quotes"),
]  # fmt: skip
