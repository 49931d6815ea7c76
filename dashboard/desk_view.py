"""What the review page shows: messages with their explanations, the queue, the reviewer's day, the guide."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.errors import TallyroomError
from core.fingerprint import fingerprint
from core.store.queries.shown import SHOWN_MOST
from labeling.claims import HandOut
from labeling.drift import suggests_break
from labeling.history import body_of, pace_of, said_by
from labeling.models import Role
from labeling.people import Reviewer
from labeling.queries import day_of, open_queues

if TYPE_CHECKING:
    from dashboard.room import Room

log = logging.getLogger(__name__)


def hand_outs(room: Room, held: Sequence[HandOut]) -> list[dict[str, Any]]:
    """Messages in hand as the page needs them. Of a blind one nothing that the model or a rule said leaves here."""
    return [_hand_out(room, message) for message in held]


def _hand_out(room: Room, message: HandOut) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "lease_id": message.lease_id,
        "task_id": message.task_id,
        "body": message.body,
        "characters": message.characters,
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
        facts["marks"] = _marks(room, message.run_id, message.body, message.predicted)
        facts["says"].insert(
            0,
            {"who": room.explainer.title(message.run_id), "klass": message.predicted, "confidence": message.confidence},
        )
    return facts


def _marks(room: Room, run_id: int, body: str, klass: str) -> list[tuple[int, int, bool]]:
    try:
        return [(mark.start, mark.end, mark.towards) for mark in room.explainer.marks(run_id, body, klass)]
    except TallyroomError as error:  # an explanation is a courtesy: the desk goes on without it
        log.warning("no explanation of run %s: %s", run_id, error)
        return []


def identity(room: Room) -> str:
    """Tells this room from another that is served at the same address. The store's password is no part of it."""
    return fingerprint(str(room.project.folder), str(room.project.store.engine.url))


def history(room: Room, person: Reviewer, klass: str | None, kind: str | None, before: int | None) -> dict[str, Any]:
    """A page of what the person said, the newest first; `before` begins the next one."""
    with room.project.store.read() as connection:
        page = said_by(connection, person.id, klass=klass, kind=kind, before=before)
    return {"verdicts": [asdict(said) for said in page.verdicts], "before": page.before}


def translation(room: Room, person: Reviewer, lease_id: int) -> str | None:
    """What the office's translator says of a message in the person's hands; None where it says nothing."""
    if room.translator is None:
        return None
    with room.project.store.read() as connection:
        body = body_of(connection, person.id, lease_id)
    return room.translator(body[:SHOWN_MOST]) if body else None


def whole(room: Room, person: Reviewer, lease_id: int) -> str | None:
    """All of a message that the person was handed; None where it was not."""
    with room.project.store.read() as connection:
        return body_of(connection, person.id, lease_id)


def panel(room: Room, person: Reviewer) -> dict[str, Any]:
    """What stands beside the message."""
    with room.project.store.read() as connection:
        queues = open_queues(connection, person.id)
        day = day_of(connection, person.id)
        pace = pace_of(connection, person.id)
    rest = suggests_break(*pace)
    return {
        "lease_seconds": room.project.settings.desk.lease_seconds,
        "may_judge": person.may(Role.REVIEWER),
        "queues": [asdict(queue) for queue in queues],
        "day": asdict(day),
        "break": rest.sentence if rest else None,
        "translates": room.translator is not None,
        "guide": next((queue.guide for queue in queues if queue.guide), None) or room.project.guide,
    }
