"""Look-alikes: the messages that wait in a queue and share the template of one in somebody's hands.

A group is looked at before it is judged, and the look is a fact: which messages were in it and which were shown.
"""

from __future__ import annotations

import uuid as uuids
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, and_, bindparam, exists, insert, literal_column, or_, select

from core.errors import DeskError
from core.store import Store
from core.store.models import Message, Prediction, Promotion, now_ms
from core.store.queries.shown import BODY_SHOWN
from core.store.queries.templates import founders, template_facts
from core.templates import common_pattern, forms, varying
from labeling.claims import HELD_MOST
from labeling.grants import is_blind
from labeling.group_models import GroupLook, SpotCheck
from labeling.models import Lease, OpenLease, Purpose, Queue, QueueState, Role, Task, Verdict
from labeling.people import PersonId, require
from labeling.spot_checks import ErrorOfGroups, error_of_groups
from labeling.spread import Member, Why, first_of, spread
from labeling.tasks import judging

MOST_MEMBERS = 500
LEAST_GROUP = 4
"""Below it nearly all would be looked at, and next to nothing saved."""
PATTERN_OF = 20
"""So many of the waiting ones tell what stands below a message: it is asked for with every message."""
# Where a statistic rests on single, independent verdicts, nothing is judged in groups.
GROUPED = (Purpose.TRAINING, Purpose.CELL, Purpose.SEARCH, Purpose.DRIFT)


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


@dataclass(frozen=True, slots=True)
class _Held:
    """A message in somebody's hands, and what its look-alikes are found by."""

    lease_id: int
    task_id: int
    queue_id: int
    template_id: int
    blind_share: float
    run_id: int | None


_champion = (
    select(Promotion.run_id)
    .where(Promotion.dataset_id == Queue.dataset_id)
    .order_by(Promotion.id.desc())
    .limit(1)
    .correlate(Queue)
    .scalar_subquery()
)
# What is judged one by one stays out: gold and what was drawn at random measure, a blind message must not tell.
_groupable = (
    Task.template_id.is_not(None),
    ~Task.gold,
    ~Task.drawn,
    ~exists().where(SpotCheck.task_id == Task.id),
)
HELD = (
    select(OpenLease.lease_id, Task.id, Task.queue_id, Task.template_id, Queue.blind_share, _champion)
    .join(Lease, Lease.id == OpenLease.lease_id)
    .join(Task, Task.id == OpenLease.task_id)
    .join(Queue, Queue.id == Task.queue_id)
    .where(
        OpenLease.person_id == bindparam("this_person"),
        OpenLease.lease_id.in_(bindparam("these", expanding=True)),
        Queue.state == QueueState.OPEN,
        Queue.purpose.in_(GROUPED),
        ~Lease.blind,
        *_groupable,
    )
    .order_by(OpenLease.lease_id)
)
_read = select(Task.id, Task.overlap, Task.free, Prediction.klass, Prediction.confidence).outerjoin(
    Prediction,
    and_(Prediction.message_id == Task.message_id, Prediction.run_id == bindparam("this_run", type_=Integer)),
)
# Those that wait: along the partial index ix_task_template (queue, template, id where a place is free), so a group
# costs what it has, however large the queue; without texts, for they are counted with every message. The 0 is no
# parameter: SQLite must see it to know that the index will do.
WAITING = (
    _read.where(
        Task.queue_id == bindparam("this_queue"),
        Task.template_id == bindparam("this_template"),
        Task.free > literal_column("0"),
        *_groupable,
        or_(Task.for_person_id.is_(None), Task.for_person_id == bindparam("this_person"), Task.for_until <= now_ms()),
        ~exists().where(Verdict.task_id == Task.id, Verdict.person_id == bindparam("this_person"), judging()),
        ~exists().where(OpenLease.task_id == Task.id, OpenLease.person_id == bindparam("this_person")),
    )
    .order_by(Task.id)
    .limit(MOST_MEMBERS + 1)
)
# Those in the person's own hands, a few.
IN_HAND = (
    _read.join(OpenLease, OpenLease.task_id == Task.id)
    .join(Lease, Lease.id == OpenLease.lease_id)
    .where(
        OpenLease.person_id == bindparam("this_person"),
        Task.queue_id == bindparam("this_queue"),
        Task.template_id == bindparam("this_template"),
        ~Lease.blind,
        *_groupable,
    )
    .order_by(Task.id)
)
TEXTS = (
    select(Task.id, BODY_SHOWN, Message.sender)
    .join(Message, Message.id == Task.message_id)
    .where(Task.id.in_(bindparam("these", expanding=True)))
)
LOOKED = insert(GroupLook)


