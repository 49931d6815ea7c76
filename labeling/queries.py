"""What pages show of the desk."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select

from core.store.hot import hot
from core.store.models import Message, Origin, Truth, now_ms
from core.store.queries.live import tallies
from core.store.queries.shown import BODY_LISTED
from labeling.claims import given_to
from labeling.models import Assigned, OpenLease, Person, Queue, QueueState, Verdict, VerdictKind
from labeling.orders import ORDERS
from labeling.people import PersonId
from labeling.tasks import current

DAY_MS = 86_400_000
AT_DESK_MS = 600_000
LOOK_BACK = 2_000

# What stands beside the message is asked for by every page each ten seconds: built once.
_standings = (
    select(
        Queue.id,
        Queue.name,
        Queue.order_name,
        Queue.overlap,
        Queue.blind_share,
        Queue.guide,
        func.count(OpenLease.lease_id).label("held"),
        (func.min(OpenLease.expires_at) - now_ms()).label("back"),
    )
    .outerjoin(OpenLease, OpenLease.queue_id == Queue.id)
    .where(Queue.state == QueueState.OPEN)
    .group_by(Queue.id)
    .order_by(Queue.priority.desc(), Queue.assigned == Assigned.ALL, Queue.id)
)
STANDINGS = hot(_standings)
STANDINGS_FOR = hot(_standings.where(given_to()))
_newest = (
    select(Verdict.message_id, Verdict.klass, Verdict.seconds, Verdict.at)
    .where(Verdict.person_id == bindparam("this_person"), Verdict.kind == VerdictKind.LABEL, current())
    .order_by(Verdict.id.desc())
    .limit(LOOK_BACK)
    .subquery()
)
DAY_OF = hot(
    select(_newest.c.klass, _newest.c.seconds, Truth.klass.label("truth"))
    .outerjoin(Truth, (Truth.message_id == _newest.c.message_id) & (Truth.origin == Origin.VERDICT))
    .where(_newest.c.at > now_ms() - DAY_MS)
)


@dataclass(frozen=True, slots=True)
class RecentVerdict:
    """A verdict in the list of the newest."""

    verdict_id: int
    body: str
    klass: str | None
    shown: str | None
    blind: bool
    person: str
    simulated: bool
    at: int


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """How a queue stands: messages in all, judged, in somebody's hands; seconds until the next may come back.

    `guide` is its own, in Markdown; None where the room's holds.
    """

    queue_id: int
    name: str
    sentence: str
    overlap: int
    blind_share: float
    total: int
    done: int
    held: int
    back_in_seconds: int | None
    guide: str | None


@dataclass(frozen=True, slots=True)
class DayOf:
    """A person's day: verdicts, the median of their seconds, and of those with a consensus how many agree with it."""

    verdicts: int
    seconds: float | None
    compared: int
    agreed: int


@dataclass(frozen=True, slots=True)
class Office:
    """The office at a glance: verdicts of the last 24 hours, people and simulated colleagues at their desks."""

    today: int
    people: int
    simulated: int


def recent_verdicts(connection: Connection, most: int = 12, after: int = 0) -> list[RecentVerdict]:
    """The newest verdicts that stand, the newest first."""
    rows = connection.execute(
        select(
            Verdict.id,
            BODY_LISTED,
            Verdict.klass,
            Verdict.shown_klass,
            Verdict.blind,
            Person.name,
            Person.simulated,
            Verdict.at,
        )
        .join(Message, Message.id == Verdict.message_id)
        .join(Person, Person.id == Verdict.person_id)
        .where(Verdict.kind == VerdictKind.LABEL, Verdict.id > after, current())
        .order_by(Verdict.id.desc())
        .limit(most)
    )
    return [RecentVerdict(*row) for row in rows]


def office(connection: Connection) -> Office:
    """Who is at work. Looks at the newest verdicts only, so it costs the same however many there are."""
    newest = select(Verdict.person_id, Verdict.at, Verdict.kind).order_by(Verdict.id.desc()).limit(LOOK_BACK).subquery()
    today = connection.execute(
        select(func.count()).select_from(newest).where(newest.c.at > now_ms() - DAY_MS, newest.c.kind == "label")
    ).scalar_one()
    at_desk = connection.execute(
        select(Person.simulated, func.count(func.distinct(Person.id)))
        .join(newest, newest.c.person_id == Person.id)
        .where(newest.c.at > now_ms() - AT_DESK_MS)
        .group_by(Person.simulated)
    ).all()
    counts = {bool(simulated): n for simulated, n in at_desk}
    return Office(today, counts.get(False, 0), counts.get(True, 0))


def open_queues(connection: Connection, person: PersonId | None = None) -> list[QueueStanding]:
    """The queues that hand out messages now, to all or to this person; the first is handed out first."""
    counts = tallies(connection)
    asked, given = (STANDINGS, {}) if person is None else (STANDINGS_FOR, {"this_person": person})
    return [
        QueueStanding(
            queue_id=queue.id,
            name=queue.name,
            sentence=ORDERS.get(queue.order_name).sentence,
            overlap=queue.overlap,
            blind_share=queue.blind_share,
            total=counts.get(f"queue:{queue.id}:total", 0),
            done=counts.get(f"queue:{queue.id}:done", 0),
            held=queue.held,
            back_in_seconds=None if queue.back is None else max(0, round(queue.back / 1000)),
            guide=queue.guide,
        )
        for queue in connection.execute(asked, given)
    ]


def day_of(connection: Connection, person: PersonId) -> DayOf:
    """A person's last 24 hours. Looks at their newest verdicts only, so it costs the same after years of work."""
    rows = connection.execute(DAY_OF, {"this_person": person}).all()
    seconds = [row.seconds for row in rows if row.seconds is not None]
    compared = [row for row in rows if row.truth is not None]
    agreed = sum(row.truth == row.klass for row in compared)
    return DayOf(len(rows), statistics.median(seconds) if seconds else None, len(compared), agreed)
