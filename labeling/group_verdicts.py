"""One decision for a group of look-alikes: a verdict row for each of its messages, in short transactions.

A group of hundreds in one transaction would hold up everybody's verdicts on SQLite, so it is judged in pieces under one
group id. Whatever ends it halfway (a killed server, a broken line), the same decision sent again does the rest.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, bindparam, exists, insert, or_, select

from core.errors import DeskError
from core.store import Store
from core.store.hot import hot
from core.store.models import now_ms
from labeling import verdicts
from labeling.claims import LEASE_OF_TASK, HandOut
from labeling.finishing import finish
from labeling.group_models import GroupLook, SpotCheck, VerdictGroup
from labeling.models import Lease, Role, Task, Verdict, VerdictKind
from labeling.people import PersonId, Reviewer, require
from labeling.spot_checks import hold_back
from labeling.spread import first_of
from labeling.tasks import current, free_slot, judging, lock
from labeling.verdicts import Given

T = TypeVar("T")
# On PostgreSQL a message a transaction: several at once would take the locks of roll-ups in no common order.
PIECE = {"sqlite": 12, "postgresql": 1}


@dataclass(frozen=True, slots=True)
class GroupGiven:
    """A decision for a group as the browser gives it: `token` of the look, the class, what the person took out."""

    uuid: str
    token: str
    klass: str
    excluded: Sequence[int] = ()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class GroupTaken:
    """What became of a decision: its group; messages labelled; held back as spot checks; gone to others meanwhile."""

    group_id: int
    labelled: int
    checks: int
    gone: int


@dataclass(slots=True)
class _Work:
    """A group being judged: what is left to do, and what was done."""

    reviewer: Reviewer
    group_id: int
    uuid: uuids.UUID
    klass: str
    left: list[int]
    checks: frozenset[int]


_group = select(
    VerdictGroup.id, VerdictGroup.person_id, VerdictGroup.klass, VerdictGroup.excluded, GroupLook.task_ids
).join(GroupLook, GroupLook.id == VerdictGroup.look_id)
KNOWN_GROUP = _group.where(VerdictGroup.uuid == bindparam("this_uuid"))
LOOK = select(GroupLook.id, GroupLook.queue_id, GroupLook.template_id, GroupLook.task_ids, GroupLook.shown).where(
    GroupLook.token == bindparam("this_token"), GroupLook.person_id == bindparam("this_person")
)
JUDGED_LOOK = select(VerdictGroup.id).where(VerdictGroup.look_id == bindparam("this_look"))
FOUND_GROUP = insert(VerdictGroup).returning(VerdictGroup.id)
CHECKS_OF = select(SpotCheck.task_id).where(SpotCheck.group_id == bindparam("this_group"))
# Along ix_verdict_group_id.
DONE_OF = select(Verdict.task_id, Verdict.kind, current().label("stands")).where(
    Verdict.group_id == bindparam("this_group")
)
# A message that another group holds back may have been in this one's look: it is to be judged alone.
FREE = hot(
    select(
        Task.free,
        or_(
            exists().where(
                Verdict.task_id == bindparam("this_task"), Verdict.person_id == bindparam("this_person"), judging()
            ),
            exists().where(SpotCheck.task_id == bindparam("this_task"), SpotCheck.group_id != bindparam("this_group")),
        ).label("taken"),
    ).where(Task.id == bindparam("this_task"))
)
GRANT_CLOSED = hot(insert(Lease).values(expires_at=now_ms()).returning(Lease.id))
# The newest first: the first one to be judged, which was on the screen, is taken back last and handed out again.
STANDING_OF = (
    select(Verdict.id, Verdict.kind, Verdict.lease_id, Verdict.task_id)
    .where(Verdict.group_id == bindparam("this_group"), current())
    .order_by(Verdict.id.desc())
    .limit(bindparam("most"))
)


def judge_group(
    store: Store, person: PersonId, given: GroupGiven, classes: Sequence[str], share: float
) -> Future[GroupTaken]:
    """Judge the group of a look; the future is done when all of it is committed. Sent twice, it is stored once.

    Args:
        store: the room's store.
        person: who judges.
        given: the decision.
        classes: the room's.
        share: of the group that is held back as spot checks.

    Raises (in the future):
        AccessError: the person may not review.
        DeskError: the group was not looked at, an unknown class, a message that is not in it.
    """
    work: list[_Work] = []

    def step(connection: Connection) -> GroupTaken | None:
        if not work:
            work.append(_begin(connection, person, given, classes, share))
            return None
        _judge_piece(connection, work[0], PIECE[store.dialect])
        if work[0].left:
            return None
        finish(connection)
        return _taken(connection, work[0])

    return _in_steps(store, step)


def undo(store: Store, person: PersonId, uuid: str) -> Future[HandOut | None]:
    """Take back the person's last verdict, or the whole group where it was given to one; gives its first message again.

    Raises (in the future):
        AccessError: the person may not review.
        DeskError: an id that is none.
    """
    groups: list[int | None] = []

    def step(connection: Connection) -> tuple[HandOut | None] | None:
        reviewer = require(connection, person, Role.REVIEWER, alone=True)
        if not groups:
            groups.append(_last_group(connection, person, uuid))
        if groups[0] is None:
            return (verdicts.undo(connection, person, uuid),)
        most = PIECE[store.dialect]
        rows = connection.execute(STANDING_OF, {"this_group": groups[0], "most": most + 1}).all()
        for row in rows[: min(most, len(rows) - 1)]:
            verdicts.take_back(connection, reviewer, str(uuids.uuid5(_uuid(uuid), str(row.id))), row)
        if len(rows) > 1:
            return None
        # Named, not looked for: in another tab the person may have judged something else meanwhile.
        return (verdicts.undo(connection, person, uuid, rows[0]) if rows else None,)

    return _mapped(_in_steps(store, step), lambda result: result[0])


def _last_group(connection: Connection, person: PersonId, uuid: str) -> int | None:
    """The group that the person's last verdict was given to, unless this undo is done already."""
    if connection.execute(verdicts.KNOWN, {"this_uuid": str(_uuid(uuid))}).first() is not None:
        return None
    last = connection.execute(verdicts.LAST, {"this_person": person}).first()
    return None if last is None else last.group_id


