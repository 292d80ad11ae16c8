"""How a lever is decided: what a study of its effect must be told.

A decision falls at an instant, its time zero: everything earlier may be adjusted for, nothing
later, and value counts from then on. Histories define theirs in Python, users theirs in YAML:

levers:
  define:
    welcome call:
      meaning: whether a person calls in the first week
      kind: one_time
      decided_at: customers.signed_up_at
      eligible_note: everybody
      arm: {history: calls, within_days: 7}
      target: called
      assignment_note: the team calls those who left a number
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from clvlens.histories.strict import Scalar, Strict, listed

Kind = Literal["one_time", "standing", "event", "intensity"]
Values = Annotated[tuple[Scalar, ...], BeforeValidator(listed)]

SIGN_UP = "customers.signed_up_at"  # where no table says it, when the customer was first known
FORM = re.compile(
    r"(?P<history>\w+)\.(?P<column>\w+)( \+ ((?P<days>\d+(\.\d+)?) days|(?P<usual>usual age)))?"
)


class Condition(Strict):
    """A feature at time zero that lies among some values, or above or below a number."""

    feature: str
    above: float | None = None
    below: float | None = None


class Rows(Strict):
    """Rows of a history: those with one of some values and none of others.

    Something must stand in the columns of `having`, nothing in those of `without`. The columns of
    `where` and `having` must be there; of others that the table lacks, nothing is asked.
    """

    history: str
    where: dict[str, Values] = Field(default_factory=dict)
    unlike: dict[str, Values] = Field(default_factory=dict)
    having: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What is meant, in words."""
        values = (f"{column} {' or '.join(map(str, v))}" for column, v in self.where.items())
        return " ".join([self.history, *values])


class Arm(Rows):
    """What a customer was given: told by the first such row in `within_days` from time zero.

    With neither `column` nor `until`, having such a row is the target. With `column`, its value
    is one of `among`; without a row, what was given is not known. With `until` and `hours`, the
    dose is the hours from the row to that time, and the target so many of them; with `until` and
    `by`, the target is that the one time came by the other.
    """

    within_days: float = Field(default=30, gt=0)
    column: str | None = None
    among: Values = ()
    until: str | None = None
    hours: float | None = None
    by: str | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Arm:
        if bool(self.column) != bool(self.among):
            raise ValueError("arm: give column and among together: the values that are the target")
        if bool(self.until) != ((self.hours is not None) != (self.by is not None)):
            raise ValueError("arm: give until with either hours or by: a dose, or a time kept")
        if self.column and self.until:
            raise ValueError("arm: give either column or until")
        return self


class Decision(Strict):
    """When a lever is decided, for whom, what decides it, and what would be chosen for all.

    `decided_at` is the instant of the first row of a history (of those in `of`, if given), a
    number of days after it, or the age at which those treated are usually treated first.
    `within_days` is the age by which such a first event must have come. `eligible` are
    conditions on features then, `before` a row that must have come earlier. `beside` are columns
    of the row at time zero that were settled before the decision. An event is repeated: `periods`
    trials of `within_days` of the arm, one after another; `sustained` asks beside it what the
    target would do if it were held to the end of the horizon.
    """

    kind: Kind
    decided_at: str
    of: Rows | None = None
    within_days: float | None = Field(default=None, gt=0)
    eligible: tuple[Condition, ...] = ()
    eligible_note: str
    before: Rows | None = None
    beside: tuple[str, ...] = ()
    arm: Arm
    periods: int = Field(default=1, gt=0)
    sustained: bool = False
    target: str
    assignment_note: str
    negative_controls: tuple[Rows, ...] = ()
    randomised: bool = False

    @model_validator(mode="after")
    def _can_be_read(self) -> Decision:
        if not FORM.fullmatch(self.decided_at):
            raise ValueError(
                f"decided_at {self.decided_at!r} cannot be read; write history.column, "
                "history.column + 90 days, or history.column + usual age"
            )
        if (self.kind == "intensity") != (self.arm.hours is not None):
            raise ValueError("an intensity has an arm with until and hours, and no other kind has")
        if (self.periods > 1 or self.sustained) and self.kind != "event":
            raise ValueError("periods are of events; other levers are decided once")
        return self

    def held(self, horizon_days: int) -> Decision:
        """Return the event with a period after another to the end of the horizon."""
        periods = max(1, int(horizon_days / self.arm.within_days))
        return self.model_copy(update={"periods": periods})

    @property
    def zero(self) -> tuple[str, str, float | None]:
        """The history and column of the first row, and the days after it; None: the usual age."""
        found = FORM.fullmatch(self.decided_at)
        assert found is not None
        days = None if found["usual"] else float(found["days"] or 0)
        return found["history"], found["column"], days

    @property
    def reads(self) -> set[str]:
        """The columns, as history.column, without which nothing can be said; sign-up is always."""
        rows = [rows for rows in (self.of, self.before, self.arm) if rows is not None]
        needed = {f"{r.history}.{column}" for r in rows for column in (*r.where, *r.having)}
        needed |= {f"{r.history}.customer_id" for r in rows}
        told = (self.arm.column, self.arm.until, self.arm.by)
        needed |= {f"{self.arm.history}.{column}" for column in told if column}
        history, column, _ = self.zero
        return needed | ({f"{history}.{column}"} - {SIGN_UP})


# What several levers say of those whom they are for.
AT_SIGN_UP = tuple(
    f"customers.{trait}" for trait in ("channel", "campaign", "country", "acquisition_cost")
)
CONTRACT = ("subscriptions.plan", "subscriptions.is_trial")
MONTHLY = (
    Condition(feature="subscriptions__active_ever", above=0),
    Condition(feature="subscriptions__leaving_ever", below=1),
    Condition(feature="subscriptions__annual_share_ever", below=1),
)
SHOP_ORDERS = Rows(history="orders", unlike={"channel": ("subscription", "booking")})
EXPIRED_CARDS = Rows(history="payments", where={"failure": ("expired_card",)})
