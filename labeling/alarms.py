"""Alarms: opened by whoever watches, answered by a queue, closed by its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select

from core.errors import DeskError
from core.store import Store, emit
from core.store.models import Alarm, AlarmState, DatasetId
from labeling.models import Purpose
from labeling.people import PersonId
from labeling.queues import QueueSpec, chosen, create
from labeling.queues.filling import require_messages


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm as a page shows it; times in ms."""

    alarm_id: int
    kind: str
    title: str
    state: str
    result: dict[str, Any] | None
    opened_at: int
    closed_at: int | None


def open_alarm(connection: Connection, kind: str, title: str, facts: Mapping[str, Any]) -> int:
    """Open an alarm; gives its id.

    Args:
        connection: inside a transaction.
        kind: what raised it, such as `drift` or `low_confidence`.
        title: a sentence for people, at most 200 characters.
        facts: what was seen; `message_ids` are the messages that people should look at.
    """
    row = {"kind": kind, "title": title[:200], "facts": dict(facts), "state": AlarmState.OPEN}
    alarm_id = connection.execute(insert(Alarm).returning(Alarm.id), row).scalar_one()
    emit(connection, "alarm", alarm_id=alarm_id, state=AlarmState.OPEN)
    return alarm_id


def queue_from_alarm(
    store: Store, dataset: DatasetId, alarm_id: int, spec: QueueSpec | None = None, *, by: PersonId | None = None
) -> int:
    """Make a queue of an alarm's messages; gives its id. When it is done, its result closes the alarm.

    Raises:
        DeskError: there is no such open alarm, or it names no messages.
        AccessError: the person is no lead.
    """
    with store.read() as connection:
        alarm = connection.execute(select(Alarm.state, Alarm.facts).where(Alarm.id == alarm_id)).first()
    if alarm is None or alarm.state != AlarmState.OPEN:
        raise DeskError(f"there is no open alarm {alarm_id}")
    ids = alarm.facts.get("message_ids")
    if not ids:
        raise DeskError(f"alarm {alarm_id} names no messages")
    given = spec or QueueSpec(f"alarm {alarm_id}", purpose=Purpose.DRIFT, priority=10)
    made = replace(given, source=f"alarm:{alarm_id}", alarm_id=alarm_id)
    with store.read() as connection:
        require_messages(connection, dataset, ids)
    queue_id = store.write(lambda connection: create(connection, dataset, made, by=by))
    chosen(store, queue_id, ids)
    return queue_id


def alarms(connection: Connection, most: int = 20) -> list[AlarmRow]:
    """The newest alarms, the newest first."""
    columns = (Alarm.id, Alarm.kind, Alarm.title, Alarm.state, Alarm.result, Alarm.opened_at, Alarm.closed_at)
    return [AlarmRow(*row) for row in connection.execute(select(*columns).order_by(Alarm.id.desc()).limit(most))]