def _uuid(text: str) -> uuids.UUID:
    try:
        return uuids.UUID(text)
    except ValueError:
        raise DeskError("a verdict needs a UUID as its id") from None


def _is_uuid(text: str) -> bool:
    try:
        return str(uuids.UUID(text)) == text
    except ValueError:
        return False


def _begin(connection: Connection, person: PersonId, given: GroupGiven, classes: Sequence[str], share: float) -> _Work:
    """Store the decision, or find it; gives what is left of it to do."""
    reviewer = require(connection, person, Role.REVIEWER, alone=True)
    uuid = _uuid(given.uuid)
    known = connection.execute(KNOWN_GROUP, {"this_uuid": str(uuid)}).first()
    if known is None:
        _found(connection, reviewer, given, classes, share)
        known = connection.execute(KNOWN_GROUP, {"this_uuid": str(uuid)}).one()
    elif known.person_id != person:
        raise DeskError("this verdict's id is somebody else's")
    done = connection.execute(DONE_OF, {"this_group": known.id}).all()
    left = [task_id for task_id in known.task_ids if task_id not in {*known.excluded, *(row.task_id for row in done)}]
    if any(not row.stands for row in done):  # it was taken back: what is sent late must not bring it back
        left = []
    checks = connection.execute(CHECKS_OF, {"this_group": known.id}).scalars()
    return _Work(reviewer, known.id, uuid, known.klass, left, frozenset(checks))