@dataclass(frozen=True, slots=True)
class _Member:
    task_id: int
    overlap: int
    free: int
    klass: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What a person may judge together of a template in a queue, their own first; `more` than a group may have."""

    members: list[_Member]
    more: bool

    @property
    def predicted(self) -> dict[str, int]:
        """Members by predicted class, the most frequent first; those that no model has read are in none."""
        return dict(Counter(member.klass for member in self.members if member.klass is not None).most_common())

    def alike(self, task_id: int) -> list[_Member]:
        """Those of which the model says the same as of this one; it comes first, so it is what an undo hands out."""
        klass = next((member.klass for member in self.members if member.task_id == task_id), None)
        same = [member for member in self.members if member.klass == klass]
        return sorted(same, key=lambda member: member.task_id != task_id)


def feet(connection: Connection, person: PersonId, lease_ids: Sequence[int]) -> list[Foot]:
    """The look-alikes of messages in the person's hands; those that have too few, or must be judged alone, left out."""
    these = {"this_person": person, "these": sorted(set(lease_ids))[:HELD_MOST]}
    groups: dict[tuple[int, int], tuple[_Waiting, str]] = {}
    found: list[Foot] = []
    for row in connection.execute(HELD, these).all() if these["these"] else ():
        held = _Held(*row)
        place = held.queue_id, held.template_id
        if place not in groups:  # what is in hand is often of one template
            waiting = _waiting(connection, person, held)
            few = [member.task_id for member in waiting.members[:PATTERN_OF]]
            groups[place] = waiting, _pattern(connection, held.template_id, _texts(connection, few))
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
        held = _Held(*row) if row else None
        waiting = _waiting(connection, person, held) if held else _Waiting([], more=False)
        alike = waiting.alike(held.task_id) if held else []
        if held is None or len(alike) < LEAST_GROUP:
            raise DeskError("too few look-alikes of this message wait", fix="Judge it by itself.")
        texts = _texts(connection, [member.task_id for member in alike])
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


def _waiting(connection: Connection, person: PersonId, held: _Held) -> _Waiting:
    """What would come to the person blind is left out: it stays in the queue to be judged so."""
    asked = {
        "this_person": person,
        "this_queue": held.queue_id,
        "this_template": held.template_id,
        "this_run": held.run_id,
    }
    mine = [_Member(*row) for row in connection.execute(IN_HAND, asked)]
    others = [_Member(*row) for row in connection.execute(WAITING, asked)]
    members = [
        *mine,
        *(
            each
            for each in others
            if not is_blind(held.queue_id, each.task_id, max(0, each.overlap - each.free), held.blind_share)
        ),
    ]
    return _Waiting(members[:MOST_MEMBERS], len(others) > MOST_MEMBERS or len(members) > MOST_MEMBERS)


def _texts(connection: Connection, task_ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """The body and the sender of each task's message."""
    return {row[0]: (row[1], row[2]) for row in connection.execute(TEXTS, {"these": task_ids})}


def _pattern(connection: Connection, template_id: int, texts: Mapping[int, tuple[str, str | None]]) -> str:
    """What most of these messages share."""
    founding, _ = founders(connection, [template_id])[template_id]
    return common_pattern(founding, [forms(body) for body, _ in texts.values()])


def _shown(
    members: Sequence[_Member],
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
