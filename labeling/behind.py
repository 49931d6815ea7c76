"""What people said of a message that somebody looks up, shown to those whose own judgement it cannot sway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, exists, or_, select

from core.store.models import Label, Origin
from labeling.claims import given_to
from labeling.models import OpenLease, Person, Queue, QueueState, Task, Verdict
from labeling.people import PersonId
from labeling.tasks import judging, opinion

MOST = 50

# Who may still be handed a message, perhaps blind, must not read what others said of it before: they would follow it.
# One that nobody else has judged hides nothing.
STILL_ASKED = (
    select(Task.message_id)
    .join(Queue, Queue.id == Task.queue_id)
    .where(
        Task.message_id.in_(bindparam("these", expanding=True)),
        Queue.state != QueueState.CLOSED,
        Queue.blind_share > 0,
        ~Task.gold,
        given_to(),
        or_(
            Task.free > 0,
            exists().where(OpenLease.task_id == Task.id, OpenLease.person_id == bindparam("this_person")),
        ),
        ~exists().where(Verdict.task_id == Task.id, Verdict.person_id == bindparam("this_person"), judging()),
        exists().where(Verdict.message_id == Task.message_id, Verdict.person_id != bindparam("this_person"), opinion()),
    )
    .distinct()
)
# What is said of a gold message is left out: it would tell which messages are.
OPINIONS = (
    select(Person.name, Person.simulated, Verdict.kind, Verdict.klass, Verdict.second, Verdict.blind, Verdict.at)
    .join(Person, Person.id == Verdict.person_id)
    .where(Verdict.message_id == bindparam("this_message"), opinion())
    .order_by(Verdict.id.desc())
    .limit(MOST)
)
ORIGINS = (
    select(Label.origin, Label.origin_ref, Label.klass, Label.created_at)
    .where(Label.message_id == bindparam("this_message"))
    .order_by(Label.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict that counts. No class: its giver could not tell. `person` is None where the reader sees no names."""

    person: str | None
    simulated: bool
    klass: str | None
    second: str | None
    blind: bool
    at: int


@dataclass(frozen=True, slots=True)
class Given:
    """A label as it was given: by a rule, a source or a queue (`by`), and when. No class: it was withdrawn."""

    origin: str
    by: str
    klass: str | None
    at: int


def still_asked(connection: Connection, person: PersonId, message_ids: Sequence[int]) -> set[int]:
    """Those of the messages that others have judged and the person may still be asked about, perhaps blind."""
    if not message_ids:
        return set()
    asked = {"these": list(message_ids), "this_person": person}
    return set(connection.execute(STILL_ASKED, asked).scalars())


def opinions(connection: Connection, message_id: int, *, names: bool) -> list[Opinion]:
    """The verdicts on a message that count, the newest first."""
    rows = connection.execute(OPINIONS, {"this_message": message_id})
    return [
        Opinion(row.name if names else None, row.simulated, row.klass, row.second, row.blind, row.at) for row in rows
    ]


def origins(connection: Connection, message_id: int, *, of_people: bool) -> list[Given]:
    """Who labelled a message, the newest first; what people said only where `of_people` says so."""
    rows = connection.execute(ORIGINS, {"this_message": message_id})
    return [Given(*row) for row in rows if of_people or row.origin != Origin.VERDICT]
