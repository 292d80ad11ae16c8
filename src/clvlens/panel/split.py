"""The four temporal roles: fit → select → calibrate → test, each later than the one before.

Labels of one role must have ended before the next role's cutoffs. Where history is too short
for four, roles are merged, and the plan says so; where it is too short for two, it refuses.

Where fit alone comes before the test, one more snapshot lies in between, without an outcome: how
customers have aged since the newest labels began is known from it before the test begins.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from clvlens.config import Config
from clvlens.config.target import ROLES
from clvlens.errors import TimeError
from clvlens.histories.exact import DAY
from clvlens.panel.instants import midnight_after, midnight_before, to_instant
from clvlens.panel.world import World

RECENT = 0.75  # of the newest label window; later would be nearer to what the test is asked


@dataclass(frozen=True)
class Plan:
    """Cutoffs by role, as instants; `label_days` is how long labels last before the test.

    `recent` is a cutoff between fit and test, whose outcome is not known by the test.
    """

    fit: tuple[int, ...]
    select: tuple[int, ...]
    calibrate: tuple[int, ...]
    test: tuple[int, ...]
    label_days: int
    horizon_days: int
    notes: tuple[str, ...] = ()
    recent: int | None = None

    @property
    def cutoffs_learned(self) -> tuple[int, ...]:
        """The cutoffs that come before the test, oldest first, the one without an outcome too."""
        recent = () if self.recent is None else (self.recent,)
        return tuple(sorted((*self.fit, *self.select, *self.calibrate, *recent)))

    def cutoffs(self) -> list[tuple[str, int, int]]:
        """Return (role, cutoff, label days) in the order of time."""
        return [
            (role, cutoff, self.horizon_days if role == "test" else self.label_days)
            for role in ROLES
            for cutoff in getattr(self, role)
        ]


def plan_cutoffs(world: World) -> Plan:
    """Place the roles' cutoffs: as configured, and from the newest backwards where they are not.

    Raises `TimeError` where a cutoff is immature or outside the data, where roles overlap, or
    where history is too short to fit and test.
    """
    with world.config.locating():
        return _plan_cutoffs(world)


def _plan_cutoffs(world: World) -> Plan:
    config = world.config
    label_days = config.target.label_days or config.target.horizon_days
    given = {
        role: tuple(
            sorted(to_instant(when, config.time_zone) for when in getattr(config.cutoffs, role))
        )
        for role in ROLES
    }
    if not given["fit"] and (given["select"] or given["calibrate"]):
        raise TimeError("cutoffs.fit is missing; name it with select and calibrate, or name none")
    test = given["test"] or (_newest_test(world),)
    for cutoff in test:
        _check_inside(world, "test", cutoff, config.target.horizon_days)
    roles = {**given, "test": test} if given["fit"] else _planned(world, test, label_days)
    notes = (*_merged(roles), *_shortened(config))
    plan = Plan(
        **roles, label_days=label_days, horizon_days=config.target.horizon_days, notes=notes
    )
    _check_order(world, plan)
    return replace(plan, recent=_recent(world, plan))


def _recent(world: World, plan: Plan) -> int | None:
    """Return the midnight of the snapshot without an outcome, where no later role tells instead."""
    if plan.select or plan.calibrate:
        return None
    newest = max(plan.fit)
    later = int(newest + RECENT * plan.label_days * DAY)
    cutoff = midnight_before(later, world.config.time_zone)
    return cutoff if cutoff > newest else None


def _newest_cutoff(world: World, days: int) -> int:
    """Return the newest midnight whose label of that many days, and embargo, is complete."""
    span = (days + world.config.target.embargo_days) * DAY
    return midnight_before(world.ends - span, world.config.time_zone)


def _newest_test(world: World) -> int:
    """Return the newest cutoff that tests a whole horizon."""
    days = world.config.target.horizon_days
    cutoff = _newest_cutoff(world, days)
    if cutoff <= world.starts:
        raise TimeError(
            f"history is too short: orders from {world.show(world.starts)} to "
            f"{world.show(world.ends - 1)} leave nothing before a horizon of {days} days; "
            "shorten horizon_days"
        )
    return cutoff


def _planned(world: World, test: tuple[int, ...], label_days: int) -> dict[str, tuple[int, ...]]:
    """Lay the roles out backwards from the first test, as many as history has room for."""
    step = (label_days + world.config.target.embargo_days) * DAY
    oldest = world.starts + min(label_days, 90) * DAY  # a snapshot needs something to look back on
    slots = []
    zone = world.config.time_zone
    cutoff = midnight_before(test[0] - step, zone)
    while cutoff >= oldest and len(slots) < 3:
        slots.append(cutoff)
        cutoff = midnight_before(cutoff - step, zone)
    if not slots:
        need = world.show(midnight_after(midnight_after(oldest - 1, zone) + step - 1, zone))
        raise TimeError(
            f"history is too short: orders start {world.show(world.starts)}, and a label of "
            f"{label_days} days before the test cutoff {world.show(test[0])} leaves nothing to "
            f"learn from; test at {need} or later, shorten horizon_days or set label_days"
        )
    first = slots[-1]
    more = world.config.cutoffs
    earlier = [midnight_before(first - i * more.step_days * DAY, zone) for i in range(more.at_most)]
    fit = tuple(sorted(cutoff for cutoff in earlier if cutoff >= oldest))
    later = slots[-2::-1]
    calibrate = (later[-1],) if later else ()
    select = (later[0],) if len(later) == 2 else ()
    return {"fit": fit, "select": select, "calibrate": calibrate, "test": test}


def _merged(roles: dict[str, tuple[int, ...]]) -> list[str]:
    absent = [role for role in ("select", "calibrate") if not roles[role]]
    if not absent:
        return []
    return [
        f"{' and '.join(absent)} {'have' if len(absent) > 1 else 'has'} no cutoff of "
        f"{'their' if len(absent) > 1 else 'its'} own: done on fit, cross-fitted by customer"
    ]


def _shortened(config: Config) -> list[str]:
    target = config.target
    if target.label_days is None or target.label_days == target.horizon_days:
        return []
    return [
        f"labels of {target.label_days} days stand for a horizon of {target.horizon_days}: "
        f"money × {target.horizon_days / target.label_days:.3f}, "
        f"churn by {_lengthened(config)}"
    ]


def _lengthened(config: Config) -> str:
    if config.target.is_contractual:
        return "a constant hazard"
    return "how long silence lasts in BG/NBD or Pareto/NBD"


def _check_inside(world: World, role: str, cutoff: int, days: int) -> None:
    """Refuse a cutoff outside the data, or one whose outcome is not complete yet."""
    if not world.starts < cutoff < world.ends:
        raise TimeError(
            f"{_key(world, role)}cutoff {world.show(cutoff)} is outside the data, which has orders "
            f"from {world.show(world.starts)} to {world.show(world.ends - 1)}; give one in between"
        )
    newest = _newest_cutoff(world, days)
    if cutoff > newest:
        raise TimeError(
            f"{_key(world, role)}cutoff {world.show(cutoff)} is immature: its {days} days, with an "
            f"embargo of {world.config.target.embargo_days}, end after the data "
            f"({world.show(world.ends - 1)}); the newest that would do is {world.show(newest)}"
        )


def _check_order(world: World, plan: Plan) -> None:
    """Refuse roles whose labels reach into the next role's cutoffs."""
    embargo = world.config.target.embargo_days
    present = [(role, getattr(plan, role)) for role in ROLES if getattr(plan, role)]
    for (role, cutoffs), (later, next_cutoffs) in pairwise(present):
        for cutoff in cutoffs:
            _check_inside(world, role, cutoff, plan.label_days)
        ends = max(cutoffs) + (plan.label_days + embargo) * DAY
        if ends > min(next_cutoffs):
            newest = midnight_before(
                min(next_cutoffs) - (plan.label_days + embargo) * DAY, world.config.time_zone
            )
            raise TimeError(
                f"{_key(world, role)}the {role} cutoff {world.show(max(cutoffs))} is too late: its "
                f"labels end {world.show(ends)}, after the {later} cutoff "
                f"{world.show(min(next_cutoffs))}; the newest that would do is {world.show(newest)}"
            )


def _key(world: World, role: str) -> str:
    """Return the key that names a role's cutoffs, for the beginning of a message about them."""
    return f"cutoffs.{role}: " if getattr(world.config.cutoffs, role) else ""
