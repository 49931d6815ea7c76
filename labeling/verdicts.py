"""Verdicts: stored once, never overwritten, heard by everyone."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import Connection, bindparam, delete, exists, insert, select

from core.errors import DeskError
from core.store.feed import emit
from core.store.hot import hot
from core.store.later import Until
from core.store.models import Origin, Tally, now_ms
from core.store.records.labels import set_label
from core.store.rollups import add_rows
from core.text import storable
from labeling.claims import HandOut, hand_back, held_of
from labeling.consensus import Consensus, majority
from labeling.models import Decision, Lease, OpenLease, Role, Task, Verdict, VerdictKind
from labeling.opinions import reconsider
from labeling.people import PersonId, Reviewer, require
from labeling.tasks import derive, judging, lock, opinion

NOTE_MOST = 2_000
NOT_YOURS = "this message was not handed to you"


@dataclass(frozen=True, slots=True)
class Given:
    """A verdict as the browser gives it. `uuid` is made there: sent twice, it is stored once.

    `second` is the class that it would be if not `klass`. `changes` names an earlier verdict of the person on the same
    hand-out, which this one replaces.
    """

    uuid: str
    lease_id: int
    kind: VerdictKind
    klass: str | None = None
    note: str | None = None
    seconds: float | None = None
    second: str | None = None
    changes: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a verdict: its id; whether it was there already; whether its lease had expired.

    What others said of the message is not in it: who hears it may still undo.
    """

    verdict_id: int
    duplicate: bool
    late: bool


class StandingVerdict(Protocol):
    """A row of a verdict that stands."""

    id: int
    kind: str
    lease_id: int


@dataclass(frozen=True, slots=True)
class _HandedOut:
    """The hand-out that a verdict answers: whether the person has judged it, and whether the lease is still open."""

    lease_id: int
    task_id: int
    queue_id: int
    message_id: int
    blind: bool
    shown_klass: str | None
    gold: bool
    judged: bool
    in_time: bool


KNOWN = hot(
    select(Verdict.id, Verdict.person_id, Verdict.task_id, Verdict.late).where(Verdict.uuid == bindparam("this_uuid"))
)
# Nobody but the person themself changes what is asked here, and their requests take turns: it holds without the task's
# lock. (A lease that runs out while its verdict waits for that lock was in time when the verdict came.)
_handed_out = (
    select(
        Lease.id,
        Lease.task_id,
        Task.queue_id,
        Task.message_id,
        Lease.blind,
        Lease.shown_klass,
        Task.gold,
        exists()
        .where(Verdict.task_id == Lease.task_id, Verdict.person_id == Lease.person_id, judging())
        .label("judged"),
        exists().where(OpenLease.lease_id == Lease.id, OpenLease.expires_at > now_ms()).label("in_time"),
    )
    .join(Task, Task.id == Lease.task_id)
    .where(Lease.id == bindparam("this_lease"), Lease.person_id == bindparam("this_person"))
)
HANDED_OUT = hot(_handed_out)
# The same, unless the verdict is there already: one look where two were.
NEW_ANSWER = hot(_handed_out.where(~exists().where(Verdict.uuid == bindparam("this_uuid"))))
APPEND = hot(insert(Verdict).returning(Verdict.id))
# Whatever the person holds of the task: the lease may have expired and the task come to them again.
LET_GO = hot(
    delete(OpenLease).where(
        OpenLease.task_id == bindparam("this_task"), OpenLease.person_id == bindparam("this_person")
    ),
    waits=Until.NEXT,
)
# A NULL is somebody who cannot tell.
_newest_decision = (
    select(Decision.klass).where(Decision.message_id == bindparam("this_message")).order_by(Decision.id.desc()).limit(1)
)
# The newest decision comes with every opinion, along ix_decision_message_id_id: a verdict takes no further statement.
OPINIONS = hot(
    select(Verdict.klass, _newest_decision.scalar_subquery().label("decided"))
    .where(Verdict.message_id == bindparam("this_message"), opinion())
    .order_by(Verdict.id)
)
DECIDED = hot(_newest_decision)
# Along ix_verdict_person_id_id from its end.
LAST = hot(
    select(Verdict.id, Verdict.kind, Verdict.lease_id, Verdict.group_id)
    .where(Verdict.person_id == bindparam("this_person"), judging())
    .order_by(Verdict.id.desc())
    .limit(1)
)
# The verdict that a change of mind replaces: the person's own, on this hand-out, and standing.
REPLACED = hot(
    select(Verdict.id, Verdict.kind).where(
        Verdict.id == bindparam("this_verdict"),
        Verdict.person_id == bindparam("this_person"),
        Verdict.lease_id == bindparam("this_lease"),
        judging(),
    )
)


