"""Who the customers are: one row a customer, as far as the business knew it at sign-up.

A table without `signed_up_at` holds traits that do not change; its customers count as known
from their first event in any other history.
"""

from __future__ import annotations

from collections.abc import Iterator

from clvlens.histories import exact
from clvlens.histories.base import Column, Feature, History, Lever
from clvlens.histories.past import DAY, Past

TRAITS = ("channel", "campaign", "segment", "persona", "country")
YEAR = 365.25 * DAY


def features(past: Past) -> Iterator[Feature]:
    """Age of the relation, and the traits that the table has."""
    past = past.derive("age_years", lambda t: (t.cutoff - t.born_on) / YEAR, needs=["born_on"])
    past = past.derive(
        "email_captured",
        lambda t: t.email_captured_at.notnull().cast("int64"),
        needs=["email_captured_at"],
    ).derive(
        "email_lead",
        lambda t: exact.days(t.signed_up_at - t.email_captured_at),
        needs=["email_captured_at", "signed_up_at"],
    )
    if past.has("signed_up_at"):
        age = exact.days(past.table.elapsed.max())
        yield from past.measure("days_since_sign_up", "days since sign-up", "days", age)
    yield from _trait(past, "email_captured", "whether the e-mail address is known", "flag")
    yield from _trait(
        past, "email_lead", "days by which the e-mail address was known before sign-up", "days"
    )
    yield from _trait(past, "age_years", "age at the cutoff", "years")
    yield from _trait(past, "acquisition_cost", "what it cost to win the customer", "money")
    for trait in (*TRAITS, *past.attributes):
        yield from _trait(past, trait, f"{trait} of the customer", "category")


def _trait(past: Past, name: str, meaning: str, unit: str) -> list[Feature]:
    return past.latest(name, name, unit=unit, meaning=meaning)


HISTORY = History(
    name="customers",
    meaning="Who the customers are",
    noun="customers",
    time="signed_up_at",
    key="customer_id",
    lasting=True,
    columns=(
        Column("customer_id", "id", "the customer", required=True),
        Column("signed_up_at", "time", "when the business first knew the customer"),
        Column("channel", "category", "acquisition channel"),
        Column("campaign", "category", "acquisition campaign"),
        Column("acquisition_cost", "money", "what it cost to win the customer"),
        Column("traits_known_at", "time", "when segment and persona were assigned"),
        Column("segment", "category", "segment in the CRM", known_at="traits_known_at"),
        Column("persona", "category", "persona in the CRM", known_at="traits_known_at"),
        Column("country", "category", "country"),
        Column("born_on", "time", "date of birth"),
        Column("email_captured_at", "time", "when the e-mail address was first known"),
    ),
    example=(
        {"customer_id": "A1", "signed_up_at": "2024-01-05", "channel": "search",
         "acquisition_cost": 12.5, "country": "DE", "born_on": "1980-02-29",
         "email_captured_at": "2024-01-03T20:05:00"},
        {"customer_id": "B2", "signed_up_at": "2024-02-11", "channel": "friend",
         "acquisition_cost": 0, "country": "DE", "born_on": None},
        {"customer_id": "C3", "signed_up_at": "2024-03-30", "channel": "search",
         "acquisition_cost": 14, "country": "FR", "born_on": "1999-12-01"},
    ),
    features=features,
    levers=(
        Lever("early e-mail capture", "whether the e-mail address is known before sign-up",
              ("customers__email_captured", "customers__email_lead"),
              why_not="it follows from how customers came; nothing says who was asked"),
        Lever("acquisition", "by which channel and campaign, and at what cost, customers are won",
              ("customers__channel", "customers__campaign", "customers__acquisition_cost"),
              why_not="it decides who becomes a customer, not what becomes of one"),
    ),
)  # fmt: skip
