"""Verdicts: stored once, never overwritten, heard by everyone."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, bindparam, delete, exists, insert, select

from core.errors import DeskError
from core.store.feed import emit
from core.store.hot import hot
from core.store.models import Origin, Tally, now_ms
from core.store.records.labels import set_label
from core.store.rollups import add_rows
from core.text import storable
from labeling.claims import HandOut, hand_back, held_of
from labeling.consensus import Consensus, majority
from labeling.models import Lease, OpenLease, Role, Task, Verdict, VerdictKind
from labeling.opinions import reconsider
from labeling.people import PersonId, Reviewer, require
from labeling.tasks import derive, judging, labelling, lock

NOTE_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict as the browser gives it. `uuid` is made there: sent twice, it is stored once."""

    uuid: str
    lease_id: int
    kind: VerdictKind
    klass: str | None = None
    note: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a verdict: its id; whether it was there already; whether its lease had expired.

    What others said of the message is not in it: who hears it may still undo.
    """

    verdict_id: int
    duplicate: bool
    late: bool


@dataclass(frozen=True, slots=True)
class _HandedOut:
    """The hand-out that a verdict answers."""

    lease_id: int
    task_id: int
    queue_id: int
    message_id: int
    blind: bool
    shown_klass: str | None
    gold: bool


KNOWN = hot(
    select(Verdict.id, Verdict.person_id, Verdict.task_id, Verdict.late).where(Verdict.uuid == bindparam("this_uuid"))
)
HANDED_OUT = hot(
    select(Lease.id, Lease.task_id, Task.queue_id, Task.message_id, Lease.blind, Lease.shown_klass, Task.gold)
    .join(Task, Task.id == Lease.task_id)
    .where(Lease.id == bindparam("this_lease"), Lease.person_id == bindparam("this_person"))
)
# One look at both: has the person judged the task, and is the lease still open?
STANDING = hot(
    select(
        exists()
        .where(Verdict.task_id == bindparam("this_task"), Verdict.person_id == bindparam("this_person"), judging())
        .label("judged"),
        exists().where(OpenLease.lease_id == bindparam("this_lease"), OpenLease.expires_at > now_ms()).label("in_time"),
    )
)
APPEND = hot(insert(Verdict).returning(Verdict.id))
# Whatever the person holds of the task: the lease may have expired and the task come to them again.
LET_GO = hot(
    delete(OpenLease).where(
        OpenLease.task_id == bindparam("this_task"), OpenLease.person_id == bindparam("this_person")
    )
)
# What is said of a gold message measures the person, not the message.
OPINIONS = hot(
    select(Verdict.klass)
    .join(Task, Task.id == Verdict.task_id)
    .where(Verdict.message_id == bindparam("this_message"), ~Task.gold, labelling())
    .order_by(Verdict.id)
)
# Along ix_verdict_person_id_id from its end.
LAST = hot(
    select(Verdict.id, Verdict.kind, Verdict.lease_id)
    .where(Verdict.person_id == bindparam("this_person"), judging())
    .order_by(Verdict.id.desc())
    .limit(1)
)


def judge(connection: Connection, person: PersonId, given: Given, classes: Sequence[str]) -> Taken:
    """Take a label, a skip or a flag.

    An expired lease refuses nothing: the verdict counts, marked late.

    Raises:
        AccessError: the person may not review.
        DeskError: not their message, judged already, an unknown class, an id that is none.
    """
    # A person's requests take turns: the same verdict sent twice at once finds itself.
    reviewer = require(connection, person, Role.REVIEWER, alone=True)
    given = _checked(given, classes)
    known = connection.execute(KNOWN, {"this_uuid": given.uuid}).first()
    if known is not None:
        _own(known.person_id, person)
        return Taken(known.id, duplicate=True, late=known.late)
    handed = _handed_out(connection, person, given.lease_id)
    if given.kind is VerdictKind.FLAG:
        verdict_id, late = _append(connection, person, handed, given, late=False), False
    else:
        verdict_id, late = _close(connection, person, handed, given)
    _tell(connection, reviewer, handed, given, verdict_id)
    return Taken(verdict_id, duplicate=False, late=late)


def undo(connection: Connection, person: PersonId, uuid: str) -> HandOut | None:
    """Take back the person's last label or skip; gives the message to them again, or None where there is none.

    The verdict stays in the store: the undo is a new row that names it. Sent twice, it takes back one verdict and gives
    the same message.

    Raises:
        AccessError: the person may not review.
        DeskError: an id that is none.
    """
    reviewer = require(connection, person, Role.REVIEWER, alone=True)
    given = _checked(Given(uuid, 0, VerdictKind.UNDO), ())
    known = connection.execute(KNOWN, {"this_uuid": given.uuid}).first()
    if known is not None:
        _own(known.person_id, person)
        return held_of(connection, person, known.task_id)
    last = connection.execute(LAST, {"this_person": person}).first()
    if last is None:
        return None
    handed = _handed_out(connection, person, last.lease_id)
    task = lock(connection, handed.task_id)
    verdict_id = _append(connection, person, handed, given, late=False, supersedes=last.id)
    reconsider(connection, task)
    derive(connection, task)
    if last.kind == VerdictKind.LABEL:
        _count(connection, handed, -1)
    again = hand_back(connection, person, lock(connection, task.id), blind=handed.blind)
    _tell(connection, reviewer, handed, given, verdict_id)
    return again


def _checked(given: Given, classes: Sequence[str]) -> Given:
    """The verdict with its id in the one form that ids have here."""
    try:
        uuid = str(uuids.UUID(given.uuid))
    except ValueError:
        raise DeskError("a verdict needs a UUID as its id") from None
    if given.kind is VerdictKind.LABEL and given.klass not in classes:
        raise DeskError(f"'{given.klass}' is no class of this room", fix=f"Use one of: {', '.join(classes)}.")
    return replace(given, uuid=uuid, klass=given.klass if given.kind is VerdictKind.LABEL else None)


def _own(whose: int, person: PersonId) -> None:
    if whose != person:
        raise DeskError("this verdict's id is somebody else's")


def _handed_out(connection: Connection, person: PersonId, lease_id: int) -> _HandedOut:
    row = connection.execute(HANDED_OUT, {"this_lease": lease_id, "this_person": person}).first()
    if row is None:
        raise DeskError("this message was not handed to you", fix="Reload the page to be handed another.")
    return _HandedOut(*row)


def _close(connection: Connection, person: PersonId, handed: _HandedOut, given: Given) -> tuple[int, bool]:
    """Store a label or a skip, and end its lease; gives the verdict's id and whether it came late."""
    task = lock(connection, handed.task_id)
    this = {"this_task": task.id, "this_person": person, "this_lease": handed.lease_id}
    standing = connection.execute(STANDING, this).one()
    if standing.judged:
        raise DeskError("you have judged this message already", fix="Undo takes your verdict back.")
    late = not standing.in_time
    verdict_id = _append(connection, person, handed, given, late=late)
    connection.execute(LET_GO, {"this_task": task.id, "this_person": person})
    reconsider(connection, task)
    derive(connection, task)
    if given.kind is VerdictKind.LABEL:
        _count(connection, handed, 1)
    return verdict_id, late


