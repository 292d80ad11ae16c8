"""Rows of tickets, surveys and messages."""

from __future__ import annotations

import numpy as np

from clvlens.simulation.columns import KINDS, Rows, pick, stack
from clvlens.simulation.events_shop import position, serial
from clvlens.simulation.levers import World
from clvlens.simulation.life import Month
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import Flags, logistic
from clvlens.simulation.settings import LANDMARK, SPECIAL_DAY
from clvlens.simulation.shop import CARTS
from clvlens.simulation.state import satisfaction
from clvlens.simulation.support import TICKETS

CSAT, NPS, CES = range(3)
NOISE_OF_SCORES = 0.8
OFFER_LASTS = 14.0  # days


def tickets(world: World, month: Month) -> Rows:
    """Return the tickets, with the scores that some customers gave."""
    found, here, noise = month.tickets, month.start.month, world.noise
    opened = world.people.day[:, None] + found.slots.age
    answered = opened + found.hours / 24
    luck = noise.uniform(f"ticket {here}", TICKETS)
    resolved = answered + 0.05 + 4 * luck**3
    rated, score = _csat(world, month, resolved)
    reopens = noise.uniform(f"reopens {here}", TICKETS) < 0.08
    return pick(
        found.slots.happens,
        customer_id=position(world),
        opened_at=opened,
        ticket_id=serial(world, here, 0, TICKETS),
        first_response_at=answered,
        resolved_at=resolved,
        reopened_at=np.where(reopens, resolved + 1 + 3 * luck, np.nan),
        rated_at=rated,
        satisfaction=score,
        out_of_hours=found.outside,
        handled_out_of_hours=found.covered,
        channel=np.floor(5 * luck),
        topic=np.floor(4 * (luck * 11 % 1)),
        priority=np.floor(3 * (luck * 17 % 1) ** 2),
    )


def _csat(world: World, month: Month, resolved: Floats) -> tuple[Floats, Floats]:
    """Return when each ticket was rated, nan if it was not, and the score from 1 to 5.

    The discontented answer more.
    """
    here, noise = month.start.month, world.noise
    felt = satisfaction(world, month.start)[:, None] - 0.5 * (np.log2(month.tickets.hours + 1) - 2)
    score = 3.6 + 0.7 * felt + NOISE_OF_SCORES * noise.normal(f"csat {here}", TICKETS)
    rates = noise.uniform(f"rates {here}", TICKETS) < logistic(-0.4 - 0.4 * felt)
    when = resolved + 0.1 + 2 * noise.uniform(f"rated {here}", TICKETS)
    return np.where(rates, when, np.nan), np.where(rates, np.clip(np.round(score), 1, 5), np.nan)


def surveys(world: World, month: Month) -> Rows:
    """Return the invitations: CSAT after a ticket, CES after a month, NPS twice a year."""
    here, noise, start = month.start.month, world.noise, month.start
    felt = satisfaction(world, start)
    ticket = tickets(world, month)
    rows = [
        {
            "customer_id": ticket["customer_id"],
            "sent_at": ticket["resolved_at"] + 0.01,
            "survey_id": ticket["ticket_id"],
            "answered_at": ticket["rated_at"],
            "score": ticket["satisfaction"],
            "kind": np.full(len(ticket["customer_id"]), CSAT),
        }
    ]
    for kind, due, middle, scale, top in (
        (NPS, (here % 6 == 4) & (start.subscribed | start.engaged), 7.0, 1.8, 10),
        (CES, (here == 1) & world.people.subscriber, 5.0 + 0.8 * start.onboarded, 1.0, 7),
    ):
        score = middle + scale * (felt + 0.7 * noise.normal(f"score {kind} {here}"))
        answers = noise.uniform(f"answers {kind} {here}") < logistic(-1.0 + 0.3 * felt)
        sent = world.people.day + start.age + 5.5
        when = sent + 0.2 + 6 * noise.uniform(f"when {kind} {here}")
        rows.append(
            pick(
                due & np.ones(world.people.size, dtype=bool),
                customer_id=position(world)[:, 0],
                sent_at=sent,
                survey_id=serial(world, here, 5 + kind),
                answered_at=np.where(answers, when, np.nan),
                score=np.where(
                    answers, np.clip(np.round(score), 0 if kind == NPS else 1, top), np.nan
                ),
                kind=kind,
            )
        )
    return stack(rows)


