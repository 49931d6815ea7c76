"""Verdicts: stored once, never overwritten, heard by everyone."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, delete, insert, select

from core.errors import DeskError
from core.store.feed import emit
from core.store.models import Origin, now_ms
from core.store.records.labels import set_label
from core.store.rollups import tally
from core.text import storable
from labeling.claims import HandOut, hand_back
from labeling.consensus import Consensus, majority
from labeling.models import Lease, OpenLease, Role, Task, Verdict, VerdictKind
from labeling.people import PersonId, Reviewer, require
from labeling.tasks import JUDGING, current, derive, lock

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
    """What became of a verdict: its id; whether it was there already; whether its lease had expired."""

    verdict_id: int
    duplicate: bool
    late: bool


def judge(connection: Connection, person: PersonId, given: Given, classes: Sequence[str]) -> Taken:
    """Take a label, a skip or a flag.

    An expired lease refuses nothing: the verdict counts, marked late.

    Raises:
        AccessError: the person may not review.
        DeskError: not their message, judged already, an unknown class, an id that is none.
    """
    reviewer = require(connection, person, Role.REVIEWER)
    _check(given, classes)
    if (known := _known(connection, person, given.uuid)) is not None:
        return known
    lease = _lease(connection, person, given.lease_id)
    lock(connection, lease.task_id)
    if (known := _known(connection, person, given.uuid)) is not None:  # it was on its way twice at once
        return known
    if given.kind is VerdictKind.FLAG:
        verdict_id = _append(connection, person, lease, given, late=False)
    else:
        verdict_id, late = _close(connection, person, lease, given)
        _tell(connection, reviewer, lease, given, verdict_id)
        return Taken(verdict_id, duplicate=False, late=late)
    _tell(connection, reviewer, lease, given, verdict_id)
    return Taken(verdict_id, duplicate=False, late=False)


def undo(connection: Connection, person: PersonId, uuid: str) -> HandOut | None:
    """Take back the person's last label or skip; gives the message to them again, or None where there is none.

    The verdict stays in the store: the undo is a new row that names it.

    Raises:
        AccessError: the person may not review.
    """
    reviewer = require(connection, person, Role.REVIEWER)
    _check(Given(uuid, 0, VerdictKind.UNDO), ())
    if _known(connection, person, uuid) is not None:
        return None
    last = connection.execute(
        select(Verdict)
        .with_only_columns(Verdict.id, Verdict.kind, Verdict.lease_id, Verdict.task_id)
        .where(Verdict.person_id == person, Verdict.kind.in_(JUDGING), current())
        .order_by(Verdict.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return None
    lease = _lease(connection, person, last.lease_id)
    lock(connection, last.task_id)
    given = Given(uuid, last.lease_id, VerdictKind.UNDO)
    verdict_id = _append(connection, person, lease, given, late=False, supersedes=last.id)
    derive(connection, last.task_id)
    if last.kind == VerdictKind.LABEL:
        _agree(connection, lease)
        tally(connection, "verdicts", -1)
    handed = hand_back(connection, person, last.task_id)
    _tell(connection, reviewer, lease, given, verdict_id)
    return handed


def _check(given: Given, classes: Sequence[str]) -> None:
    try:
        uuids.UUID(given.uuid)
    except ValueError:
        raise DeskError("a verdict needs a UUID as its id") from None
    if given.kind is VerdictKind.LABEL and given.klass not in classes:
        raise DeskError(f"'{given.klass}' is no class of this room", fix=f"Use one of: {', '.join(classes)}.")


def _known(connection: Connection, person: PersonId, uuid: str) -> Taken | None:
    """The verdict of that id, if it is there already."""
    row = connection.execute(select(Verdict.id, Verdict.person_id, Verdict.late).where(Verdict.uuid == uuid)).first()
    if row is None:
        return None
    if row.person_id != person:
        raise DeskError("this verdict's id is somebody else's")
    return Taken(row.id, duplicate=True, late=row.late)


def _lease(connection: Connection, person: PersonId, lease_id: int) -> Row[int, int, int, int, bool, str | None]:
    row = connection.execute(
        select(Lease.id, Lease.task_id, Task.queue_id, Task.message_id, Lease.blind, Lease.shown_klass)
        .join(Task, Task.id == Lease.task_id)
        .where(Lease.id == lease_id, Lease.person_id == person)
    ).first()
    if row is None:
        raise DeskError("this message was not handed to you", fix="Reload the page to be handed another.")
    return row


def _close(
    connection: Connection, person: PersonId, lease: Row[int, int, int, int, bool, str | None], given: Given
) -> tuple[int, bool]:
    """Store a label or a skip, and end its lease; gives the verdict's id and whether it came late."""
    judged = select(Verdict.id).where(
        Verdict.task_id == lease.task_id, Verdict.person_id == person, Verdict.kind.in_(JUDGING), current()
    )
    if connection.execute(judged).first() is not None:
        raise DeskError("you have judged this message already", fix="Undo takes your verdict back.")
    in_time = OpenLease.lease_id == lease.id, OpenLease.expires_at > now_ms()
    late = connection.execute(select(OpenLease.lease_id).where(*in_time)).first() is None
    verdict_id = _append(connection, person, lease, given, late=late)
    # Whatever the person holds of this task ends: the lease may have expired and the task come to them again.
    connection.execute(delete(OpenLease).where(OpenLease.task_id == lease.task_id, OpenLease.person_id == person))
    derive(connection, lease.task_id)
    if given.kind is VerdictKind.LABEL:
        _agree(connection, lease)
        tally(connection, "verdicts", 1)
    return verdict_id, late


