"""The statements by which messages are handed out, each built once and with what it must cost."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from core.store.hot import hot
from core.store.models import Message, Prediction, Promotion, Tally, now_ms
from labeling.group_models import SpotCheck
from labeling.models import (
    Assigned,
    Lease,
    OpenLease,
    Queue,
    QueueMember,
    QueueState,
    Task,
    TeamMember,
    Verdict,
)
from labeling.tasks import judging

_champion = (
    select(Promotion.run_id)
    .where(Promotion.dataset_id == Queue.dataset_id)
    .order_by(Promotion.id.desc())
    .limit(1)
    .correlate(Queue)
    .scalar_subquery()
)
_counters = select(
    Queue.id,
    Queue.blind_share,
    Queue.gold_share,
    Queue.explore_share,
    Queue.adaptive,
    Queue.lease_ms,
    _champion,
)
_named = exists().where(QueueMember.queue_id == Queue.id, QueueMember.person_id == bindparam("this_person"))
_on_team = exists().where(TeamMember.team == Queue.team, TeamMember.person_id == bindparam("this_person"))
# A few rows of the tally's shards, along its primary key, and only where there is a target.
_given = (
    select(func.coalesce(func.sum(Tally.n), 0))
    .where(
        Tally.name == literal_column("'queue:'").concat(cast(Queue.id, String)).concat(literal_column("':verdicts'"))
    )
    .correlate(Queue)
    .scalar_subquery()
)


def given_to() -> ColumnElement[bool]:
    """Queues that are handed to :this_person: to all, to their team, or to them by name."""
    return or_(
        Queue.assigned == Assigned.ALL,
        and_(Queue.assigned == Assigned.PEOPLE, _named),
        and_(Queue.assigned == Assigned.TEAM, _on_team),
    )


# The open queues that a person may take from: by priority, of equals what is theirs alone before what is everybody's.
# A queue that has reached its target hands out no more.
OPEN_QUEUES = hot(
    _counters.where(
        Queue.state == QueueState.OPEN,
        given_to(),
        case((Queue.target.is_(None), True), else_=_given < Queue.target),
    ).order_by(Queue.priority.desc(), Queue.assigned == Assigned.ALL, Queue.id)
)
THIS_QUEUE = hot(_counters.where(Queue.id == bindparam("this_queue")))

_unseen = (
    ~exists().where(Verdict.task_id == Task.id, Verdict.person_id == bindparam("this_person"), judging()),
    ~exists().where(OpenLease.task_id == Task.id, OpenLease.person_id == bindparam("this_person")),
)
_candidate = select(
    Task.id,
    Task.message_id,
    Task.overlap,
    Task.free,
    Task.draw_probability,
    exists().where(SpotCheck.task_id == Task.id).label("checks"),
)
# The next tasks of a queue for a person, locked: of those that were drawn at random, or of those that were chosen.
# Reads along the partial index ix_task_claim (queue, drawn, rank, id where a place is free), so it costs the same at a
# thousand pending messages and at a million. The 0 is no parameter: SQLite must see it to know that the index will do.
# Tasks that wait for somebody else are passed over: a minute each at most, and only in adaptive queues. SKIP LOCKED
# passes over what others are being handed this moment (PostgreSQL; SQLite's single writer needs nothing).
CLAIM = hot(
    _candidate.where(
        Task.queue_id == bindparam("this_queue"),
        Task.drawn == bindparam("drawn", type_=Boolean),
        Task.free > literal_column("0"),
        or_(
            Task.for_person_id.is_(None),
            Task.for_person_id == bindparam("this_person"),
            Task.for_until <= now_ms(),
        ),
        *_unseen,
    )
    .order_by(Task.rank, Task.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True, of=Task.__table__)
)
# What waits for this person: along the partial index ix_task_for_person_id.
WAITING = hot(
    _candidate.where(
        Task.for_person_id == bindparam("this_person"),
        Task.queue_id == bindparam("this_queue"),
        Task.free > literal_column("0"),
        *_unseen,
    )
    .order_by(Task.for_until, Task.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, key_share=True, of=Task.__table__)
)

_mine = (OpenLease.person_id == bindparam("this_person"), OpenLease.expires_at > now_ms())
# What a person holds is held on in the statement that finds it.
HOLD_ON = hot(
    update(OpenLease)
    .where(*_mine)
    .values(
        expires_at=now_ms()
        + select(Queue.lease_ms).where(Queue.id == OpenLease.queue_id).correlate(OpenLease).scalar_subquery()
    )
    .returning(OpenLease.lease_id, OpenLease.queue_id)
)
HOLD_THESE_ON = HOLD_ON.where(OpenLease.lease_id.in_(bindparam("these", expanding=True)))
TASKS_OF = select(OpenLease.task_id).where(
    OpenLease.person_id == bindparam("this_person"), OpenLease.lease_id.in_(bindparam("these", expanding=True))
)
LET_GO = delete(OpenLease).where(
    OpenLease.person_id == bindparam("this_person"), OpenLease.task_id.in_(bindparam("these_tasks", expanding=True))
)
LEASE_OF_TASK = hot(
    select(OpenLease.lease_id).where(
        OpenLease.task_id == bindparam("this_task"), OpenLease.person_id == bindparam("this_person")
    )
)

SAID = hot(
    select(Prediction.klass, Prediction.confidence).where(
        Prediction.run_id == bindparam("this_run"), Prediction.message_id == bindparam("this_message")
    )
)
_ends = now_ms() + bindparam("lasts")
GRANT = hot(insert(Lease).values(expires_at=_ends).returning(Lease.id))
OPEN = hot(insert(OpenLease).values(expires_at=_ends))
TAKE_PLACE = hot(update(Task).where(Task.id == bindparam("this_task")).values(free=Task.free - 1))

# A gold message must look like any other, and in an adaptive queue a second place would tell that somebody is unsure.
READ = (
    select(
        Lease.id,
        Lease.task_id,
        Task.queue_id,
        Task.message_id,
        Message.body,
        Message.text,
        Message.sender,
        Message.sent_at,
        case((or_(Task.gold, Queue.adaptive), 0), else_=Lease.slot),
        case((Queue.adaptive, 1), (Task.gold, Queue.overlap), else_=Task.overlap),
        Lease.blind,
        Lease.shown_run_id,
        Lease.shown_klass,
        Lease.shown_confidence,
        OpenLease.expires_at,
    )
    .join(OpenLease, OpenLease.lease_id == Lease.id)
    .join(Task, Task.id == Lease.task_id)
    .join(Message, Message.id == Task.message_id)
    .join(Queue, Queue.id == Task.queue_id)
    .where(Lease.id.in_(bindparam("these", expanding=True)))
    .order_by(Lease.id)
)
