"""What the review page shows: messages with their explanations, the queue, the reviewer's day, the guide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from labeling.claims import HandOut
from labeling.models import Role
from labeling.people import Reviewer
from labeling.queries import day_of, open_queues

if TYPE_CHECKING:
    from dashboard.room import Room


def hand_outs(room: Room, held: Sequence[HandOut]) -> list[dict[str, Any]]:
    """Messages in hand as the page needs them. Of a blind one nothing that the model or a rule said leaves here."""
    return [_hand_out(room, message) for message in held]


def _hand_out(room: Room, message: HandOut) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "lease_id": message.lease_id,
        "body": message.body,
        "sender": message.sender,
        "sent_at": message.sent_at,
        "place": message.slot + 1,
        "overlap": message.overlap,
        "blind": message.blind,
        "expires_at": message.expires_at,
        "predicted": None,
        "marks": [],
        "says": [],
    }
    if message.blind:
        return facts
    facts["says"] = [
        {"who": f"rule {name}", "klass": klass, "confidence": None}
        for name, klass in room.explainer.rules(message.text)
    ]
    if message.predicted is not None and message.run_id is not None:
        facts["predicted"] = {"klass": message.predicted, "confidence": message.confidence}
        marks = room.explainer.marks(message.run_id, message.body, message.predicted)
        facts["marks"] = [[mark.start, mark.end, mark.towards] for mark in marks]
        facts["says"].insert(
            0,
            {"who": room.explainer.title(message.run_id), "klass": message.predicted, "confidence": message.confidence},
        )
    return facts


def panel(room: Room, person: Reviewer) -> dict[str, Any]:
    """What stands beside the message."""
    with room.project.store.read() as connection:
        queues = open_queues(connection)
        day = day_of(connection, person.id)
    return {
        "may_judge": person.may(Role.REVIEWER),
        "queues": [asdict(queue) for queue in queues],
        "day": asdict(day),
        "guide": room.project.guide,
    }