def _append(
    connection: Connection,
    person: PersonId,
    lease: Row[int, int, int, int, bool, str | None],
    given: Given,
    *,
    late: bool,
    supersedes: int | None = None,
) -> int:
    row = {
        "uuid": given.uuid,
        "kind": given.kind,
        "lease_id": lease.id,
        "task_id": lease.task_id,
        "queue_id": lease.queue_id,
        "message_id": lease.message_id,
        "person_id": person,
        "klass": given.klass if given.kind is VerdictKind.LABEL else None,
        "note": storable(given.note)[:NOTE_MOST] if given.note else None,
        "blind": lease.blind,
        "shown_klass": lease.shown_klass,
        "late": late,
        "seconds": given.seconds,
        "supersedes": supersedes,
    }
    return connection.execute(insert(Verdict).returning(Verdict.id), row).scalar_one()


def _agree(connection: Connection, lease: Row[int, int, int, int, bool, str | None]) -> Consensus:
    """Derive what the office holds the message to be, from all verdicts on it that stand."""
    classes = connection.execute(
        select(Verdict.klass)
        .where(Verdict.message_id == lease.message_id, Verdict.kind == VerdictKind.LABEL, current())
        .order_by(Verdict.id)
    ).scalars()
    consensus = majority([klass for klass in classes if klass is not None])
    ref = f"queue:{lease.queue_id}"
    set_label(
        connection, lease.message_id, Origin.VERDICT, consensus.klass, ref=ref, confidence=consensus.share or None
    )
    return consensus


def _tell(
    connection: Connection,
    reviewer: Reviewer,
    lease: Row[int, int, int, int, bool, str | None],
    given: Given,
    verdict_id: int,
) -> None:
    """Last in the transaction: the shorter from an event's id to COMMIT, the better for the feed."""
    emit(
        connection,
        "verdict",
        verdict_id=verdict_id,
        did=given.kind,
        message_id=lease.message_id,
        klass=given.klass if given.kind is VerdictKind.LABEL else None,
        shown_klass=lease.shown_klass,
        blind=lease.blind,
        person=reviewer.name,
        simulated=reviewer.simulated,
        queue_id=lease.queue_id,
    )
