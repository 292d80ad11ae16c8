"""Orders and their lines, in two tables that only together tell what was bought when."""

from tests.support.business import Row

DAYS = [f"2024-{month:02d}-{day:02d}" for month in range(1, 11) for day in (3, 14, 25)]


def lines() -> list[Row]:
    """Thirty orders of three customers, two lines each."""
    return [
        {"order_id": number, "sku": sku, "price": "2.50"}
        for number in range(len(DAYS))
        for sku in ("tea", "cup")
    ]


def heads(**more: str) -> list[Row]:
    return [
        {"order_id": number, "client": f"c{number % 3}", "order_date": day, **more}
        for number, day in enumerate(DAYS)
    ]
