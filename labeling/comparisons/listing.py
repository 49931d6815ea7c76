"""The messages on which two models disagree, in the order in which the office is asked, with what it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, select

from core.store.models import Message, RunId
from core.store.queries.compare import Basis, said_by
from core.store.queries.shown import BODY_LISTED
from labeling.comparison_models import Comparison, ComparisonAsking
from labeling.consensus import Consensus, majority
from labeling.models import OpenLease, Task, Verdict, VerdictKind
from labeling.tasks import current, withdrawn

PAGE = 50


@dataclass(frozen=True, slots=True)
class AskedMessage:
    """A message of the pool; `place` is its own in the order of drawing, and where the next page goes on.

    `office`: what the majority of the `verdicts` calls it, a `share` of them (None: nobody answered, or a tie).
    `held`: somebody has it on the screen.
    """

    place: int
    message_id: int
    body: str
    first: str
    first_confidence: float
    second: str
    second_confidence: float
    office: str | None
    share: float
    verdicts: int
    held: bool


def asked_messages(
    connection: Connection, comparison_id: int, *, after: int = -1, limit: int = PAGE
) -> list[AskedMessage]:
    """A page of them, from behind the place `after`; empty where the office was not asked."""
    asking = connection.execute(
        select(ComparisonAsking.queue_id, ComparisonAsking.basis, Comparison.first_run, Comparison.second_run)
        .join(Comparison, Comparison.id == ComparisonAsking.comparison_id)
        .where(ComparisonAsking.comparison_id == comparison_id)
    ).first()
    if asking is None:
        return []
    one, other = (said_by(Basis(asking.basis), RunId(run)) for run in (asking.first_run, asking.second_run))
    held = exists().where(OpenLease.task_id == Task.id)
    rows = connection.execute(
        select(
            Task.id,
            Task.rank,
            Task.message_id,
            BODY_LISTED,
            one.c.klass.label("first"),
            one.c.confidence.label("first_confidence"),
            other.c.klass.label("second"),
            other.c.confidence.label("second_confidence"),
            held.label("held"),
        )
        .join(Message, Message.id == Task.message_id)
        .join(one, one.c.message_id == Task.message_id)
        .join(other, other.c.message_id == Task.message_id)
        .where(Task.queue_id == asking.queue_id, ~Task.gold, Task.rank > float(after))
        .order_by(Task.rank, Task.id)
        .limit(limit)
    ).all()
    labels = _labels(connection, [row.id for row in rows])
    return [_asked(row, majority(labels.get(row.id, []))) for row in rows]


def _labels(connection: Connection, task_ids: Sequence[int]) -> dict[int, list[str | None]]:
    query = select(Verdict.task_id, Verdict.klass).where(
        Verdict.task_id.in_(task_ids), Verdict.kind == VerdictKind.LABEL, Verdict.blind, current(), ~withdrawn()
    )
    found: dict[int, list[str | None]] = {}
    for task_id, klass in connection.execute(query):
        found.setdefault(task_id, []).append(klass)
    return found


def _asked(row: Any, said: Consensus) -> AskedMessage:
    return AskedMessage(
        place=int(row.rank),
        message_id=row.message_id,
        body=row.body,
        first=row.first,
        first_confidence=row.first_confidence,
        second=row.second,
        second_confidence=row.second_confidence,
        office=said.klass,
        share=said.share,
        verdicts=said.verdicts,
        held=bool(row.held),
    )
