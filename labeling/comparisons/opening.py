"""Opening a comparison, and what people have to say in it."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from core.errors import DeskError
from core.store.feed import emit
from core.store.models import DatasetId, Run, RunId, RunState
from core.text import storable
from labeling.comparison_models import Comparison, ComparisonAsking, ComparisonNote, ComparisonRun
from labeling.models import Person, Role
from labeling.people import PersonId, require

NAME_MOST = 200
RUNS_MOST = 8
"""As many as somebody can tell apart in one figure."""
TEXT_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A comparison; `queue_id` is that of its question to the office, None before it was asked."""

    id: int
    name: str
    first: RunId
    second: RunId
    by: str
    at: int
    queue_id: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note in a comparison."""

    id: int
    by: str
    text: str
    at: int


_opened = (
    select(
        Comparison.id,
        Comparison.name,
        Comparison.first_run,
        Comparison.second_run,
        Person.name.label("by"),
        Comparison.at,
        ComparisonAsking.queue_id,
    )
    .join(Person, Person.id == Comparison.person_id)
    .outerjoin(ComparisonAsking, ComparisonAsking.comparison_id == Comparison.id)
)


def open_comparison(
    connection: Connection,
    dataset: DatasetId,
    name: str,
    first: RunId,
    second: RunId,
    *,
    by: PersonId,
    beside: Sequence[RunId] = (),
) -> int:
    """Open a comparison of two finished runs under a name; gives its id. `beside`: others to look at with these two.

    Raises:
        AccessError: the person is no lead.
        DeskError: no name or one that is taken, twice the same run, too many, or one that is not finished.
    """
    require(connection, by, Role.LEAD)
    name = " ".join(storable(name).split())
    if not 1 <= len(name) <= NAME_MOST:
        raise DeskError(f"a comparison's name has 1 to {NAME_MOST} characters")
    if first == second:
        raise DeskError("a model cannot be compared with itself", fix="Choose two.")
    runs = list(dict.fromkeys((first, second, *beside)))
    if len(runs) > RUNS_MOST:
        raise DeskError(f"at most {RUNS_MOST} models are compared at a time", fix="Leave some out.")
    finished = select(Run.id).where(Run.dataset_id == dataset, Run.id.in_(runs), Run.state == RunState.DONE)
    if len(connection.execute(finished).all()) != len(runs):
        raise DeskError("only finished runs of this dataset can be compared")
    taken = select(Comparison.id).where(Comparison.dataset_id == dataset, Comparison.name == name)
    if connection.execute(taken).first() is not None:
        raise DeskError(f"a comparison is called '{name}' already", fix="Give this one another name.")
    row = {"dataset_id": dataset, "name": name, "first_run": first, "second_run": second, "person_id": by}
    comparison_id: int = connection.execute(insert(Comparison).returning(Comparison.id), row).scalar_one()
    picked = [{"comparison_id": comparison_id, "place": place, "run_id": run} for place, run in enumerate(runs)]
    connection.execute(insert(ComparisonRun), picked)
    emit(connection, "comparison", comparison_id=comparison_id, what="opened")
    return comparison_id


def comparisons(connection: Connection, dataset: DatasetId, most: int = 20) -> list[Opened]:
    """The newest comparisons, the newest first."""
    rows = connection.execute(
        _opened.where(Comparison.dataset_id == dataset).order_by(Comparison.id.desc()).limit(most)
    )
    return [_opened_of(row) for row in rows]


def comparison_of(connection: Connection, comparison_id: int) -> Opened:
    """A comparison by its id.

    Raises:
        DeskError: there is none.
    """
    row = connection.execute(_opened.where(Comparison.id == comparison_id)).first()
    if row is None:
        raise DeskError(f"there is no comparison {comparison_id}")
    return _opened_of(row)


def runs_of(connection: Connection, comparison: Opened) -> list[RunId]:
    """All runs that are looked at in it, A and B first."""
    query = select(ComparisonRun.run_id).where(ComparisonRun.comparison_id == comparison.id)
    picked = [RunId(run) for run in connection.execute(query.order_by(ComparisonRun.place)).scalars()]
    return picked or [comparison.first, comparison.second]


def _opened_of(row: Any) -> Opened:
    return Opened(row.id, row.name, RunId(row.first_run), RunId(row.second_run), row.by, row.at, row.queue_id)


def add_note(connection: Connection, comparison_id: int, uuid: str, text: str, *, by: PersonId) -> int:
    """Append a note; gives its id. Sent twice under one UUID, it is stored once.

    Raises:
        AccessError: the person is no lead.
        DeskError: no text, no such comparison, or an id that is none or somebody else's.
    """
    require(connection, by, Role.LEAD, alone=True)
    text = storable(text).strip()[:TEXT_MOST]
    if not text:
        raise DeskError("a note says something")
    comparison_of(connection, comparison_id)
    this = own_uuid(uuid)
    known = connection.execute(
        select(ComparisonNote.id, ComparisonNote.person_id).where(ComparisonNote.uuid == this)
    ).first()
    if known is not None:
        if known.person_id != by:
            raise DeskError("this note's id is somebody else's")
        return int(known.id)
    row = {"uuid": this, "comparison_id": comparison_id, "person_id": by, "text": text}
    note_id: int = connection.execute(insert(ComparisonNote).returning(ComparisonNote.id), row).scalar_one()
    emit(connection, "comparison", comparison_id=comparison_id)
    return note_id


def notes(connection: Connection, comparison_id: int, most: int = 50) -> list[Note]:
    """The newest notes, the newest first."""
    query = (
        select(ComparisonNote.id, Person.name, ComparisonNote.text, ComparisonNote.at)
        .join(Person, Person.id == ComparisonNote.person_id)
        .where(ComparisonNote.comparison_id == comparison_id)
        .order_by(ComparisonNote.id.desc())
        .limit(most)
    )
    return [Note(*row) for row in connection.execute(query)]


def own_uuid(uuid: str) -> str:
    """The UUID in the one form in which it is kept.

    Raises:
        DeskError: it is none.
    """
    try:
        return str(uuids.UUID(uuid))
    except ValueError:
        raise DeskError("this needs a UUID as its id") from None