def messages(world: World, month: Month) -> Rows:
    """Return what the business sent in the month, and how it was met."""
    start, age, here = month.start, month.start.age, month.start.month
    arms, everybody = start.arms.treated, np.ones(world.people.size, dtype=bool)
    since = here - LANDMARK // 30
    sent: list[tuple[str, Flags, Floats | float, Flags]] = []
    if since >= 0 and since % 2 == 0:
        sent.append(("newsletter", arms["newsletter"], age, ~everybody))
    if since >= 0 and since % 3 == 0:
        sent.append(("recommendation", arms["recommendations"], age, everybody))
    if age == LANDMARK:
        sent.append(("bundle_offer", arms["bundle"], age, ~everybody))
    if age == SPECIAL_DAY:
        sent.append(("special_day", everybody, age, arms["special_day"]))
    code = world.noise.uniform(f"promo code {here}")
    sent.append(("promo_code", code < 0.06, age + 2 + 400 * code, ~everybody))
    failed = month.billing.due & month.billing.failed
    sent.append(("dunning", failed, age + 0.05, ~everybody))
    rows = [_message(world, month, *message) for message in sent]
    return stack([*rows, _cart_mails(world, month)])


def _message(
    world: World, month: Month, kind: str, which: Flags, age: Floats | float, personal: Flags
) -> Rows:
    here, code = month.start.month, KINDS.index(kind)
    sent = world.people.day + age
    opened, clicked = _met(world, month, f"{kind} {here}", 0)
    offer = kind in ("promo_code", "special_day", "bundle_offer")
    return pick(
        which,
        customer_id=position(world)[:, 0],
        sent_at=sent,
        message_id=serial(world, here, code),
        personalised=personal,
        segmented=kind in ("bundle_offer", "recommendation"),
        ends_at=sent + OFFER_LASTS if offer else np.nan,
        opened_at=sent + opened,
        clicked_at=sent + clicked,
        kind=code,
        medium=np.where(world.people.digital > 1, 1, 0) if kind != "dunning" else 0,
    )


def _cart_mails(world: World, month: Month) -> Rows:
    carts, here = month.carts, month.start.month
    day = world.people.day[:, None]
    opened, clicked = _met(world, month, f"abandoned_cart {here}", CARTS)
    return pick(
        ~np.isnan(carts.mailed),
        customer_id=position(world),
        sent_at=day + carts.mailed,
        message_id=serial(world, here, 0, CARTS),
        personalised=True,
        segmented=False,
        opened_at=day + carts.mailed + opened,
        clicked_at=day + carts.mailed + clicked,
        converted_at=day + carts.recovered,
        cart_id=serial(world, here, 3, CARTS),
        cart_abandoned_at=day + carts.ended,
        kind=0,
        medium=0,
    )


def _met(world: World, month: Month, name: str, slots: int) -> tuple[Floats, Floats]:
    """Return the days until a message is opened and clicked, nan where it is not.

    Those who need the business most open most.
    """
    people, noise = world.people, world.noise
    keen = logistic(-0.8 + 0.5 * people.digital + 0.4 * people.need)
    keen = keen * np.where(month.start.engaged | month.start.subscribed, 1.0, 0.2)
    keen = keen[:, None] if slots else keen
    luck = noise.uniform(f"opens {name}", slots)
    opened = np.where(luck < keen, 0.02 + 1.5 * (luck / keen) ** 2, np.nan)
    clicks = noise.uniform(f"clicks {name}", slots) < 0.25
    return opened, np.where(clicks, opened + 0.002, np.nan)
