"""The end of a queue: when all of it is judged or its target is reached, its result closes the alarm behind it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy import Connection, func, select, update

from core.store import Store, emit
from core.store.hot import hot
from core.store.models import Alarm, AlarmState, Prediction, Tally, Truth, now_ms
from core.store.queries.live import champion
from labeling.models import Queue, QueueChange, QueueState, Task

OPEN_ALARMS = hot(
    select(Queue.id, Queue.name, Queue.dataset_id, Queue.target, Queue.state, Queue.alarm_id)
    .join(Alarm, Alarm.id == Queue.alarm_id)
    .where(Alarm.state == AlarmState.OPEN)
    .order_by(Queue.id)
)


@dataclass(frozen=True, slots=True)
class AlarmResult:
    """What people found: of the messages with a consensus, how many the live model had right; the classes found."""

    queue_id: int
    judged: int
    compared: int
    right: int
    classes: dict[str, int]

    @property
    def sentence(self) -> str:
        """As a page says it."""
        share = f"{self.right / self.compared:.0%}" if self.compared else "none"
        return f"{self.judged:,} messages judged; the model was right on {share} of {self.compared:,}."


def finish_all(store: Store) -> int:
    """Close the alarms whose queues are done; gives how many."""
    return store.write(finish)


def finish(connection: Connection) -> int:
    """Close the alarms whose queues are done; gives how many. Costs one look where no alarm is open."""
    closed = 0
    for queue in connection.execute(OPEN_ALARMS).all():
        name = f"queue:{queue.id}:"
        rows = connection.execute(
            select(Tally.name, func.sum(Tally.n))
            .where(Tally.name.in_([f"{name}{what}" for what in ("total", "done", "verdicts")]))
            .group_by(Tally.name)
        )
        counts = {key.removeprefix(name): int(n) for key, n in rows}
        total, done, given = (counts.get(what, 0) for what in ("total", "done", "verdicts"))
        if (
            queue.state == QueueState.CLOSED
            or (total > 0 and done >= total)
            or (queue.target is not None and given >= queue.target)
        ):
            closed += _close(connection, queue.id, queue.dataset_id, queue.alarm_id)
    return closed


def _close(connection: Connection, queue_id: int, dataset: int, alarm_id: int) -> int:
    result = result_of(connection, queue_id, dataset)
    done = connection.execute(
        update(Alarm)
        .where(Alarm.id == alarm_id, Alarm.state == AlarmState.OPEN)
        .values(state=AlarmState.CLOSED, result=asdict(result), closed_at=now_ms())
    ).rowcount
    shut = update(Queue).where(Queue.id == queue_id, Queue.state != QueueState.CLOSED)
    before = connection.execute(select(Queue.state).where(Queue.id == queue_id)).scalar_one()
    if connection.execute(shut.values(state=QueueState.CLOSED)).rowcount:
        change = {"queue_id": queue_id, "field": "state", "before": before, "after": str(QueueState.CLOSED)}
        connection.execute(QueueChange.__table__.insert(), change)  # type: ignore[attr-defined]
    if done:
        emit(connection, "alarm", alarm_id=alarm_id, queue_id=queue_id, state=AlarmState.CLOSED)
    return done


def result_of(connection: Connection, queue_id: int, dataset: int) -> AlarmResult:
    """What people found in a queue so far."""
    reigning = champion(connection, dataset)  # type: ignore[arg-type]
    said = Prediction.run_id == (reigning.run_id if reigning else None)
    rows = connection.execute(
        select(
            Truth.klass,
            func.count(),
            func.count(Prediction.klass),
            func.count().filter(Prediction.klass == Truth.klass),
        )
        .select_from(Task)
        .join(Truth, (Truth.message_id == Task.message_id) & (Truth.origin == "verdict"))
        .outerjoin(Prediction, (Prediction.message_id == Task.message_id) & said)
        .where(Task.queue_id == queue_id, ~Task.gold, Task.judged > 0)
        .group_by(Truth.klass)
    ).all()
    judged = select(func.count()).where(Task.queue_id == queue_id, ~Task.gold, Task.judged > 0)
    return AlarmResult(
        queue_id,
        connection.execute(judged).scalar_one(),
        sum(row[2] for row in rows),
        sum(row[3] for row in rows),
        {row[0]: row[1] for row in rows},
    )