def judge(connection: Connection, person: PersonId, given: Given, classes: Sequence[str]) -> Taken:
    """Take a label, a skip, a 'cannot tell' or a flag; or a change of mind about one of the first three.

    An expired lease refuses nothing: the verdict counts, marked late. A change of mind is a new row that names the
    verdict it replaces, at any time later.

    Raises:
        AccessError: the person may not review.
        DeskError: not their message, judged already, an unknown class, an id that is none, a verdict to be changed that
            no longer stands.
    """
    # A person's requests take turns: the same verdict sent twice at once finds itself.
    reviewer = require(connection, person, Role.REVIEWER, alone=True)
    given = _checked(given, classes)
    this = {"this_lease": given.lease_id, "this_person": person, "this_uuid": given.uuid}
    new = connection.execute(NEW_ANSWER, this).first()
    if new is None:
        return _known_already(connection, person, given)
    handed = _HandedOut(*new)
    if given.kind is VerdictKind.FLAG:
        verdict_id, late = _append(connection, person, handed, given, late=False), False
    elif given.changes is not None:
        verdict_id, late = _change(connection, person, handed, given, given.changes), False
    else:
        verdict_id, late = _close(connection, person, handed, given)
    _tell(connection, reviewer, handed, given, verdict_id)
    return Taken(verdict_id, duplicate=False, late=late)


def judge_in_group(connection: Connection, reviewer: Reviewer, given: Given, group_id: int) -> int:
    """Take a label or a skip that was given to a whole group; gives the verdict's id.

    It says nothing of how a shown prediction sways: the message was judged with others, so none counts as shown.
    """
    handed = _answered(connection, reviewer.id, given.lease_id)
    handed = replace(handed, blind=False, shown_klass=None)
    verdict_id, _ = _close(connection, reviewer.id, handed, given, group_id=group_id)
    _tell(connection, reviewer, handed, given, verdict_id)
    return verdict_id


def undo(connection: Connection, person: PersonId, uuid: str, verdict: StandingVerdict | None = None) -> HandOut | None:
    """Take back the person's last label, skip or 'cannot tell'; gives the message again, None where there is none.

    The verdict stays in the store: the undo is a new row that names it. Sent twice, it takes back one verdict and gives
    the same message. With `verdict` it is that one of the person's, standing, and not the last.

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
    last = verdict or connection.execute(LAST, {"this_person": person}).first()
    if last is None:
        return None
    handed, verdict_id = _take_back(connection, reviewer, given, last)
    again = hand_back(connection, person, lock(connection, handed.task_id), blind=handed.blind)
    _tell(connection, reviewer, handed, given, verdict_id)
    return again


def take_back(connection: Connection, reviewer: Reviewer, uuid: str, verdict: StandingVerdict) -> None:
    """Take one standing verdict of the person back; its message is free again, for anybody."""
    given = _checked(Given(uuid, 0, VerdictKind.UNDO), ())
    handed, verdict_id = _take_back(connection, reviewer, given, verdict)
    _tell(connection, reviewer, handed, given, verdict_id)


def _take_back(
    connection: Connection, reviewer: Reviewer, given: Given, verdict: StandingVerdict
) -> tuple[_HandedOut, int]:
    handed = _answered(connection, reviewer.id, verdict.lease_id)
    task = lock(connection, handed.task_id)
    verdict_id = _append(connection, reviewer.id, handed, given, late=False, supersedes=verdict.id)
    reconsider(connection, task)
    derive(connection, task)
    _settle(connection, handed, verdict.kind, None)
    return handed, verdict_id


def _checked(given: Given, classes: Sequence[str]) -> Given:
    """The verdict with its id in the one form that ids have here."""
    try:
        uuid = str(uuids.UUID(given.uuid))
    except ValueError:
        raise DeskError("a verdict needs a UUID as its id") from None
    if given.kind is not VerdictKind.LABEL:
        return replace(given, uuid=uuid, klass=None, second=None)
    for klass in (given.klass, given.second or given.klass):
        if klass not in classes:
            raise DeskError(f"'{klass}' is no class of this room", fix=f"Use one of: {', '.join(classes)}.")
    return replace(given, uuid=uuid, second=given.second if given.second != given.klass else None)


def _own(whose: int, person: PersonId) -> None:
    if whose != person:
        raise DeskError("this verdict's id is somebody else's")


def _known_already(connection: Connection, person: PersonId, given: Given) -> Taken:
    """What was told when the verdict came for the first time.

    Raises:
        DeskError: it never came, so its message was not theirs to judge; or it was somebody else's.
    """
    known = connection.execute(KNOWN, {"this_uuid": given.uuid}).first()
    if known is None:
        raise DeskError(NOT_YOURS, fix="Reload the page to be handed another.")
    _own(known.person_id, person)
    return Taken(known.id, duplicate=True, late=known.late)


def _answered(connection: Connection, person: PersonId, lease_id: int) -> _HandedOut:
    row = connection.execute(HANDED_OUT, {"this_lease": lease_id, "this_person": person}).first()
    if row is None:
        raise DeskError(NOT_YOURS, fix="Reload the page to be handed another.")
    return _HandedOut(*row)


def _close(
    connection: Connection, person: PersonId, handed: _HandedOut, given: Given, *, group_id: int | None = None
) -> tuple[int, bool]:
    """Store a label, a skip or a 'cannot tell', and end its lease; gives the verdict's id and whether it came late."""
    task = lock(connection, handed.task_id)
    if handed.judged:
        raise DeskError("you have judged this message already", fix="Undo takes your verdict back.")
    late = group_id is None and not handed.in_time
    verdict_id = _append(connection, person, handed, given, late=late, group_id=group_id)
    connection.execute(LET_GO, {"this_task": task.id, "this_person": person})
    reconsider(connection, task)
    derive(connection, task)
    _settle(connection, handed, None, given.kind)
    return verdict_id, late


