"""How every queue stands, for those who run them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sqlalchemy import Connection, func, select

from core.store.models import DatasetId, now_ms
from core.store.queries.live import champion, clock, curves, tallies
from labeling.estimate import Accuracy, live_accuracy
from labeling.forecast import Effect, effect, forecast
from labeling.models import OpenLease, Person, Queue, QueueMember, QueueState, Verdict, VerdictKind
from labeling.tasks import current

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
LOOK_BACK = 5_000


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue as the page and the command show it. Times in ms since 1970, the pace in verdicts an hour.

    `agreed` of `compared`: pairs of verdicts on one message that say the same.
    """

    queue_id: int
    name: str
    purpose: str
    order: str
    state: str
    priority: int
    overlap: int
    adaptive: bool
    blind_share: float
    gold_share: float
    assigned: str
    people: list[str]
    source: str | None
    total: int
    done: int
    verdicts: int
    held: int
    back_in_seconds: int | None
    target: int | None
    deadline: int | None
    today: int
    pace: float
    left: int | None
    done_at: int | None
    in_time: bool | None
    compared: int
    agreed: int


@dataclass(frozen=True, slots=True)
class Desk:
    """All queues, and what more verdicts would bring the champion."""

    at: int
    queues: list[QueueRow]
    accuracy: Accuracy | None
    effect: Effect | None
    champion: str | None


@dataclass(slots=True)
class _Work:
    """What was done in a queue lately."""

    today: int = 0
    hour: int = 0
    first: int | None = None
    pairs: int = 0
    alike: int = 0


def standing(connection: Connection, dataset: DatasetId) -> Desk:
    """The queues that are not closed, the first to be handed out first, then the newest closed ones.

    Looks at roll-ups and the newest verdicts, so that it costs the same however many there are.
    """
    reigning = champion(connection, dataset)
    all_curves = curves(connection, dataset, reigning.run_id) if reigning else []
    curve = next((each for each in all_curves if reigning and each.run_id == reigning.run_id), None)
    return Desk(
        at=clock(connection),
        queues=queue_rows(connection, dataset),
        accuracy=live_accuracy(connection, dataset),
        effect=_effect_of(tuple(map(tuple, curve.folds))) if curve else None,
        champion=reigning.title if reigning else None,
    )


@lru_cache(maxsize=4)
def _effect_of(folds: tuple[tuple[int, float, int, int, float], ...]) -> Effect | None:
    """Worked out once a curve: it takes hundreds of fits, and pages look each few seconds."""
    return effect(folds, np.random.default_rng(7))


def queue_rows(connection: Connection, dataset: DatasetId, closed: int = 10) -> list[QueueRow]:
    """How each queue stands; of the closed ones the newest."""
    now, counts = clock(connection), tallies(connection)
    all_of = select(Queue.__table__).where(Queue.dataset_id == dataset)
    first = (Queue.priority.desc(), Queue.assigned == "all", Queue.id)
    live = all_of.where(Queue.state != QueueState.CLOSED).order_by(*first)
    over = all_of.where(Queue.state == QueueState.CLOSED).order_by(Queue.id.desc()).limit(closed)
    rows = [*connection.execute(live), *connection.execute(over)]
    held = {
        queue_id: (n, back)
        for queue_id, n, back in connection.execute(
            select(OpenLease.queue_id, func.count(), func.min(OpenLease.expires_at) - now_ms())
            .where(OpenLease.expires_at > now_ms())
            .group_by(OpenLease.queue_id)
        )
    }
    people: dict[int, list[str]] = {}
    named = select(QueueMember.queue_id, Person.name).join(Person, Person.id == QueueMember.person_id)
    for queue_id, name in connection.execute(named.order_by(Person.name)):
        people.setdefault(queue_id, []).append(name)
    work = _lately(connection, now)
    return [
        _row(row, now, counts, held.get(row.id, (0, None)), people.get(row.id, []), work.get(row.id, _Work()))
        for row in rows
    ]


def _row(
    row: object, now: int, counts: dict[str, int], held: tuple[int, int | None], people: list[str], work: _Work
) -> QueueRow:
    queue: dict[str, object] = row._mapping  # type: ignore[attr-defined]
    name = f"queue:{queue['id']}"
    given, total, done = (counts.get(f"{name}:{what}", 0) for what in ("verdicts", "total", "done"))
    since = max(0.25, min(1.0, (now - work.first) / HOUR_MS)) if work.first else 1.0
    pace = work.hour / since
    goal = queue["target"] or (None if queue["adaptive"] else total * int(queue["overlap"]))  # type: ignore[call-overload]
    ahead = forecast(given, goal, pace, now, queue["deadline"])  # type: ignore[arg-type]
    same = ("name", "purpose", "state", "priority", "overlap", "adaptive", "blind_share", "gold_share")
    also = ("assigned", "source", "target", "deadline")
    return QueueRow(
        queue_id=queue["id"],  # type: ignore[arg-type]
        order=str(queue["order_name"]),
        people=[str(queue["team"])] if queue["team"] else people,
        total=total,
        done=done,
        verdicts=given,
        held=held[0],
        back_in_seconds=None if held[1] is None else max(0, round(held[1] / 1000)),
        today=work.today,
        pace=round(pace, 1),
        left=ahead.left,
        done_at=ahead.done_at,
        in_time=ahead.in_time,
        compared=work.pairs,
        agreed=work.alike,
        **{key: queue[key] for key in (*same, *also)},  # type: ignore[arg-type]
    )


def _lately(connection: Connection, now: int) -> dict[int, _Work]:
    """Of the newest verdicts: how many came today and in the last hour, and how far people agree, by queue."""
    newest = connection.execute(
        select(Verdict.queue_id, Verdict.message_id, Verdict.klass, Verdict.at)
        .where(Verdict.kind == VerdictKind.LABEL, current())
        .order_by(Verdict.id.desc())
        .limit(LOOK_BACK)
    ).all()
    work: dict[int, _Work] = {}
    said: dict[tuple[int, int], list[str]] = {}
    for row in newest:
        mine = work.setdefault(row.queue_id, _Work())
        mine.today += row.at > now - DAY_MS
        if row.at > now - HOUR_MS:
            mine.hour += 1
            mine.first = row.at
        others = said.setdefault((row.queue_id, row.message_id), [])
        mine.pairs += len(others)
        mine.alike += others.count(row.klass)
        others.append(row.klass or "")
    return work
