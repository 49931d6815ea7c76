"""The state of a view as keyed rows and words, and the smallest difference between two of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.figures import Rows


@dataclass(frozen=True, slots=True)
class ViewState:
    """What a view shows: `tables` of rows by key, in order; `words` by the id of the element that shows them."""

    tables: Mapping[str, Rows] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)


def snapshot(state: ViewState) -> dict[str, Any]:
    """The whole of it, as JSON."""
    return {"kind": "snapshot", "tables": state.tables, "words": state.words}


def delta(before: ViewState, after: ViewState) -> dict[str, Any] | None:
    """What changed, as JSON; None where nothing did.

    A table that only gained rows at its end, or whose rows changed in place, sends those rows; one whose order changed
    is sent whole.
    """
    tables = {
        name: change
        for name, rows in after.tables.items()
        if (change := _table_delta(before.tables.get(name, {}), rows)) is not None
    }
    words = {key: value for key, value in after.words.items() if before.words.get(key) != value}
    if not tables and not words:
        return None
    return {"kind": "delta", "tables": tables, "words": words}


def _table_delta(before: Rows, after: Rows) -> dict[str, Any] | None:
    if before == after and list(before) == list(after):
        return None
    keys = list(after)
    if keys[: len(before)] != list(before):
        return {"all": after}
    changed = {key: row for key, row in after.items() if before.get(key) != row}
    return {"set": changed}


def apply(state: ViewState, change: Mapping[str, Any]) -> ViewState:
    """The state after a change, as a page computes it too (static/js/sources.js)."""
    if change["kind"] == "snapshot":
        return ViewState(change["tables"], change["words"])
    tables = dict(state.tables)
    for name, part in change["tables"].items():
        tables[name] = dict(part["all"]) if "all" in part else {**tables.get(name, {}), **part["set"]}
    return ViewState(tables, {**state.words, **change["words"]})
