"""What the review page shows of look-alikes: the line below a message, and the group opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.templates import readable
from labeling.lookalikes import Foot, Look, feet, look
from labeling.people import PersonId
from labeling.spot_checks import ErrorOfGroups, error_of_groups

if TYPE_CHECKING:
    from dashboard.room import Room


def below(room: Room, person: PersonId, lease_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The look-alikes of the messages in hand that have some."""
    with room.project.store.read() as connection:
        return [_foot(foot) for foot in feet(connection, person, lease_ids)]


def _foot(foot: Foot) -> dict[str, Any]:
    return {**asdict(foot), "pattern": readable(foot.pattern)}


def opened(room: Room, person: PersonId, lease_id: int) -> dict[str, Any]:
    """The group of a message, looked at by the person from now on."""
    return _look(look(room.project.store, person, lease_id))


def _look(seen: Look) -> dict[str, Any]:
    facts = asdict(seen)
    facts["pattern"] = readable(seen.pattern)
    # As the page marks stretches of a text: code points, and whether towards a class; these are towards none.
    for shown in facts["shown"]:
        shown["varying"] = [(start, end, False) for start, end in shown["varying"]]
    return facts


def checks(room: Room) -> ErrorOfGroups:
    """The error of all judged groups, as far as spot checks have told it."""
    with room.project.store.read() as connection:
        return error_of_groups(connection)