def _found(connection: Connection, reviewer: Reviewer, given: GroupGiven, classes: Sequence[str], share: float) -> None:
    """Append the decision and what it holds back."""
    if given.klass not in classes:
        raise DeskError(f"'{given.klass}' is no class of this room", fix=f"Use one of: {', '.join(classes)}.")
    # Only what is a token at all goes to the database, which may refuse other text (a NUL).
    token = given.token if _is_uuid(given.token) else ""
    seen = connection.execute(LOOK, {"this_token": token, "this_person": reviewer.id}).first()
    if seen is None:
        raise DeskError("this group was not looked at", fix="Open it, look through it, then judge it.")
    if connection.execute(JUDGED_LOOK, {"this_look": seen.id}).first() is not None:
        raise DeskError("this look at the group was judged already", fix="Open the group again.")
    excluded = sorted(set(given.excluded))
    if not set(excluded) <= set(seen.task_ids):
        raise DeskError("a message that was taken out is not in this group", fix="Open the group again.")
    judged = [task_id for task_id in seen.task_ids if task_id not in set(excluded)]
    uuid = str(_uuid(given.uuid))
    # Once one was taken out, all that is shown was looked at.
    looked_at = seen.shown if set(excluded) & set(seen.shown) else seen.shown[: first_of(len(seen.shown))]
    unseen = [task_id for task_id in judged if task_id not in set(looked_at)]
    checks = hold_back(
        connection,
        unseen,
        person=reviewer.id,
        queue_id=seen.queue_id,
        template_id=seen.template_id,
        share=share,
        seed=uuid,
    )
    row = {
        "uuid": uuid,
        "look_id": seen.id,
        "person_id": reviewer.id,
        "queue_id": seen.queue_id,
        "template_id": seen.template_id,
        "klass": given.klass,
        "size": len(judged) - len(checks),
        "unseen": len(unseen) - len(checks),
        "excluded": excluded,
        "seconds": given.seconds,
    }
    group_id = connection.execute(FOUND_GROUP, row).scalar_one()
    messages = dict(connection.execute(select(Task.id, Task.message_id).where(Task.id.in_(checks))).all())
    held = [{"task_id": task_id, "group_id": group_id, "message_id": messages[task_id]} for task_id in checks]
    if held:
        connection.execute(insert(SpotCheck), held)


def _judge_piece(connection: Connection, work: _Work, most: int) -> None:
    """Judge the next few messages of a group: those that still wait or are in the person's hands."""
    require(connection, work.reviewer.id, Role.REVIEWER, alone=True)
    piece, work.left = work.left[:most], work.left[most:]
    for task_id in piece:
        lease_id = _held_or_granted(connection, work, task_id)
        if lease_id is None:
            continue
        uuid = str(uuids.uuid5(work.uuid, str(task_id)))
        # Who judged the group has seen what is held back: for them it is done, somebody else is asked.
        if task_id in work.checks:
            given = Given(uuid, lease_id, VerdictKind.SKIP)
        else:
            given = Given(uuid, lease_id, VerdictKind.LABEL, work.klass)
        verdicts.judge_in_group(connection, work.reviewer, given, work.group_id)


def _held_or_granted(connection: Connection, work: _Work, task_id: int) -> int | None:
    """The person's lease of a task, or else one that is over at once; None where it has gone to others."""
    task = lock(connection, task_id)
    this = {"this_task": task_id, "this_person": work.reviewer.id}
    free, taken = connection.execute(FREE, {**this, "this_group": work.group_id}).one()
    if taken:
        return None
    held = connection.execute(LEASE_OF_TASK, this).scalar_one_or_none()
    if held is not None:
        return int(held)
    if free < 1:
        return None
    row = {
        "task_id": task_id,
        "slot": free_slot(connection, task_id),
        "person_id": work.reviewer.id,
        "blind": False,
        "draw_probability": 1.0 if task.draw_probability is None else task.draw_probability,
    }
    return connection.execute(GRANT_CLOSED, row).scalar_one()


def _taken(connection: Connection, work: _Work) -> GroupTaken:
    known = connection.execute(KNOWN_GROUP, {"this_uuid": str(work.uuid)}).one()
    done = connection.execute(DONE_OF, {"this_group": work.group_id}).all()
    labelled = sum(row.kind == VerdictKind.LABEL for row in done)
    asked = len(known.task_ids) - len(known.excluded)
    return GroupTaken(work.group_id, labelled, len(done) - labelled, asked - len(done))


def _in_steps(store: Store, step: Callable[[Connection], T | None]) -> Future[T]:
    """Run `step` in one transaction after the other until it gives something; others' work comes in between."""
    whole: Future[T] = Future()

    def after(piece: Future[T | None]) -> None:
        try:
            result = piece.result()
            if result is None:
                store.submit(step).add_done_callback(after)
            else:
                whole.set_result(result)
        except BaseException as error:
            whole.set_exception(error)

    whole.set_running_or_notify_cancel()
    store.submit(step).add_done_callback(after)
    return whole


def _mapped(future: Future[tuple[T]], change: Callable[[tuple[T]], T]) -> Future[T]:
    """A future of what `change` makes of another's result."""
    changed: Future[T] = Future()
    changed.set_running_or_notify_cancel()

    def after(done: Future[tuple[T]]) -> None:
        error = done.exception()
        if error is not None:
            changed.set_exception(error)
        else:
            changed.set_result(change(done.result()))

    future.add_done_callback(after)
    return changed
