"""What the office's blind verdicts say of two models so far.

Verdicts count in the order in which their messages were drawn. One that is still out holds back those behind it: else
messages that are hard, or held by somebody slow, would come late, and the first verdicts would be no random sample.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, exists, or_, select

from core.store.models import RunId
from core.store.queries.compare import Basis, said_by
from core.store.queries.live import tallies
from labeling.comparison_models import Comparison, ComparisonAsking
from labeling.consensus import majority
from labeling.models import OpenLease, Task, Verdict, VerdictKind
from labeling.tasks import current, withdrawn

if TYPE_CHECKING:
    from core.learning.settle import Settlement, Winner


@dataclass(frozen=True, slots=True)
class Judged:
    """A message of the pool as it stands: what the models said, what the office says (None: no majority yet)."""

    message_id: int
    first: str
    second: str
    held: str | None

    @property
    def winner(self) -> Winner:
        """Which of the two was right."""
        from core.learning.settle import Winner  # here: scikit-learn comes with it, and takes seconds

        return {self.first: Winner.A, self.second: Winner.B}.get(self.held or "", Winner.NEITHER)


@dataclass(frozen=True, slots=True)
class Standing:
    """How an asking stands: `counted` in the order of drawing, `waiting` judged but behind one that is still out."""

    basis: str
    compared: int
    disagree: int
    queued: int
    counted: list[Judged]
    waiting: list[Judged]
    level: float
    equivalent: float
    settlement: Settlement


def standing(connection: Connection, comparison_id: int) -> Standing | None:
    """How the asking of a comparison stands; None where the office was not asked yet."""
    from core.learning.settle import Pool, settle

    asking = connection.execute(
        select(ComparisonAsking.__table__, Comparison.first_run, Comparison.second_run)
        .join(Comparison, Comparison.id == ComparisonAsking.comparison_id)
        .where(ComparisonAsking.comparison_id == comparison_id)
    ).first()
    if asking is None:
        return None
    given = _given(connection, asking.queue_id)
    answered = {task: said for task, said in given.items() if _is_answered(said)}
    order = _drawn(connection, asking, len(answered) + 1)
    gap = next((place for place, row in enumerate(order) if row.id not in answered), len(order))
    counted = [_judged(row, answered[row.id].labels) for row in order[:gap]]
    counted_ids = {row.id for row in order[:gap]}
    behind = [task for task in answered if task not in counted_ids]
    waiting = [_judged(row, answered[row.id].labels) for row in _these(connection, asking, behind)]
    pool = Pool(asking.compared, asking.disagree)
    winners = [each.winner for each in counted]
    return Standing(
        basis=asking.basis,
        compared=asking.compared,
        disagree=asking.disagree,
        queued=_queued(connection, asking.queue_id),
        counted=counted,
        waiting=waiting,
        level=asking.level,
        equivalent=asking.equivalent,
        settlement=settle(winners, pool, level=asking.level, equivalent=asking.equivalent),
    )


@dataclass(slots=True)
class _Said:
    """What was said in a task: its labels, whether somebody could not tell, whether somebody holds it now."""

    labels: list[str]
    overlap: int
    passed: bool = False
    held: bool = False


def _is_answered(said: _Said) -> bool:
    """As many have judged it as were asked for; or somebody could not tell or passed, and nobody holds it now."""
    return len(said.labels) >= said.overlap or (said.passed and not said.held)


def _given(connection: Connection, queue_id: int) -> dict[int, _Said]:
    """The blind verdicts of a queue that stand, by task. What was not blind was swayed, and does not count."""
    held = exists().where(OpenLease.task_id == Task.id)
    kinds = or_(*(Verdict.kind == kind for kind in (VerdictKind.LABEL, VerdictKind.UNSURE, VerdictKind.SKIP)))
    rows = connection.execute(
        select(Task.id, Task.overlap, Verdict.kind, Verdict.klass, held.label("held"))
        .join(Verdict, Verdict.task_id == Task.id)
        .where(Task.queue_id == queue_id, ~Task.gold, Verdict.blind, kinds, current(), ~withdrawn())
        .order_by(Verdict.id)
    )
    given: dict[int, _Said] = {}
    for row in rows:
        said = given.setdefault(row.id, _Said([], row.overlap))
        said.held = bool(row.held)
        if row.kind == VerdictKind.LABEL:
            said.labels.append(row.klass)
        else:
            said.passed = True
    return given


def _tasks(asking: Any) -> Any:
    """The tasks of an asking with what the two models say of their messages."""
    first, second = (said_by(Basis(asking.basis), RunId(run)) for run in (asking.first_run, asking.second_run))
    return (
        select(Task.id, Task.message_id, first.c.klass.label("first"), second.c.klass.label("second"))
        .join(first, first.c.message_id == Task.message_id)
        .join(second, second.c.message_id == Task.message_id)
        .where(Task.queue_id == asking.queue_id, ~Task.gold)
        .order_by(Task.rank, Task.id)
    )


def _drawn(connection: Connection, asking: Any, most: int) -> Sequence[Any]:
    return connection.execute(_tasks(asking).limit(most)).all()


def _these(connection: Connection, asking: Any, task_ids: Sequence[int]) -> Sequence[Any]:
    return connection.execute(_tasks(asking).where(Task.id.in_(task_ids))).all() if task_ids else []


def _queued(connection: Connection, queue_id: int) -> int:
    return tallies(connection).get(f"queue:{queue_id}:total", 0)


def _judged(row: Any, labels: Sequence[str]) -> Judged:
    """By the majority of the labels; of a tie nobody is right."""
    return Judged(row.message_id, row.first, row.second, majority(labels).klass)
