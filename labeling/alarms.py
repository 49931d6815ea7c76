"""Alarms: opened by whoever watches, answered by a queue or by somebody's word, closed by its result or by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, exists, func, select, update

from core.errors import DeskError
from core.store import Store, emit
from core.store.models import Alarm, AlarmState, DatasetId, now_ms
from core.store.rollups import upsert
from labeling.audit import Act, audit
from labeling.models import Person, Purpose, Queue, QueueState, Role
from labeling.people import PersonId, require
from labeling.queues import QueueSpec, chosen, create
from labeling.queues.filling import require_messages

TITLE_MOST = 200


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm as a page shows it; times in ms. `messages`: how many it names. `over_at`: when its cause was gone.

    `behind`: which messages a page opens for it, as its drawer asks for them; None where its sign is about none.
    """

    alarm_id: int
    kind: str
    title: str
    state: str
    result: dict[str, Any] | None
    opened_at: int
    closed_at: int | None
    note: str | None
    over_at: int | None
    acknowledged_by: str | None
    acknowledged_at: int | None
    messages: int
    behind: dict[str, Any] | None


def open_alarm(
    connection: Connection, kind: str, title: str, facts: Mapping[str, Any], *, rule: str | None = None
) -> int | None:
    """Open an alarm; gives its id, or None where an alarm of the rule stands already.

    Args:
        connection: inside a transaction.
        kind: what raised it, such as `drift` or `low_confidence`.
        title: a sentence for people, at most 200 characters.
        facts: what was seen; `message_ids` are the messages that people should look at.
        rule: the rule of the settings that raised it.
    """
    row = {"kind": kind, "title": title[:TITLE_MOST], "facts": dict(facts), "state": AlarmState.OPEN, "rule": rule}
    new = upsert(connection, Alarm.__table__).values(row).on_conflict_do_nothing()  # type: ignore[arg-type]
    alarm_id: int | None = connection.execute(new.returning(Alarm.id)).scalar()
    if alarm_id is not None:
        told(connection, "alarm", alarm_id)
    return alarm_id


def end_cause(connection: Connection, alarm_id: int, note: str) -> None:
    """The cause of an alarm is gone. It is closed, but where people are at work on its queue, which will close it."""
    asked = exists().where(Queue.alarm_id == Alarm.id, Queue.state != QueueState.CLOSED)
    connection.execute(update(Alarm).where(Alarm.id == alarm_id, Alarm.over_at.is_(None)).values(over_at=now_ms()))
    closing = update(Alarm).where(Alarm.id == alarm_id, Alarm.state == AlarmState.OPEN, ~asked)
    connection.execute(closing.values(state=AlarmState.CLOSED, closed_at=now_ms(), note=note))
    told(connection, "alarm", alarm_id)


def acknowledge(connection: Connection, alarm_id: int, person: PersonId, *, address: str | None = None) -> None:
    """Somebody has seen an alarm and takes care of it; of two who say so, the first is on record.

    Raises:
        AccessError: the person is no reviewer.
        DeskError: there is no such open alarm.
    """
    reviewer = require(connection, person, Role.REVIEWER)
    this = (Alarm.id == alarm_id, Alarm.state == AlarmState.OPEN)
    seen = update(Alarm).where(*this, Alarm.acknowledged_by.is_(None))
    if connection.execute(seen.values(acknowledged_by=person, acknowledged_at=now_ms())).rowcount:
        title = connection.execute(select(Alarm.title).where(Alarm.id == alarm_id)).scalar_one()
        detail = {"alarm": alarm_id}
        audit(connection, Act.ACKNOWLEDGED, by=reviewer.id, subject=title, address=address, detail=detail)
        told(connection, "alarm", alarm_id)
    elif connection.execute(select(Alarm.id).where(*this)).first() is None:
        raise DeskError(f"there is no open alarm {alarm_id}", fix="It may have ended by itself.")


def told(connection: Connection, event: str, alarm_id: int) -> None:
    """Let pages and webhooks know how an alarm stands now."""
    row = connection.execute(
        select(Alarm.kind, Alarm.title, Alarm.state, Person.name)
        .outerjoin(Person, Person.id == Alarm.acknowledged_by)
        .where(Alarm.id == alarm_id)
    ).one()
    who = row.name
    emit(connection, event, alarm_id=alarm_id, sign=row.kind, title=row.title, state=row.state, acknowledged_by=who)


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


_rows = (
    select(
        Alarm.id,
        Alarm.kind,
        Alarm.title,
        Alarm.state,
        Alarm.result,
        Alarm.opened_at,
        Alarm.closed_at,
        Alarm.note,
        Alarm.over_at,
        Person.name,
        Alarm.acknowledged_at,
        Alarm.facts,
    )
    .outerjoin(Person, Person.id == Alarm.acknowledged_by)
    .order_by(Alarm.id.desc())
)


def alarms(connection: Connection, most: int = 20, *, only_open: bool = False) -> list[AlarmRow]:
    """The newest alarms, the newest first."""
    rows = _rows.where(Alarm.state == AlarmState.OPEN) if only_open else _rows
    found = connection.execute(rows.limit(most)).all()
    return [_row(*row) for row in found]


def _row(*columns: Any) -> AlarmRow:
    facts: dict[str, Any] = columns[-1]
    shown: Any = (*columns[:-1], len(facts.get("message_ids") or ()), facts.get("behind"))
    return AlarmRow(*shown)


def open_counts(connection: Connection) -> dict[str, int]:
    """How many alarms are open, by what raised them."""
    rows = select(Alarm.kind, func.count()).where(Alarm.state == AlarmState.OPEN).group_by(Alarm.kind)
    return {kind: int(n) for kind, n in connection.execute(rows)}
