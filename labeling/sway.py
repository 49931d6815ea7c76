"""Sway: how far a prediction on the screen moves the person who judges it. Blind verdicts against shown ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, select

from core.store.models import Prediction, Promotion
from labeling.models import Verdict, VerdictKind
from labeling.tasks import current

LOOK_BACK = 2_000
LEAST = 20
"""With fewer verdicts of each kind an interval would say nothing."""


@dataclass(frozen=True, slots=True)
class Sway:
    """Of the newest verdicts on messages with a prediction: confirmed among those that saw it, and that did not."""

    shown: int
    shown_confirmed: int
    blind: int
    blind_confirmed: int


@dataclass(frozen=True, slots=True)
class Swayed:
    """How much more a prediction is confirmed when it is seen, as a share (0.02: two points), with its interval."""

    by: float
    low: float
    high: float

    @property
    def settled(self) -> bool:
        """Whether the interval leaves no doubt that it sways."""
        return self.low > 0 or self.high < 0


def swayed(seen: Sway) -> Swayed | None:
    """The difference of the two shares with Newcombe's interval at 95 %; None with too few of either kind."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    if min(seen.shown, seen.blind) < LEAST:
        return None
    low, high = confint_proportions_2indep(
        seen.shown_confirmed, seen.shown, seen.blind_confirmed, seen.blind, method="newcomb", compare="diff"
    )
    return Swayed(seen.shown_confirmed / seen.shown - seen.blind_confirmed / seen.blind, float(low), float(high))


def sway(connection: Connection) -> Sway:
    """How often the office confirms what it saw, and what it would have seen (the blind share)."""
    rows = _confirmations(connection)
    shown = [confirmed for blind, confirmed in rows if not blind]
    unseen = [confirmed for blind, confirmed in rows if blind]
    return Sway(len(shown), sum(shown), len(unseen), sum(unseen))


# Looks at the newest verdicts only, so it costs the same after years of work. Only a blind verdict is held against what
# was not shown: one that came before any prediction saw none either. That is what the champion of that moment said: a
# later one may have learnt from this very verdict, and would confirm it.
_newest = (
    select(Verdict.id, Verdict.message_id, Verdict.klass, Verdict.blind, Verdict.shown_klass, Verdict.at)
    .where(Verdict.kind == VerdictKind.LABEL, current())
    .order_by(Verdict.id.desc())
    .limit(LOOK_BACK)
    .subquery()
)
_reigned = (
    select(Promotion.run_id)
    .where(Promotion.at <= _newest.c.at)
    .order_by(Promotion.id.desc())
    .limit(1)
    .correlate(_newest)
    .scalar_subquery()
)
# Asked a message at a time, and for blind verdicts alone: as a join it was planned over all predictions there are.
_unseen = (
    select(Prediction.klass)
    .where(Prediction.message_id == _newest.c.message_id, Prediction.run_id == _reigned)
    .correlate(_newest)
    .scalar_subquery()
)
CONFIRMATIONS = select(
    _newest.c.blind, _newest.c.klass, case((_newest.c.blind, _unseen), else_=_newest.c.shown_klass).label("said")
)


def _confirmations(connection: Connection) -> Sequence[tuple[bool, bool]]:
    rows = connection.execute(CONFIRMATIONS)
    return [(bool(blind), klass == said) for blind, klass, said in rows if said is not None]
