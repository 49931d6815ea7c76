"""Queues and verdicts as a script reads them, and queues as it fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, literal_column, select

from core.errors import DeskError, UnknownNameError, did_you_mean
from core.store import Store
from core.store.feed import GAP_SECONDS
from core.store.models import DatasetId, Message, now_ms
from core.store.paced import write_paced
from core.store.queries.live import tallies
from labeling.models import Lease, OpenLease, Person, Queue, QueueState, Task, Verdict
from labeling.queues import fill
from labeling.tasks import withdrawn

PAGE = 1_000
STEP = 1e-6
# Along the end of the partial index ix_task_claim.
LAST_RANK = (
    select(Task.rank)
    .where(Task.queue_id == bindparam("this_queue"), Task.free > literal_column("0"))
    .order_by(Task.rank.desc(), Task.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ListedQueue:
    """A queue with its counts: messages in all, done, in somebody's hands; verdicts that stand."""

    name: str
    purpose: str
    order: str
    state: str
    overlap: int
    blind_share: float
    total: int
    done: int
    held: int
    verdicts: int


@dataclass(frozen=True, slots=True)
class ListedVerdict:
    """A verdict as it was given. `supersedes` is the one that it takes back or replaces; `at` is ms since 1970."""

    id: int
    did: str
    source: str
    key: str
    klass: str | None
    person: str
    simulated: bool
    blind: bool
    shown_klass: str | None
    shown_run_id: int | None
    seconds: float | None
    late: bool
    withdrawn: bool
    supersedes: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of filling a queue: messages that are new in it, that were in it, and the numbers of unknown ones."""

    added: int
    there: int
    unknown: tuple[int, ...]


def queues(connection: Connection, dataset: DatasetId) -> list[ListedQueue]:
    """All queues in order of their making."""
    counts = tallies(connection)
    out = connection.execute(select(OpenLease.queue_id, func.count().label("n")).group_by(OpenLease.queue_id))
    held = {row.queue_id: row.n for row in out}
    rows = connection.execute(select(Queue.__table__).where(Queue.dataset_id == dataset).order_by(Queue.id)).all()
    return [
        ListedQueue(
            row.name,
            row.purpose,
            row.order_name,
            row.state,
            row.overlap,
            row.blind_share,
            counts.get(f"queue:{row.id}:total", 0),
            counts.get(f"queue:{row.id}:done", 0),
            held.get(row.id, 0),
            counts.get(f"queue:{row.id}:verdicts", 0),
        )
        for row in rows
    ]


def verdicts(connection: Connection, *, after: int = 0, most: int = 100) -> list[ListedVerdict]:
    """The verdicts with ids above `after`, rising.

    Ids are given out before they are committed. So on PostgreSQL the list ends before a gap until that is filled or
    old: who asks for what follows the last id they have misses nothing.
    """
    rows = connection.execute(
        select(
            Verdict.id,
            Verdict.kind,
            Message.source,
            Message.key,
            Verdict.klass,
            Person.name,
            Person.simulated,
            Verdict.blind,
            Verdict.shown_klass,
            Lease.shown_run_id,
            Verdict.seconds,
            Verdict.late,
            withdrawn(),
            Verdict.supersedes,
            Verdict.at,
        )
        .join(Message, Message.id == Verdict.message_id)
        .join(Person, Person.id == Verdict.person_id)
        .join(Lease, Lease.id == Verdict.lease_id)
        .where(Verdict.id > after)
        .order_by(Verdict.id)
        .limit(most)
    ).all()
    found = [ListedVerdict(*tuple(row)) for row in rows]
    if connection.dialect.name == "sqlite":
        return found
    young = connection.execute(select(now_ms())).scalar_one() - GAP_SECONDS * 1000
    for number, verdict in enumerate(found):
        expected = (found[number - 1].id if number else after) + 1
        if verdict.id != expected and verdict.at > young:
            return found[:number]
    return found


def queue_named(store: Store, dataset: DatasetId, name: str) -> int:
    """The id of a queue that can be filled.

    Raises:
        UnknownNameError: there is none of that name.
        DeskError: it is closed.
    """
    with store.read() as connection:
        rows = connection.execute(select(Queue.id, Queue.name, Queue.state).where(Queue.dataset_id == dataset)).all()
    for row in rows:
        if row.name == name:
            if row.state == QueueState.CLOSED:
                raise DeskError(f"the queue '{name}' is closed", fix="Fill another.")
            return int(row.id)
    raise UnknownNameError(f"no queue is called '{name[:80]}'", fix=did_you_mean(name[:80], [row.name for row in rows]))


def fill_queue(
    store: Store,
    dataset: DatasetId,
    queue_id: int,
    messages: Sequence[int | tuple[str, str]],
    *,
    rank: float | None = None,
) -> Filled:
    """Put messages, named by their id or by (source, key), into a queue in their order.

    Args:
        store: the room's store.
        dataset: whose messages.
        queue_id: the queue.
        messages: which.
        rank: the rank of the first, the next ones follow; behind all that waits, where it is left out.
    """
    import pandas as pd  # here: pandas takes a second to import

    known = _known(store, dataset, messages)
    unknown = tuple(number for number, message in enumerate(messages) if message not in known)
    ids = list(dict.fromkeys(known[message] for message in messages if message in known))
    with store.read() as connection:
        last = connection.execute(LAST_RANK, {"this_queue": queue_id}).scalar()
    first = rank if rank is not None else (0.0 if last is None else last + STEP)
    frame = pd.DataFrame({"message_id": ids, "rank": [first + number * STEP for number in range(len(ids))]})
    added = sum(write_paced(store, frame, lambda connection, piece: fill(connection, queue_id, piece)))
    return Filled(added, len(ids) - added, unknown)


def _known(
    store: Store, dataset: DatasetId, messages: Sequence[int | tuple[str, str]]
) -> Mapping[int | tuple[str, str], int]:
    found: dict[int | tuple[str, str], int] = {}
    ids = [message for message in messages if isinstance(message, int)]
    keys: dict[str, list[str]] = {}
    for message in messages:
        if not isinstance(message, int):
            keys.setdefault(message[0], []).append(message[1])
    with store.read() as connection:
        for start in range(0, len(ids), PAGE):
            these = Message.id.in_(ids[start : start + PAGE])
            # The dataset is compared here: asked for it, SQLite would read all its messages.
            rows = connection.execute(select(Message.id, Message.dataset_id).where(these))
            found.update({row.id: row.id for row in rows if row.dataset_id == dataset})
        for source, of_source in keys.items():
            for start in range(0, len(of_source), PAGE):
                these = Message.key.in_(of_source[start : start + PAGE])
                mine = (Message.dataset_id == dataset, Message.source == source, these)
                rows = connection.execute(select(Message.key, Message.id).where(*mine))
                found.update({(source, row.key): row.id for row in rows})
    return found
