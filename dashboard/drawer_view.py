"""What the drawer shows: the messages behind a number, and one of them opened."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import NoResultFound

from core.errors import AccessError, TallyroomError
from core.hit import Hit
from core.store.models import Origin
from core.store.queries.behind import Against, Behind
from core.store.queries.messages import MessageRow, messages_behind
from core.store.queries.search import coverage
from labeling.behind import opinions, origins, still_asked
from labeling.masking import masked
from labeling.models import Role
from labeling.people import Reviewer
from labeling.queues.sources import BEHIND_MOST

if TYPE_CHECKING:
    from dashboard.room import Room

BODY_MOST = 4_000
"""Characters of a text that are sent: fifty of ten megabytes each would stop any browser."""
SENDER_MOST = 100
log = logging.getLogger(__name__)
_HITS = {
    Hit.ALL: "hit by",
    Hit.ALONE: "hit by no other rule than",
    Hit.OVERLAPS: "hit by another rule as well as",
    Hit.CONFLICTS: "hit by a rule for another class as well as",
    Hit.RIGHT: "rightly hit by",
    Hit.WRONG: "wrongly hit by",
    Hit.UNJUDGED: "judged by nobody, hit by",
    Hit.KNOWN: "of known class, hit by",
}
_LOOKED = {
    Hit.KNOWN: "of known class when the rules were tried",
    Hit.ANY: "hit by a rule",
    Hit.SEEN: "the newest, on which the rules were tried",
}
_AGAINST = {
    Against.VERDICTS: ", against the office's verdicts",
    Against.IMPORTED: ", against imported labels",
    Against.FOLDS: ", on messages it was not trained on",
    Against.PREDICTIONS: "",
}


def page(room: Room, person: Reviewer, behind: Behind, after: str | None) -> dict[str, Any]:
    """A page of the messages, as this person may see them, and what the drawer says of all of them.

    Raises:
        AccessError: a viewer searches for digits that are masked.
    """
    masks = not person.may(Role.REVIEWER)
    # Whoever sees 4••••2 would otherwise find out the rest, a digit a search.
    if masks and behind.search and any(piece.tells_hidden_digits for piece in behind.search.pieces):
        raise AccessError("numbers are masked for you, so they cannot be searched for", fix="Leave the number out.")
    with room.project.store.read() as connection:
        found = messages_behind(connection, room.project.dataset_id, behind, after=after)
        covered = coverage(connection, room.project.dataset_id) if behind.q else None
        ids = [row.message_id for row in found.rows]
        hidden = still_asked(connection, person.id, ids) if person.may(Role.REVIEWER) else set()
    held = behind.tells_truth
    shown = [row for row in found.rows if not (held and row.message_id in hidden)]
    return {
        "title": title_of(behind),
        "words": words_of(room, behind),
        "messages": [_row(row, masks=masks, hides=row.message_id in hidden) for row in shown],
        "after": found.after,
        "looked": found.looked if found.short else None,
        "left_out": len(found.rows) - len(shown),
        "search": covered.sentence if covered else "",
        "may_take": person.may(Role.LEAD),
        "most": BEHIND_MOST,
    }


def _row(row: MessageRow, *, masks: bool, hides: bool) -> dict[str, Any]:
    facts = asdict(row)
    del facts["source"], facts["key"]
    facts |= {"body": row.body[:BODY_MOST], "length": len(row.body), "sender": (row.sender or "")[:SENDER_MOST] or None}
    if masks:
        facts |= {name: masked(facts[name]) for name in ("body", "sender") if facts[name] is not None}
    if hides and row.origin == Origin.VERDICT:
        facts["truth"] = facts["origin"] = None
    return facts


def opened(
    room: Room, person: Reviewer, message_id: int, run_id: int | None, body: str, predicted: str | None
) -> dict[str, Any]:
    """What more there is of a message: the words that moved the model, who said what it is, where labels came from.

    `body` is as this person was shown it: what is masked explains nothing.
    """
    with room.project.store.read() as connection:
        hidden = bool(still_asked(connection, person.id, [message_id])) if person.may(Role.REVIEWER) else False
        names = person.may(Role.REVIEWER)
        said = [] if hidden else opinions(connection, message_id, names=names)
        given = origins(connection, message_id, of_people=not hidden)
    return {
        "hidden": hidden,
        "verdicts": [asdict(each) for each in said],
        "labels": [asdict(each) for each in given],
        "marks": [] if run_id is None or predicted is None else _marks(room, run_id, body, predicted),
        "explains": room.explainer.warmed,
    }


def _marks(room: Room, run_id: int, body: str, predicted: str) -> list[tuple[int, int, bool]]:
    try:
        return [(mark.start, mark.end, mark.towards) for mark in room.explainer.marks(run_id, body, predicted)]
    except (TallyroomError, ValueError) as error:  # ValueError: a class that the model does not know
        log.warning("no explanation of run %s: %s", run_id, error)
        return []


def title_of(behind: Behind) -> str:
    """A few words for what is behind the number."""
    parts = [_classes(behind)]
    if behind.rule is not None:
        parts.append(f"{_HITS[behind.hit or Hit.ALL]} {behind.rule}" + (f" and {behind.other}" if behind.other else ""))
    elif behind.hit is not None:
        parts.append(_LOOKED[behind.hit])
    if behind.alarm is not None:
        parts.append(f"of alarm {behind.alarm}")
    if behind.slice is not None:
        parts.append(behind.slice.partition(":")[2])
    if behind.at_least is not None:
        parts.append(f"{100 * behind.at_least:g} % sure or surer")
    if behind.below is not None:
        parts.append(f"less than {100 * behind.below:g} % sure")
    return ", ".join(parts)


def _classes(behind: Behind) -> str:
    truth, predicted = behind.truth, behind.predicted
    if truth is not None and predicted is not None:
        return f"{truth}, rightly called so" if truth == predicted else f"{truth} called {predicted}"
    judged = "" if behind.correct is None else "rightly " if behind.correct else "wrongly "
    if predicted is not None:
        return f"{judged}called {predicted}"
    if truth is not None:
        return f"{truth}{f', {judged}called so' if behind.correct else f', {judged}called' if judged else ''}"
    return f"messages {judged}called" if judged else "messages"


def words_of(room: Room, behind: Behind) -> str:
    """Whose predictions these are, and with what they are held together.

    Raises:
        TallyroomError: there is no such run.
    """
    if behind.run is None:
        return ""
    try:
        return f"by {room.explainer.title(behind.run)}{_AGAINST[behind.against]}"
    except NoResultFound:
        what = f"run: there is no run {behind.run}"
        raise TallyroomError(what, where="run", fix="It may be another room's.") from None
