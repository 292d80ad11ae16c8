"""The levers of the business: when each is decided, for whom, and what decides it.

A lever's `chance` reads only what the business could see before the decision. The regimes bend
it: `hidden` lets what nobody sees decide too, `sharp` turns it into nearly a rule, `drift` moves
it with the years.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from clvlens.simulation.noise import Floats, Noise
from clvlens.simulation.people import Flags, People, logistic
from clvlens.simulation.settings import YEAR, Settings

Kind = Literal["one_time", "standing", "event", "intensity", "mediator", "proxy"]


@dataclass(frozen=True)
class Lever:
    """One decision of the business: what a study of its effect must know.

    `decided` is the instant from which value counts: everything earlier may be adjusted for,
    nothing later. `recorded` says where the tables tell what was decided. `window`
    names how long a first effect lasts where holding on to the lever is another policy.
    """

    name: str
    kind: Kind
    target: str
    decided: str
    eligible: str
    recorded: str
    note: str = ""
    window: str = ""


@dataclass(frozen=True)
class Do:
    """One lever moved to its target for everybody eligible; without a name, nothing is moved.

    `other` moves it away from its target instead. `sustained` holds an event or an intensity at
    its target to the end, not only for its window.
    """

    lever: str = ""
    other: bool = False
    sustained: bool = False


@dataclass(frozen=True)
class Seen:
    """What the business has seen of each customer by now; counts since sign-up, money in USD."""

    plan: Floats
    early_visits: Floats
    from_friend: Floats
    from_ads: Floats
    trial: Floats
    orders: Floats
    recent_orders: Floats
    spend: Floats
    visits: Floats
    failures: Floats
    tickets: Floats


@dataclass(frozen=True)
class World:
    """All that a life depends on: the people, their luck, the settings and what is moved."""

    people: People
    noise: Noise
    settings: Settings
    do: Do = Do()


@dataclass(frozen=True)
class Arms:
    """Who is treated, by lever, and at which age it was decided (nan: never)."""

    treated: Mapping[str, Flags] = field(default_factory=dict)
    zero: Mapping[str, Floats] = field(default_factory=dict)

    @classmethod
    def undecided(cls, size: int) -> Arms:
        """Return the arms before any decision."""
        nobody, never = np.zeros(size, dtype=bool), np.full(size, np.nan)
        return cls(
            {lever.name: nobody for lever in LEVERS}, {lever.name: never for lever in LEVERS}
        )


def decide(
    world: World, arms: Arms, name: str, eligible: Flags, age: Floats | float, seen: Seen
) -> Arms:
    """Return the arms after a decision about those eligible who are still undecided."""
    due = eligible & np.isnan(arms.zero[name])
    arm = world.noise.uniform(f"arm {name}") < chance(world, name, seen)
    if world.do.lever == name:
        arm = np.full(world.people.size, not world.do.other)
    return replace(
        arms,
        treated={**arms.treated, name: np.where(due, arm, arms.treated[name])},
        zero={**arms.zero, name: np.where(due, age, arms.zero[name])},
    )


def chance(world: World, name: str, seen: Seen) -> Floats:
    """Return the probability of being treated, given what the business could see."""
    logit = LOGITS.get(name, lambda s: np.zeros_like(s.orders))(seen)
    people, regime = world.people, world.settings.regime
    if name == "community":  # nobody at the business decides who joins
        return logistic(-1.0 + 1.2 * people.need)
    if regime == "hidden":
        logit = logit + 0.9 * people.need - 0.6 * people.stress
    if regime == "sharp":
        logit = 6 * logit
    if regime == "drift":
        logit = logit + 1.0 * (people.day / YEAR - 1)
    return logistic(logit)


LOGITS: Mapping[str, Callable[[Seen], Floats]] = {
    "annual_billing": lambda s: -1.9 + 0.8 * s.plan + 0.4 * s.early_visits - 0.6 * s.trial,
    "onboarding": lambda s: -1.2 + 0.7 * s.plan + 0.3 * s.early_visits + 0.4 * s.from_friend,
    "bundle": lambda s: -0.7 + 0.4 * s.orders + 0.004 * (s.spend - 120) + 0.4 * s.plan,
    "dunning": lambda s: -0.3 + 1.6 * s.failures - 0.9 * s.plan - 0.35 * s.visits,
    "card_updater": lambda s: -0.2 + 0.8 * s.failures + 0.5 * s.plan,
    "cart_email": lambda s: -0.2 + 0.3 * s.orders + 0.4 * s.plan + 0.5 * s.from_friend,
    "out_of_hours": lambda s: -0.3 + 0.9 * s.plan + 0.25 * s.orders,
    "loyalty": lambda s: -1.1 + 0.45 * s.orders + 0.005 * (s.spend - 120),
    "newsletter": lambda s: -0.4 + 0.35 * s.visits + 0.3 * s.orders + 0.3 * s.plan,
    "recommendations": lambda s: -0.5 + 0.3 * s.visits + 0.2 * s.orders,
    "special_day": lambda s: 1.3 - 1.1 * s.recent_orders - 0.5 * s.plan,
}

AFTER_90_DAYS = "customers.signed_up_at + 90 days"
AFTER_180_DAYS = "customers.signed_up_at + 180 days"

LEVERS = (
    Lever(
        "annual_billing", "one_time", "annual", "customers.signed_up_at", "subscribers",
        "subscriptions.billing of the first row",
        "self-selected: the higher the plan, and the better known the site, the likelier",
    ),
    Lever(
        "onboarding", "one_time", "guided", "customers.signed_up_at", "subscribers",
        "onboarding.assigned_program",
        "guided for higher plans, those who looked around first and friends of customers",
    ),
    Lever(
        "onboarding_completed", "mediator", "all steps finished", "customers.signed_up_at",
        "subscribers", "onboarding.finished_at of the last step",
        "no decision of the business: what the programme works through",
    ),
    Lever(
        "bundle", "standing", "offered", AFTER_90_DAYS, "ordered in the shop before",
        "messages.kind bundle_offer", "offered to those who order more",
    ),
    Lever(
        "dunning", "standing", "smart", AFTER_90_DAYS, "subscribers billed monthly",
        "payments.dunning_program",
        "raw sign wrong: given to those whose charges failed, on low plans, rarely seen",
    ),
    Lever(
        "card_updater", "standing", "on", AFTER_90_DAYS, "subscribers billed monthly",
        "payments.card_updater", "given after failures and to higher plans",
    ),
    Lever(
        "no_card_failure", "event", "no charge fails", AFTER_90_DAYS,
        "subscribers billed monthly", "payments.succeeded where dunning_step is 0",
        "cards fail those short of money", "90 days",
    ),
    Lever(
        "cart_email", "standing", "within 2 to 3 hours",
        "carts.ended_at of the first without completed_at",
        "abandoned a cart in the first 180 days",
        "messages.sent_at less cart_abandoned_at of that cart's e-mail; none or a day later else",
        "the programme grew from good customers outwards",
    ),
    Lever(
        "first_response", "intensity", "1 hour", "tickets.opened_at of the first",
        "opened a ticket in the first 180 days", "tickets.first_response_at less opened_at",
        "the best customers are answered first, and heavy users ask more", "that ticket",
    ),
    Lever(
        "out_of_hours", "standing", "covered", "tickets.opened_at of the first with out_of_hours",
        "opened a ticket outside office hours in the first 180 days",
        "tickets.handled_out_of_hours", "covered first for higher plans",
    ),
    Lever(
        "loyalty", "standing", "invited", AFTER_90_DAYS, "ordered in the shop before",
        "loyalty.kind invited", "nearly null: the best are invited, only light buyers respond",
    ),
    Lever(
        "newsletter", "standing", "sent", AFTER_90_DAYS, "everybody",
        "messages.kind newsletter", "null: readers were better customers already",
    ),
    Lever(
        "recommendations", "standing", "sent", AFTER_90_DAYS, "everybody",
        "messages.kind recommendation", "sent to those who visit",
    ),
    Lever(
        "community", "proxy", "joined", AFTER_90_DAYS, "everybody",
        "visits.kind community from then on",
        "no decision of the business, and null: who needs more joins, and would have stayed anyway",
    ),
    Lever(
        "special_day", "one_time", "personalised", AFTER_180_DAYS, "everybody",
        "messages.personalised where kind is special_day",
        "raw sign wrong: a personal message goes to those who stopped ordering",
    ),
)  # fmt: skip
