"""The order features of clvlens as a data scientist would write them in DuckDB's SQL, by hand."""

from __future__ import annotations

DAYS = 86_400_000_000  # microseconds in one
WINDOWS = (30, 90, 180, 365)
SPANS = {f"{days}d": f"elapsed <= {days * DAYS}" for days in WINDOWS} | {"ever": "true"}


def _when(of: str, span: str = "ever") -> str:
    return f"{of} FILTER (WHERE is_order AND {SPANS[span]})"


def _every(name: str, of: str, spans: tuple[str, ...]) -> list[str]:
    return [f"{_when(of, span)} AS {name}_{span}" for span in spans]


def _trend(of: str, days: int, where: str) -> str:
    late = f"coalesce({of} FILTER (WHERE {where} AND elapsed <= {days * DAYS}), 0)::double"
    within = f"{where} AND elapsed > {days * DAYS} AND elapsed <= {2 * days * DAYS}"
    early = f"coalesce({of} FILTER (WHERE {within}), 0)::double"
    return f"CASE WHEN {late} + {early} > 0 THEN ({late} - {early}) / ({late} + {early}) END"


FEATURES = ",\n".join([
    *_every("count", "count(*)", (*SPANS,)),
    *[f"coalesce(sum(amount) FILTER (WHERE {SPANS[span]}), 0)::double AS revenue_{span}"
      for span in SPANS],
    *_every("mean_amount", "avg(amount)", ("365d", "ever")),
    f"{_when('stddev_samp(amount::double)')} AS sd_amount",
    f"{_when('max(amount)')} AS max_amount",
    f"{_when('min(elapsed)')} / {DAYS} AS days_since_last",
    f"{_when('max(elapsed)')} / {DAYS} AS days_since_first",
    f"avg(gap) / {DAYS} AS mean_gap",
    f"stddev_samp(gap) / {DAYS} AS sd_gap",
    f"{_when('min(elapsed)')} / nullif(avg(gap), 0) AS overdue",
    *_every("weeks", "count(DISTINCT (day + 3) // 7)", ("90d", "365d")),
    f"{_trend('count(*)', 45, 'is_order')} AS trend_45",
    f"{_trend('count(*)', 90, 'is_order')} AS trend_90",
    f"{_trend('sum(amount)', 90, 'true')} AS trend_revenue",
    f"coalesce(sum(amount) FILTER (WHERE elapsed <= {365 * DAYS} AND elapsed > {275 * DAYS}), 0)"
    " AS last_year",
    *[f"{_when('sum(discount)', span)} / nullif({_when('sum(amount + discount)', span)}, 0)"
      f" AS discount_rate_{span}" for span in ("90d", "365d", "ever")],
    *_every("discounted", "avg((discount > 0)::int)", ("365d", "ever")),
    f"count(*) FILTER (WHERE amount < 0 AND {SPANS['365d']}) AS returns_365d",
    "count(*) FILTER (WHERE amount < 0) AS returns_ever",
    *_every("channels", "count(DISTINCT channel)", ("365d",)),
    f"{_when('avg((weekday >= 5)::int)')} AS weekend",
    f"{_when('avg((hour >= 18)::int)')} AS evening",
    *[f"max({name}) FILTER (WHERE place = 1) AS first_{name}"
      for name in ("amount", "discount", "channel")],
    "max(amount) FILTER (WHERE place_back = 1) AS last_amount",
    "count(DISTINCT day) FILTER (WHERE is_order AND day > first_day) AS repeat_days",
    "max(day) FILTER (WHERE is_order) - min(first_day) AS first_to_last",
    "sum(amount) FILTER (WHERE is_order AND day > first_day)"
    " / nullif(count(DISTINCT day) FILTER (WHERE is_order AND day > first_day), 0)"
    " AS repeat_day_amount",
])  # fmt: skip

QUERY = f"""
WITH past AS (
    SELECT *, amount > 0 AS is_order, $cutoff - event_time AS elapsed
    FROM events WHERE event_time < $cutoff
), ordered AS (
    SELECT *,
        row_number() OVER ahead AS place,
        row_number() OVER back AS place_back,
        event_time - lag(event_time) OVER ahead AS gap,
        min(day) OVER (PARTITION BY customer_id, is_order) AS first_day
    FROM past
    WINDOW ahead AS (PARTITION BY customer_id, is_order ORDER BY event_time, order_id),
        back AS (PARTITION BY customer_id, is_order ORDER BY event_time DESC, order_id DESC)
)
SELECT customer_id, {FEATURES} FROM ordered GROUP BY customer_id
"""
