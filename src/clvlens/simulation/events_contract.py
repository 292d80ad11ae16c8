"""Rows of customers, onboarding, subscriptions, payments and loyalty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clvlens.simulation.billing import ACCESS_AFTER_FAILURE, RETRIES
from clvlens.simulation.columns import Rows, pick, stack
from clvlens.simulation.events_shop import position, serial
from clvlens.simulation.levers import World
from clvlens.simulation.life import Month, is_standard
from clvlens.simulation.noise import Floats
from clvlens.simulation.people import ACQUISITION_COST, Codes, Flags
from clvlens.simulation.settings import LANDMARK, MONTH
from clvlens.simulation.shop import joins
from clvlens.simulation.state import price_level

STEPS = 4
STANDARD, GUIDED = 1, 2
CARD_LASTS = 36  # months
INVITED, JOINED, EARNED, SPENT, TIER = range(5)


def customers(world: World, months: Sequence[Month]) -> Rows:
    """Return one row a customer; segment and persona are found after the first month."""
    people, noise = world.people, world.noise
    first = months[0].orders.slots.happens.sum(axis=1)
    vip = (people.plan == 2) & people.subscriber
    early = np.where(people.early_email, people.day - 8 * noise.uniform("captured"), np.nan)
    return {
        "customer_id": np.arange(people.size),
        "signed_up_at": people.day,
        "acquisition_cost": ACQUISITION_COST[people.channel] * (0.5 + noise.uniform("cost")),
        "channel": people.channel,
        "campaign": people.campaign,
        "country": people.country,
        "born_on": np.floor(np.where(noise.uniform("tells age") < 0.9, people.born, np.nan)),
        "traits_known_at": people.day + MONTH,
        "email_captured_at": early,
        "segment": np.where(vip, 0, np.where(people.subscriber | (first > 0), 1, 2)),
        "persona": np.where(people.early_visits >= 2, 0, np.where(first > 0, 1, 2)),
    }


def onboarding(world: World, months: Sequence[Month]) -> Rows:
    """Return the steps that each subscriber began; who is not onboarded is stuck in one."""
    people, noise, start = world.people, world.noise, months[0].start
    step = np.arange(STEPS)
    stuck = np.floor(STEPS * noise.uniform("stuck"))
    stuck = np.where(start.onboarded, STEPS, stuck)[:, None]
    guided = start.arms.treated["onboarding"]
    pace = np.where(guided, 0.6, 1.0)[:, None] * (0.3 + 5 * noise.uniform("pace", STEPS))
    ends = np.cumsum(pace, axis=1)
    begins = np.hstack([np.full((people.size, 1), 0.02), ends[:, :-1] + 0.1])
    program = np.where(guided, GUIDED, STANDARD * is_standard(world))[:, None]
    luck = noise.uniform("medium", STEPS)
    day = people.day[:, None]
    return pick(
        people.subscriber[:, None] & (step <= stuck),
        customer_id=position(world),
        started_at=day + begins,
        step_id=serial(world, 0, 0, STEPS),
        finished_at=np.where(step < stuck, day + np.maximum(ends, begins + 0.01), np.nan),
        personalised=(program == GUIDED) & (luck < 0.7),
        step=step,
        assigned_program=program,
        medium=np.where(program == GUIDED, 1 + np.floor(4 * luck), np.floor(2 * luck)),
    )


def payments(world: World, month: Month) -> Rows:
    """Return the first attempts and the retries of charges that failed."""
    bill = month.billing
    saved = ~np.isnan(bill.paid)
    attempts = [_attempts(world, month, bill.due, 0, 0.0, ~bill.failed)]
    for step, delay in enumerate(RETRIES, start=1):
        tried = bill.due & bill.failed & (~saved | (bill.retry >= step))
        attempts.append(_attempts(world, month, tried, step, delay, saved & (bill.retry == step)))
    return stack(attempts)


def _attempts(
    world: World, month: Month, which: Flags, step: int, delay: float, succeeded: Flags
) -> Rows:
    here, arms, bill = month.start.month, month.start.arms.treated, month.billing
    expires = world.people.card_expires
    expires = expires + CARD_LASTS * np.ceil(np.maximum(here - expires, 0) / CARD_LASTS)
    return pick(
        which,
        customer_id=position(world)[:, 0],
        attempted_at=world.people.day + month.start.age + delay,
        payment_id=serial(world, here, step),
        subscription_id=world.people.index,
        amount=bill.amount,
        succeeded=succeeded,
        dunning_step=step,
        card_expires_at=world.people.day + MONTH * expires - 1,
        invoice_id=serial(world, here, 0),
        card_updater=arms["card_updater"],
        dunning_program=arms["dunning"].astype(int),
        failure=np.where(succeeded, -1, bill.cause),
    )


def subscriptions(world: World, months: Sequence[Month]) -> Rows:
    """Return the states of each subscription: the trial, where there was one, and what follows."""
    people = world.people
    ends, cancelled, reason = _endings(world, months)
    trial_ends = people.day + MONTH
    goes_on = people.trial & ~(ends <= trial_ends)
    ended = {"cancelled_at": cancelled, "ended_at": ends, "cancel_reason": reason}
    changed = {
        "cancelled_at": np.where(goes_on, np.nan, cancelled),
        "ended_at": np.where(goes_on, np.nan, ends),
        "cancel_reason": np.where(goes_on, -1, reason),
        "changed_at": np.where(goes_on, trial_ends, np.nan),
    }
    first = _state(world, months, people.subscriber, people.day, people.trial, 0, changed)
    second = {**ended, "changed_at": np.nan}
    return stack([first, _state(world, months, goes_on, trial_ends, False, 1, second)])


def _state(
    world: World,
    months: Sequence[Month],
    which: Flags,
    since: Floats,
    trial: Flags | bool,
    number: int,
    ending: dict,
) -> Rows:
    people, settings = world.people, world.settings
    annual = months[0].start.arms.treated["annual_billing"]
    price = people.price * price_level(world, months[0].start)
    upgraded = (world.noise.uniform("upgraded") < 0.08) & (people.plan < 2)
    return pick(
        which,
        customer_id=position(world)[:, 0],
        started_at=since,
        row_id=serial(world, 0, number),
        subscription_id=people.index,
        price=price * np.where(annual, 1 - settings.business.annual_discount, 1.0),
        is_trial=trial,
        trial_ends_at=np.where(trial, people.day + MONTH, np.nan),
        upgrade_until=np.where(upgraded, since + MONTH, np.nan),
        plan=people.plan,
        billing=annual.astype(int),
        **ending,
    )


def _endings(world: World, months: Sequence[Month]) -> tuple[Floats, Floats, Codes]:
    """Return when each subscription ends, when that was decided, and the code of the reason."""
    day, size = world.people.day, world.people.size
    ends, cancelled = np.full(size, np.nan), np.full(size, np.nan)
    reason = np.full(size, -1)
    for month in months:
        here, age = month.start.month, month.start.age
        lost = month.billing.lost
        leaves = month.cancels & ~lost
        decided = age + 0.5 + 28 * world.noise.uniform(f"cancelled {here}")
        ends = np.where(leaves, day + age + MONTH, ends)
        cancelled = np.where(leaves, day + decided, cancelled)
        why = 1 + np.floor(4 * world.noise.uniform(f"reason {here}"))
        stops = day + age + ACCESS_AFTER_FAILURE
        ends, cancelled = np.where(lost, stops, ends), np.where(lost, stops, cancelled)
        reason = np.where(leaves, why, np.where(lost, 0, reason))
    return ends, cancelled, reason


def loyalty(world: World, month: Month) -> Rows:
    """Return invitations, joinings, points earned and spent, and tiers."""
    start, here = month.start, month.start.month
    invited = start.arms.treated["loyalty"]
    member = invited & joins(world)
    entries = []
    if start.age == LANDMARK:
        luck = world.noise.uniform("joins when")
        entries = [
            _entries(world, invited, start.age, INVITED, here),
            _entries(world, member, start.age + 0.5 + 9 * luck, JOINED, here),
        ]
    if start.age > LANDMARK:
        bought = month.orders.slots
        which = member[:, None] & bought.happens
        points = np.floor(month.orders.amount)
        entries = [_entries(world, which, bought.age, EARNED, here, points)]
        if here % 6 == 0:
            spends = member & start.engaged & (start.seen.spend > 100)
            entries.append(_entries(world, spends, start.age + 3.5, SPENT, here, -50.0))
            tier = np.searchsorted([200, 600], start.seen.spend)
            entries.append(_entries(world, member, start.age + 4.5, TIER, here, tier=tier))
    return stack(entries) if entries else {}


def _entries(
    world: World,
    which: Flags,
    age: Floats | float,
    kind: int,
    month: int,
    points: Floats | float = np.nan,
    tier: Codes | int = -1,
) -> Rows:
    slots = which.shape[1] if which.ndim > 1 else 1
    day = world.people.day if slots == 1 else world.people.day[:, None]
    place = position(world) if slots > 1 else position(world)[:, 0]
    return pick(
        which,
        customer_id=place,
        entered_at=day + age,
        entry_id=serial(world, month, kind, slots),
        points=points,
        kind=kind,
        tier=tier,
    )
