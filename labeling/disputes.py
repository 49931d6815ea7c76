"""Disputes: messages that wait for a lead, with all that was said of them. Looks at the newest opinions only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, exists, func, or_, select
from sqlalchemy.orm import aliased

from core.store.models import Message, Origin, Prediction, Truth
from core.store.queries.shown import BODY_LISTED, BODY_SHOWN, TEXT_SHOWN
from labeling.models import Decision, Person, Queue, QueueState, Task, Verdict, VerdictKind
from labeling.tasks import current, opinion

LOOK_BACK = 5_000
SHOWN = 30
_next = aliased(Decision)


@dataclass(frozen=True, slots=True)
class Said:
    """Something that somebody said of a message: an opinion that counts, or a flag."""

    message_id: int
    person_id: int
    kind: str
    klass: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Argument:
    """One person's word on a disputed message; `shown` is the prediction that they saw, if any."""

    person: str
    simulated: bool
    kind: str
    klass: str | None
    blind: bool
    shown: str | None
    note: str | None
    at: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """A message that waits for a lead: `tied`, or flagged by somebody; with the arguments, the oldest first."""

    message_id: int
    body: str
    text: str
    sender: str | None
    sent_at: int | None
    tied: bool
    predicted: tuple[str, float] | None
    arguments: list[Argument] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision that stands."""

    message_id: int
    body: str
    klass: str
    note: str | None
    by: str
    at: int


# The newest along the primary key from its end: it costs the same after years of work.
NEWEST = (
    select(Verdict.message_id, Verdict.person_id, Verdict.kind, Verdict.klass, Verdict.at)
    .where(or_(opinion(), (Verdict.kind == VerdictKind.FLAG) & current()))
    .order_by(Verdict.id.desc())
    .limit(LOOK_BACK)
)


def newest_said(connection: Connection) -> list[Said]:
    """The newest opinions and flags, the oldest of them first."""
    return [Said(*row) for row in connection.execute(NEWEST)][::-1]


def disputes(connection: Connection, said: Iterable[Said], run_id: int | None) -> tuple[list[Dispute], int]:
    """The messages among those that wait for a lead, flagged ones first, the newest 30; and how many there are.

    Tied: people name different classes, none is held to be true, and nobody else is to be asked. Flagged: since the
    last decision on it. `run_id` names the model whose opinion stands beside people's.
    """
    named: dict[int, set[str]] = {}
    flagged: dict[int, int] = {}
    last: dict[int, int] = {}
    for each in said:
        last[each.message_id] = each.at
        if each.kind == VerdictKind.FLAG:
            flagged[each.message_id] = each.at
        elif each.klass is not None:
            named.setdefault(each.message_id, set()).add(each.klass)
    apart = {message for message, classes in named.items() if len(classes) > 1}
    decided = _decided_at(connection, apart | flagged.keys())
    tied = apart - decided.keys() - _settled(connection, apart) - _still_asked(connection, apart)
    raised = {message for message, at in flagged.items() if at > decided.get(message, 0)}
    order = sorted(tied | raised, key=lambda message: (message not in raised, -last[message], message))
    return _read(connection, order[:SHOWN], tied, run_id), len(order)


def rulings(connection: Connection, most: int = 10) -> list[Ruling]:
    """The newest decisions that stand: along the primary key from its end."""
    query = (
        select(Decision.message_id, BODY_LISTED, Decision.klass, Decision.note, Person.name, Decision.at)
        .join(Message, Message.id == Decision.message_id)
        .join(Person, Person.id == Decision.person_id)
        .where(~exists().where(_next.supersedes == Decision.id), Decision.klass.is_not(None))
        .order_by(Decision.id.desc())
        .limit(most)
    )
    return [
        Ruling(row.message_id, row.body, row.klass, row.note, row.name, row.at)
        for row in connection.execute(query)
        if row.klass is not None
    ]


def _decided_at(connection: Connection, messages: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for ids in _chunks(messages):
        newest = select(func.max(Decision.id)).where(Decision.message_id.in_(ids)).group_by(Decision.message_id)
        query = select(Decision.message_id, Decision.at).where(Decision.id.in_(newest), Decision.klass.is_not(None))
        found |= {row.message_id: row.at for row in connection.execute(query)}
    return found


def _settled(connection: Connection, messages: Iterable[int]) -> set[int]:
    found: set[int] = set()
    for ids in _chunks(messages):
        query = select(Truth.message_id).where(Truth.message_id.in_(ids), Truth.origin == Origin.VERDICT)
        found.update(connection.execute(query).scalars())
    return found


def _still_asked(connection: Connection, messages: Iterable[int]) -> set[int]:
    """Messages of which an open queue wants a further opinion: the office may settle them by itself."""
    found: set[int] = set()
    for ids in _chunks(messages):
        query = (
            select(Task.message_id)
            .join(Queue, Queue.id == Task.queue_id)
            .where(Task.message_id.in_(ids), Task.judged < Task.overlap, Queue.state == QueueState.OPEN)
        )
        found.update(connection.execute(query).scalars())
    return found


def _read(connection: Connection, ids: Sequence[int], tied: set[int], run_id: int | None) -> list[Dispute]:
    said = select(Prediction.message_id, Prediction.klass, Prediction.confidence).where(
        Prediction.run_id == run_id, Prediction.message_id.in_(ids)
    )
    predicted = {row.message_id: (row.klass, row.confidence) for row in connection.execute(said)}
    messages = select(Message.id, BODY_SHOWN, TEXT_SHOWN, Message.sender, Message.sent_at).where(Message.id.in_(ids))
    found = {
        row.id: Dispute(row.id, row.body, row.text, row.sender, row.sent_at, row.id in tied, predicted.get(row.id))
        for row in connection.execute(messages)
    }
    words = (
        select(
            Verdict.message_id,
            Person.name,
            Person.simulated,
            Verdict.kind,
            Verdict.klass,
            Verdict.blind,
            Verdict.shown_klass,
            Verdict.note,
            Verdict.at,
        )
        .join(Person, Person.id == Verdict.person_id)
        .where(Verdict.message_id.in_(ids), or_(opinion(), (Verdict.kind == VerdictKind.FLAG) & current()))
        .order_by(Verdict.id)
    )
    for row in connection.execute(words):
        argument = Argument(row.name, row.simulated, row.kind, row.klass, row.blind, row.shown_klass, row.note, row.at)
        found[row.message_id].arguments.append(argument)
    return [found[message_id] for message_id in ids if message_id in found]


def _chunks(ids: Iterable[int], size: int = 500) -> Iterable[list[int]]:
    every = sorted(ids)
    return (every[start : start + size] for start in range(0, len(every), size))
