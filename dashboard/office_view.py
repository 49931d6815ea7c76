"""What the office page shows: how far people agree, how far the prediction sways them, what waits for a lead."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, select

from core.store.models import now_ms
from core.store.queries.live import champion
from labeling.disputes import Dispute, Said, disputes, newest_said, rulings
from labeling.models import Person, VerdictKind
from labeling.sway import Sway, sway, swayed

if TYPE_CHECKING:
    from dashboard.room import Room
    from labeling.agreement import Agreement

PEOPLE_MOST = 10
"""So many people stand in the table of pairs: those who judged the most of late."""

KEPT_SECONDS = 60.0
"""Over thousands of verdicts a minute moves no coefficient; working them out takes a second of a processor."""

_kept: WeakKeyDictionary[Room, _Kept] = WeakKeyDictionary()
_at_work = threading.Lock()
_NOT_YET: dict[str, Any] = {
    "verdicts": 0,
    "alpha": None,
    "fleiss": None,
    "words": "This is being worked out.",
    "classes": [],
    "weeks": [],
    "pairs": {"people": [], "cells": []},
    "reviewers": [],
}


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was worked out of these labels, and when."""

    labels: tuple[Said, ...]
    made: float
    found: dict[str, Any]


def office_view(room: Room) -> dict[str, Any]:
    """The page's state; the coefficients are at most a minute old."""
    with room.project.store.read() as connection:
        said = newest_said(connection)
        current = champion(connection, room.project.dataset_id)
        waiting, count = disputes(connection, said, current.run_id if current else None)
        decided = [asdict(ruling) for ruling in rulings(connection)]
        names = _names(connection, {each.person_id for each in said})
        seen = sway(connection)
        at = connection.execute(select(now_ms())).scalar_one()
    title, run = (current.title, current.run_id) if current else ("", None)
    return {
        "at": at,
        "agreement": _agreement(room, said, names),
        "sway": _sway(seen),
        "waiting": count,
        "disputes": [_dispute(room, dispute, title, run) for dispute in waiting],
        "rulings": decided,
    }


def _agreement(room: Room, said: list[Said], names: Mapping[int, tuple[str, bool]]) -> dict[str, Any]:
    """One lead's look works it out; others meanwhile see the last, for a thread that waits is one the desk lacks."""
    labels = tuple(each for each in said if each.kind == VerdictKind.LABEL)
    kept = _kept.get(room)
    due = kept is None or (time.monotonic() - kept.made > KEPT_SECONDS and kept.labels != labels)
    if due and _at_work.acquire(blocking=False):
        try:
            kept = _kept[room] = _Kept(labels, time.monotonic(), _worked_out(room, labels))
        finally:
            _at_work.release()
    found = _NOT_YET if kept is None else kept.found
    pairs = found["pairs"]
    people = [_named(person, names) for person in pairs["people"] if person in names]
    reviewers = [
        {**_named(each["id"], names), "classes": each["classes"]} for each in found["reviewers"] if each["id"] in names
    ]
    reviewers.sort(key=lambda each: each["name"])  # by name: it ranks nobody
    return {**found, "pairs": {**pairs, "people": people}, "reviewers": reviewers}


def _named(person: int, names: Mapping[int, tuple[str, bool]]) -> dict[str, Any]:
    return {"id": person, "name": names[person][0], "simulated": names[person][1]}


def _worked_out(room: Room, labels: Iterable[Said]) -> dict[str, Any]:
    import pandas as pd  # here: a server that starts does not wait for it

    from labeling import agreement

    classes = room.project.classes
    frame = pd.DataFrame(
        [(each.message_id, each.person_id, each.klass, each.at) for each in labels],
        columns=["message_id", "person_id", "klass", "at"],
    )
    known = sorted({*classes, *frame["klass"]})
    most = [person for person, _ in Counter(frame["person_id"]).most_common(PEOPLE_MOST)]
    pairs = agreement.cohen_of_pairs(frame[frame["person_id"].isin(most)], known)
    people = [person for person in most if any(person in pair for pair in pairs)]
    whole = agreement.alpha(frame, known)
    by_class = agreement.alpha_of_classes(frame, known)
    return {
        "verdicts": len(frame),
        "alpha": _numbers(whole),
        "fleiss": _numbers(agreement.fleiss(frame, known)),
        "words": agreement.in_words(whole),
        "classes": [{"klass": klass, **asdict(by_class[klass])} for klass in classes if klass in by_class],
        "weeks": [{"week": week, **asdict(each)} for week, each in agreement.alpha_of_weeks(frame, known).items()],
        "pairs": {
            "people": people,
            "cells": [{"one": one, "other": other, **asdict(each)} for (one, other), each in pairs.items()],
        },
        "reviewers": _reviewers(room),
    }


def _reviewers(room: Room) -> list[dict[str, Any]]:
    """How often each person is right on each class, drawn towards the office where they have said little."""
    from labeling.reviewers import judged_of_late, quality

    with room.project.store.read() as connection:
        judged = judged_of_late(connection)
    found = quality(judged.dropna(subset=["held"]))
    return [
        {"id": int(str(person)), "classes": rows.drop(columns="person_id").to_dict("records")}
        for person, rows in found.groupby("person_id")
    ]


def _numbers(found: Agreement | None) -> dict[str, Any] | None:
    return None if found is None else asdict(found)


def _sway(seen: Sway) -> dict[str, Any]:
    found = swayed(seen)
    return {**asdict(seen), "by": None if found is None else {**asdict(found), "settled": found.settled}}


def _names(connection: Connection, people: set[int]) -> dict[int, tuple[str, bool]]:
    query = select(Person.id, Person.name, Person.simulated).where(Person.id.in_(people))
    return {row.id: (row.name, row.simulated) for row in connection.execute(query)}


def _dispute(room: Room, dispute: Dispute, title: str, run: int | None) -> dict[str, Any]:
    facts = asdict(dispute)
    facts["says"] = [
        {"who": f"rule {name}", "klass": klass, "confidence": None}
        for name, klass in room.explainer.rules(facts.pop("text"))
    ]
    predicted = facts.pop("predicted")
    if predicted is not None:
        facts["says"].insert(0, {"who": title, "run": run, "klass": predicted[0], "confidence": predicted[1]})
    return facts
