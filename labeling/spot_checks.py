"""Spot checks: messages that a group was labelled without showing come blind to somebody else, and tell its error."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, or_, select

from labeling.estimate import interval_of_share
from labeling.group_models import SpotCheck, VerdictGroup
from labeling.models import Assigned, Person, Queue, QueueMember, Role, Task, TeamMember, Verdict, VerdictKind
from labeling.people import PersonId
from labeling.tasks import current, opinion

LOOK_BACK = 1_000
DOUBTED_FOR = 10
"""So many groups of a template are checked in full after a check that came out otherwise."""
_JUDGES = tuple(role for role in Role if role is not Role.VIEWER)

# Whether a queue gives to anybody but this person: who is alone in an office has nobody to check them.
SOMEBODY_ELSE = (
    select(Person.id)
    .join(
        Queue,
        or_(
            Queue.assigned == Assigned.ALL,
            and_(
                Queue.assigned == Assigned.PEOPLE,
                exists().where(QueueMember.queue_id == Queue.id, QueueMember.person_id == Person.id),
            ),
            and_(
                Queue.assigned == Assigned.TEAM,
                exists().where(TeamMember.team == Queue.team, TeamMember.person_id == Person.id),
            ),
        ),
    )
    .where(
        Queue.id == bindparam("this_queue"),
        Person.active,
        Person.role.in_(_JUDGES),
        Person.id != bindparam("this_person"),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class ErrorOfGroups:
    """Of the spot checks that others have judged blind, how many they judged otherwise; and what that says of all.

    `messages` were labelled in `groups`, `unseen` of them without having been shown. `share` of the unseen is wrong,
    with its 95 % interval: a check of a large group stands for more of them. None where nothing was judged. `waiting`
    checks can still be judged and are not.
    """

    groups: int
    messages: int
    unseen: int
    checked: int
    otherwise: int
    waiting: int
    share: float | None
    low: float | None
    high: float | None


def how_many(unseen: int, share: float, *, doubted: bool = False) -> int:
    """How many of a group's unseen messages are held back: the square root of a share of them, at least one.

    So large groups are checked more, and all groups together cost little (Bankier's power allocation, 1988). Where a
    check of the same template came out otherwise, it is the share itself, as inspectors tighten after a bad lot.
    """
    expected = share * unseen
    return math.ceil(expected if doubted else math.sqrt(expected))


def choose(task_ids: Sequence[int], most: int, seed: str) -> list[int]:
    """The tasks to hold back, drawn by a hash of the seed; rising."""
    return sorted(sorted(task_ids, key=lambda task_id: _draw(seed, task_id))[:most])


def _draw(seed: str, task_id: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{task_id}".encode(), digest_size=8).digest()


def hold_back(
    connection: Connection,
    unseen: Sequence[int],
    *,
    person: PersonId,
    queue_id: int,
    template_id: int,
    share: float,
    seed: str,
) -> list[int]:
    """Which tasks of those not shown the person's decision leaves to somebody else; none where there is nobody else."""
    if connection.execute(SOMEBODY_ELSE, {"this_queue": queue_id, "this_person": person}).first() is None:
        return []
    doubted = error_of_groups(connection, template_id, DOUBTED_FOR).otherwise > 0
    return choose(unseen, how_many(len(unseen), share, doubted=doubted), seed)


def error_of_groups(
    connection: Connection, template_id: int | None = None, look_back: int = LOOK_BACK
) -> ErrorOfGroups:
    """The error of the newest judged groups (of one template, or of all), as far as spot checks have told it.

    Only what somebody else judged blind counts; groups that were taken back do not.
    """
    newest = select(VerdictGroup.id, VerdictGroup.klass, VerdictGroup.size, VerdictGroup.unseen, VerdictGroup.person_id)
    if template_id is not None:
        newest = newest.where(VerdictGroup.template_id == template_id)
    recent = newest.order_by(VerdictGroup.id.desc()).limit(look_back).subquery()
    stands = exists().where(Verdict.group_id == recent.c.id, current())
    groups = connection.execute(select(recent.c.id, recent.c.size, recent.c.unseen).where(stands)).all()
    said = _said_blind(recent.c.person_id)
    rows = connection.execute(
        select(SpotCheck.group_id, recent.c.klass, said, Task.judged < Task.overlap)
        .join(recent, recent.c.id == SpotCheck.group_id)
        .join(Task, Task.id == SpotCheck.task_id)
        .where(stands)
    ).all()
    judged = [(group_id, said != klass) for group_id, klass, said, _ in rows if said is not None]
    waiting = sum(said is None and waits for _, _, said, waits in rows)
    share = share_of(judged, {group.id: group.unseen for group in groups})
    messages, unseen = sum(group.size for group in groups), sum(group.unseen for group in groups)
    otherwise = sum(wrong for _, wrong in judged)
    return ErrorOfGroups(len(groups), messages, unseen, len(judged), otherwise, waiting, *share)


def _said_blind(judge_of_group: ColumnElement[int]) -> ColumnElement[str | None]:
    """The first label that somebody else gave blind to the message held back."""
    return (
        select(Verdict.klass)
        .where(
            Verdict.task_id == SpotCheck.task_id,
            Verdict.kind == VerdictKind.LABEL,
            Verdict.blind,
            Verdict.person_id != judge_of_group,
            opinion(),
        )
        .order_by(Verdict.id)
        .limit(1)
        .correlate_except(Verdict)
        .scalar_subquery()
    )


def share_of(
    judged: Sequence[tuple[int, bool]], unseen: dict[int, int]
) -> tuple[float | None, float | None, float | None]:
    """The share of wrong labels and its 95 % interval. A check stands for its part of the group's unseen labels.

    Args:
        judged: of each check its group, and whether it came out otherwise.
        unseen: how many labels each group gave unseen.
    """
    if not judged:
        return None, None, None
    of_group = np.array([group_id for group_id, _ in judged])
    groups, place, checks = np.unique(of_group, return_inverse=True, return_counts=True)
    stands_for = np.array([max(1, unseen[int(group)]) for group in groups]) / checks
    weights = stands_for[place] / stands_for[place].sum()
    wrong = np.array([wrong for _, wrong in judged], dtype=np.float64)
    share = float(weights @ wrong)
    return share, *interval_of_share(wrong, weights, share)
