"""The messages on which two runs disagree, by pages: all, those that the office was asked about, those of a cell."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core import Project
from core.errors import DeskError
from core.slices import KINDS
from core.store.models import RunId
from core.store.queries.apart import Belongs, held_apart
from core.store.queries.compare import PAGE, Basis, basis_of, disagreements
from labeling.comparisons import asked_messages

UNASKED = {"office": None, "share": 0.0, "verdicts": 0, "held": False}


def asked(project: Project, comparison_id: int, after: int) -> dict[str, Any]:
    """A page of those that the office was asked about, in the order of drawing."""
    with project.store.read() as connection:
        rows = asked_messages(connection, comparison_id, after=after - 1)
    return {"messages": [asdict(row) for row in rows], "after": rows[-1].place + 1 if len(rows) == PAGE else None}


def apart(project: Project, first: int, second: int, after: int) -> dict[str, Any]:
    """A page of the messages on which the two disagree, before the office is asked."""
    with project.store.read() as connection:
        basis = Basis(basis_of(connection, RunId(first), RunId(second)))
        rows = disagreements(connection, basis, RunId(first), RunId(second), after=after)
    page = [{**asdict(row), **UNASKED, "label": None} for row in rows]
    return {"messages": page, "after": rows[-1].message_id if len(rows) == PAGE else None}


def behind(
    project: Project, first: int, second: int, after: int, truth: str | None, predicted: str | None, kind: str | None
) -> dict[str, Any]:
    """A page of the labelled messages on which the two disagree, behind a cell, a class or a kind.

    Raises:
        DeskError: there is no such kind.
    """
    belongs = None if kind is None else _kind(kind)
    with project.store.read() as connection:
        page = held_apart(
            connection,
            RunId(first),
            RunId(second),
            truth=truth,
            predicted=predicted,
            belongs=belongs,
            after=after,
        )
    return asdict(page)


def _kind(name: str) -> Belongs:
    if name not in KINDS:
        raise DeskError("there is no such kind of message", fix="Choose one of the list.")
    return KINDS[name]
