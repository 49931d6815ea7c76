"""A model that leaves the room goes on record, and only a lead may take one."""

from __future__ import annotations

from sqlalchemy import Connection

from labeling.exchange.record import exported
from labeling.models import Role
from labeling.people import PersonId, require


def on_record(connection: Connection, title: str, form: str, *, by: PersonId, address: str | None = None) -> None:
    """Put on record that somebody takes a model, before a byte of it goes out.

    Raises:
        AccessError: the person is no lead.
    """
    person = require(connection, by, Role.LEAD)
    exported(connection, f"model {title} as {form}", by=by, name=person.name, address=address)