def _append(
    connection: Connection,
    person: PersonId,
    handed: _HandedOut,
    given: Given,
    *,
    late: bool,
    supersedes: int | None = None,
) -> int:
    row = {
        "uuid": given.uuid,
        "kind": given.kind,
        "lease_id": handed.lease_id,
        "task_id": handed.task_id,
        "queue_id": handed.queue_id,
        "message_id": handed.message_id,
        "person_id": person,
        "klass": given.klass,
        "note": storable(given.note)[:NOTE_MOST] if given.note else None,
        "blind": handed.blind,
        "shown_klass": handed.shown_klass,
        "late": late,
        "seconds": given.seconds,
        "supersedes": supersedes,
    }
    return connection.execute(APPEND, row).scalar_one()


def _count(connection: Connection, handed: _HandedOut, sign: int) -> None:
    """Count a label that came or went, and derive what the office holds the message to be."""
    if not handed.gold:
        _agree(connection, handed)
    names = ("verdicts", f"queue:{handed.queue_id}:verdicts")
    add_rows(connection, Tally.__table__, [{"name": name, "n": sign} for name in names])  # type: ignore[arg-type]


def _agree(connection: Connection, handed: _HandedOut) -> Consensus:
    """Derive what the office holds the message to be, from all verdicts on it that stand."""
    opinions = connection.execute(OPINIONS, {"this_message": handed.message_id}).scalars()
    consensus = majority([klass for klass in opinions if klass is not None])
    set_label(
        connection,
        handed.message_id,
        Origin.VERDICT,
        consensus.klass,
        ref=f"queue:{handed.queue_id}",
        confidence=consensus.share or None,
    )
    return consensus


def _tell(connection: Connection, reviewer: Reviewer, handed: _HandedOut, given: Given, verdict_id: int) -> None:
    """Last in the transaction: the shorter from an event's id to COMMIT, the better for the feed."""
    emit(
        connection,
        "verdict",
        verdict_id=verdict_id,
        did=given.kind,
        message_id=handed.message_id,
        klass=given.klass,
        shown_klass=handed.shown_klass,
        blind=handed.blind,
        person=reviewer.name,
        simulated=reviewer.simulated,
        queue_id=handed.queue_id,
    )
