"""Making queues and changing them: each change is told, and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core.errors import DeskError
from core.store import emit
from core.store.models import DatasetId
from labeling.models import Assigned, Person, Queue, QueueChange, QueueMember, QueueState, Role, TeamMember
from labeling.people import PersonId, require
from labeling.queues.spec import QueueSpec, check, row_of, settled, spec_of

CHANGEABLE = frozenset(QueueSpec.__dataclass_fields__.keys() | {"state"}) - {
    "purpose",
    "adaptive",
    "source",
    "alarm_id",
}
"""What can be changed of a queue that is there. What its messages are for, and how they came in, cannot."""


def create(connection: Connection, dataset: DatasetId, spec: QueueSpec, *, by: PersonId | None = None) -> int:
    """Make a queue; gives its id.

    Args:
        connection: inside a transaction.
        dataset: whose messages it asks about.
        spec: how it hands them out.
        by: who makes it, a lead; None: the command or the room's settings.

    Raises:
        UnknownNameError: its order is none.
        DeskError: a value out of range, two that do not go together, or a name that is taken.
        AccessError: the person is no lead.
    """
    _may(connection, by)
    spec = settled(spec)
    if connection.execute(select(Queue.id).where(Queue.name == spec.name)).first() is not None:
        raise DeskError(f"a queue is called '{spec.name}' already", fix="Give this one another name.")
    row = {**row_of(spec), "dataset_id": dataset, "state": QueueState.OPEN}
    queue_id = connection.execute(insert(Queue).returning(Queue.id), row).scalar_one()
    _keep(connection, queue_id, by, {"made": (None, spec.name)})
    return queue_id


def change(connection: Connection, queue_id: int, *, by: PersonId | None = None, **fields: Any) -> list[str]:
    """Change fields of a queue (those of `QueueSpec`, and `state`); gives the names of those that are new.

    A changed overlap holds for messages that come in from now on.

    Raises:
        UnknownNameError: an order that is none.
        DeskError: no such queue or field, or a value that does not go with the others.
        AccessError: the person is no lead.
    """
    _may(connection, by)
    if unknown := fields.keys() - CHANGEABLE:
        raise DeskError(f"{', '.join(sorted(unknown))} of a queue cannot be changed", fix="Make another queue.")
    # NO KEY UPDATE: tasks and leases that refer to the queue go on.
    query = select(Queue.__table__).where(Queue.id == queue_id).with_for_update(key_share=True)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise DeskError(f"there is no queue {queue_id}")
    state = QueueState(row["state"]) if "state" not in fields else _state(fields["state"])
    before = spec_of(dict(row))
    after = replace(before, **{name: value for name, value in fields.items() if name != "state"})
    check(after)
    old, new = {**row_of(before), "state": row["state"]}, {**row_of(after), "state": str(state)}
    changed = {name: (old[name], new[name]) for name in old if old[name] != new[name]}
    if changed:
        values = {name: value for name, (_, value) in changed.items()}
        connection.execute(update(Queue).where(Queue.id == queue_id).values(**values))
        _keep(connection, queue_id, by, changed)
    return sorted(changed)


def set_members(connection: Connection, queue_id: int, names: Sequence[str], *, by: PersonId | None = None) -> None:
    """Assign a queue to these people; to all where there are none.

    Raises:
        DeskError: nobody has one of the names.
        AccessError: the person is no lead.
    """
    change(connection, queue_id, by=by, assigned=Assigned.PEOPLE if names else Assigned.ALL, team=None)
    mine = select(Person.name).join(QueueMember, QueueMember.person_id == Person.id)
    before = sorted(connection.execute(mine.where(QueueMember.queue_id == queue_id)).scalars())
    rows = [{"queue_id": queue_id, "person_id": person} for person in people_named(connection, names)]
    connection.execute(delete(QueueMember).where(QueueMember.queue_id == queue_id))
    if rows:
        connection.execute(insert(QueueMember), rows)
    if before != sorted(set(names)):
        _keep(connection, queue_id, by, {"people": (before, sorted(set(names)))})


def set_team(connection: Connection, team: str, names: Sequence[str], *, by: PersonId | None = None) -> None:
    """Say who is on a team.

    Raises:
        DeskError: nobody has one of the names.
        AccessError: the person is no lead.
    """
    _may(connection, by)
    rows = [{"team": team, "person_id": person} for person in people_named(connection, names)]
    connection.execute(delete(TeamMember).where(TeamMember.team == team))
    if rows:
        connection.execute(insert(TeamMember), rows)


def people_named(connection: Connection, names: Sequence[str]) -> list[int]:
    """The ids of the people with these names.

    Raises:
        DeskError: nobody has one of them.
    """
    rows = connection.execute(select(Person.name, Person.id).where(Person.name.in_(names)))
    found: dict[str, int] = dict(rows.all())
    if missing := set(names) - found.keys():
        raise DeskError(f"there is nobody called {', '.join(sorted(missing))} here")
    return sorted(found.values())


def _state(value: object) -> QueueState:
    try:
        return QueueState(str(value))
    except ValueError:
        raise DeskError(f"a queue is {', '.join(QueueState)}, not '{value}'") from None


def _may(connection: Connection, by: PersonId | None) -> None:
    if by is not None:
        require(connection, by, Role.LEAD)


def _keep(connection: Connection, queue_id: int, by: PersonId | None, changed: dict[str, tuple[Any, Any]]) -> None:
    """Append the change, and tell of it."""
    rows = [
        {"queue_id": queue_id, "person_id": by, "field": name, "before": before, "after": after}
        for name, (before, after) in changed.items()
    ]
    connection.execute(insert(QueueChange), rows)
    emit(connection, "queue", queue_id=queue_id, fields=sorted(changed))
