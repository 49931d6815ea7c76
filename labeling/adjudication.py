"""Adjudication: messages on which people do not agree, the arguments side by side, and a lead's decision."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from core.errors import DeskError
from core.store.feed import emit
from core.store.models import Message, Origin
from core.store.records.labels import set_label
from core.text import storable
from labeling.models import Decision, Role
from labeling.people import PersonId, require
from labeling.verdicts import NOTE_MOST, consensus_of

KNOWN = select(Decision.id, Decision.person_id).where(Decision.uuid == bindparam("this_uuid"))
NEWEST = (
    select(Decision.id).where(Decision.message_id == bindparam("this_message")).order_by(Decision.id.desc()).limit(1)
)
TAKE = select(Message.id).where(Message.id == bindparam("this_message")).with_for_update(key_share=True)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as a lead gives it. `uuid` is made in the browser: sent twice, it is stored once.

    No class: an earlier decision is withdrawn, and the consensus holds again.
    """

    uuid: str
    message_id: int
    klass: str | None
    note: str | None = None


def decide(connection: Connection, person: PersonId, decided: Decided, classes: Sequence[str]) -> int:
    """Take a lead's decision: from now on the message is that, whatever the verdicts say; gives the decision's id.

    Raises:
        AccessError: the person is no lead.
        DeskError: an unknown class or message, an id that is none or somebody else's.
    """
    reviewer = require(connection, person, Role.LEAD, alone=True)
    try:
        uuid = str(uuids.UUID(decided.uuid))
    except ValueError:
        raise DeskError("a decision needs a UUID as its id") from None
    if decided.klass is not None and decided.klass not in classes:
        raise DeskError(f"'{decided.klass}' is no class of this room", fix=f"Use one of: {', '.join(classes)}.")
    known = connection.execute(KNOWN, {"this_uuid": uuid}).first()
    if known is not None:
        if known.person_id != person:
            raise DeskError("this decision's id is somebody else's")
        return int(known.id)
    this = {"this_message": decided.message_id}
    if connection.execute(TAKE, this).first() is None:
        raise DeskError(f"there is no message {decided.message_id}")
    before = connection.execute(NEWEST, this).scalar()
    row = {
        "uuid": uuid,
        "message_id": decided.message_id,
        "person_id": person,
        "klass": decided.klass,
        "note": storable(decided.note)[:NOTE_MOST] if decided.note else None,
        "supersedes": before,
    }
    decision_id = connection.execute(insert(Decision).returning(Decision.id), row).scalar_one()
    ref = f"decision:{decision_id}"
    now = consensus_of(connection, decided.message_id)
    set_label(connection, decided.message_id, Origin.VERDICT, now.klass, ref=ref, confidence=now.share or None)
    emit(connection, "labels", origin=str(Origin.VERDICT), n=1, person=reviewer.name)
    return decision_id