def _change(connection: Connection, person: PersonId, handed: _HandedOut, given: Given, changes: int) -> int:
    """Store a verdict in the place of an earlier one; gives its id. Its hand-out, and so its blindness, is the same."""
    task = lock(connection, handed.task_id)
    this = {"this_verdict": changes, "this_person": person, "this_lease": handed.lease_id}
    replaced = connection.execute(REPLACED, this).first()
    if replaced is None:
        raise DeskError("this verdict was changed or taken back already", fix="Look at your verdicts again.")
    verdict_id = _append(connection, person, handed, given, late=False, supersedes=replaced.id)
    reconsider(connection, task)
    derive(connection, task)
    _settle(connection, handed, replaced.kind, given.kind)
    return verdict_id


def _append(
    connection: Connection,
    person: PersonId,
    handed: _HandedOut,
    given: Given,
    *,
    late: bool,
    supersedes: int | None = None,
    group_id: int | None = None,
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
        "second": given.second,
        "note": storable(given.note)[:NOTE_MOST] if given.note else None,
        "blind": handed.blind,
        "shown_klass": handed.shown_klass,
        "late": late,
        "seconds": given.seconds,
        "supersedes": supersedes,
        "group_id": group_id,
    }
    return connection.execute(APPEND, row).scalar_one()


def _settle(connection: Connection, handed: _HandedOut, before: str | None, after: str | None) -> None:
    """One verdict went, another came: count the labels, and derive what the office holds the message to be."""
    kinds = {before, after} - {None, VerdictKind.SKIP}
    if kinds and not handed.gold:
        _agree(connection, handed, labelled=VerdictKind.LABEL in kinds)
    n = (after == VerdictKind.LABEL) - (before == VerdictKind.LABEL)
    if n:
        names = ("verdicts", f"queue:{handed.queue_id}:verdicts")
        add_rows(connection, Tally.__table__, [{"name": name, "n": n} for name in names])  # type: ignore[arg-type]


def consensus_of(connection: Connection, message_id: int) -> Consensus:
    """What the office holds the message to be: what a lead decided, else by all verdicts on it that count."""
    return _weighed(connection, message_id)[1]


def _weighed(connection: Connection, message_id: int) -> tuple[bool, Consensus]:
    """What the message is held to be, and whether a lead decided it."""
    this = {"this_message": message_id}
    rows = connection.execute(OPINIONS, this).all()
    decided = rows[0].decided if rows else connection.execute(DECIDED, this).scalar()
    if decided is not None:
        return True, Consensus(decided, 1.0, 1)
    return False, majority([row.klass for row in rows])


def _agree(connection: Connection, handed: _HandedOut, *, labelled: bool) -> None:
    """Derive the message's label anew; one that a lead has decided keeps its own."""
    decided, consensus = _weighed(connection, handed.message_id)
    if decided or (consensus.share == 0 and not labelled):  # or nobody has named a class, before or now
        return
    ref, sure = f"queue:{handed.queue_id}", consensus.share or None
    set_label(connection, handed.message_id, Origin.VERDICT, consensus.klass, ref=ref, confidence=sure)


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
