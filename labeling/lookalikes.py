"""Look-alikes: the messages that wait in a queue and share the template of one in somebody's hands.

A group is looked at before it is judged, and the look is a fact: which messages were in it and which were shown.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert

from core.errors import DeskError
from core.store import Store
from core.store.queries.templates import founders, template_facts
from core.templates import common_pattern, forms, varying
from labeling.claims import HELD_MOST
from labeling.group_models import GroupLook
from labeling.group_waiting import HELD, Alike, Held, Waiting, texts_of, waiting_with
from labeling.models import Role
from labeling.people import PersonId, require
from labeling.spot_checks import ErrorOfGroups, error_of_groups
from labeling.spread import Member, Why, first_of, spread

LEAST_GROUP = 4
"""Below it nearly all would be looked at, and next to nothing saved."""
PATTERN_OF = 20
"""So many of the waiting ones tell what stands below a message: it is asked for with every message."""
LOOKED = insert(GroupLook)


@dataclass(frozen=True, slots=True)
class Foot:
    """What stands below a message: how many look-alikes wait, itself included, and the classes predicted for them.

    `more`: there are more than MOST_MEMBERS of them.
    """

    lease_id: int
    pattern: str
    size: int
    more: bool
    predicted: dict[str, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of a group as it is shown, why it is, and the stretches that its template leaves open."""

    task_id: int
    body: str
    sender: str | None
    klass: str | None
    confidence: float | None
    why: Why
    varying: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Look:
    """A group as somebody is shown it. `token` judges it; `task_ids` are those in it.

    They are those predicted as the message on the screen is; `predicted` counts the others as well. `pattern` is what
    most of them share; `of_template` counts the template's messages in the whole store. The `first` of those shown are
    to be looked at, the others once one of these is taken out.
    """

    token: str
    lease_id: int
    pattern: str
    of_template: int
    task_ids: list[int]
    more: bool
    predicted: dict[str, int]
    shown: list[Shown]
    first: int
    error: ErrorOfGroups


def feet(connection: Connection, person: PersonId, lease_ids: Sequence[int]) -> list[Foot]:
    """The look-alikes of messages in the person's hands; those that have too few, or must be judged alone, left out."""
    these = {"this_person": person, "these": sorted(set(lease_ids))[:HELD_MOST]}
    groups: dict[tuple[int, int], tuple[Waiting, str]] = {}
    found: list[Foot] = []
    for row in connection.execute(HELD, these).all() if these["these"] else ():
        held = Held(*row)
        place = held.queue_id, held.template_id
        if place not in groups:  # what is in hand is often of one template
            waiting = waiting_with(connection, person, held)
            few = [member.task_id for member in waiting.members[:PATTERN_OF]]
            groups[place] = waiting, _pattern(connection, held.template_id, texts_of(connection, few))
        waiting, pattern = groups[place]
        if len(waiting.alike(held.task_id)) >= LEAST_GROUP:
            found.append(Foot(held.lease_id, pattern, len(waiting.members), waiting.more, waiting.predicted))
    return found


def look(store: Store, person: PersonId, lease_id: int) -> Look:
    """Show the group of a message in the person's hands, and keep what was shown.

    Raises:
        AccessError: the person may not review.
        DeskError: the message is not in their hands, or has too few look-alikes that may be judged with it.
    """
    with store.read() as connection:
        require(connection, person, Role.REVIEWER)
        row = connection.execute(HELD, {"this_person": person, "these": [lease_id]}).first()
        held = Held(*row) if row else None
        waiting = waiting_with(connection, person, held) if held else Waiting([], more=False)
        alike = waiting.alike(held.task_id) if held else []
        if held is None or len(alike) < LEAST_GROUP:
            raise DeskError("too few look-alikes of this message wait", fix="Judge it by itself.")
        texts = texts_of(connection, [member.task_id for member in alike])
        pattern = _pattern(connection, held.template_id, texts)
        template = template_facts(connection, held.template_id)
        error = error_of_groups(connection, held.template_id)
    token = str(uuids.uuid4())
    shown = _shown(alike, texts, held.task_id, pattern, token)
    task_ids = [member.task_id for member in alike]
    kept = {
        "token": token,
        "person_id": person,
        "queue_id": held.queue_id,
        "template_id": held.template_id,
        "first_task_id": held.task_id,
        "task_ids": task_ids,
        "shown": [each.task_id for each in shown],
    }
    store.write(lambda connection: connection.execute(LOOKED, kept))
    return Look(
        token,
        lease_id,
        pattern,
        template.size,
        task_ids,
        waiting.more,
        waiting.predicted,
        shown,
        first_of(len(shown)),
        error,
    )


def _pattern(connection: Connection, template_id: int, texts: Mapping[int, tuple[str, str | None]]) -> str:
    """What most of these messages share."""
    founding, _ = founders(connection, [template_id])[template_id]
    return common_pattern(founding, [forms(body) for body, _ in texts.values()])


def _shown(
    members: Sequence[Alike],
    texts: Mapping[int, tuple[str, str | None]],
    first_task: int,
    pattern: str,
    seed: str,
) -> list[Shown]:
    bodies = [texts[member.task_id][0] for member in members]
    stretches = [varying(pattern, body) for body in bodies]
    described = [
        Member(member.task_id, body, " ".join(body[start:end] for start, end in places), member.confidence)
        for member, body, places in zip(members, bodies, stretches, strict=True)
    ]
    first = next((place for place, member in enumerate(members) if member.task_id == first_task), None)
    return [
        Shown(
            members[place].task_id,
            *texts[members[place].task_id],
            members[place].klass,
            members[place].confidence,
            why,
            stretches[place],
        )
        for place, why in spread(described, first, seed)
    ]
