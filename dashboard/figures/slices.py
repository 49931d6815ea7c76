"""The classes by slice: by kind, script and sender, a stack a day, those that moved most first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from core.drift import DayDrift, newest_drift
from core.slices import SENDER
from dashboard.drifting import DAY_MS, shown_days
from dashboard.figures.figure import Figure, Row, Rows

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource

    from core.store.queries.drift import ByDay
    from dashboard.reading import Reading

DAYS_SHOWN = 28
SENDERS = 12
SHOWN = 24
NEW = 0.05
"""The weight of a slice that has no past, among the distances of those that have one."""


class SlicesFigure(Figure):
    """A table: the page draws it, and a row narrows the page to its slice."""

    name: ClassVar[str] = "slices"
    title: ClassVar[str] = "By kind, script and sender"
    note: ClassVar[str] = "classes of each day, the newest on the right; a name narrows the page to it"
    empty: ClassVar[str] = "No predictions were counted by slice yet."
    panes: ClassVar[frozenset[str]] = frozenset({"drift"})
    place: ClassVar[int] = 40
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "slices.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"predicted", "promoted"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """No Bokeh source: the page's table reads the rows."""
        return {}

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a slice: its days' counts, and how far the newest is from those before."""
        names = [name for name in reading.common.slices if not name.startswith(f"{SENDER}:")]
        senders = [name for name in reading.common.slices if name.startswith(f"{SENDER}:")][:SENDERS]
        days = range(max(shown_days(reading)[0], shown_days(reading)[-1] - DAYS_SHOWN + 1), shown_days(reading)[-1] + 1)
        found = [
            (name, counts, newest_drift(counts, reading.common.at // DAY_MS, reading.classes))
            for name, counts in reading.slice_days((*names, *senders)).items()
            if any(day in counts for day in days)
        ]
        found.sort(key=lambda each: (-_weight(each[2]), -_total(each[1], days), each[0]))
        return {"rows": {name: self._row(counts, days, drift) for name, counts, drift in found[:SHOWN]}}

    def _row(self, counts: ByDay, days: range, drift: DayDrift | None) -> Row:
        moved = drift.most_moved if drift is not None and drift.settled else None
        return {
            "n": _total(counts, days),
            "days": [[counts.get(day, {}).get(klass, 0) for klass in self.classes] for day in days],
            "distance": None if drift is None else round(drift.distance, 3),
            "moved": "" if moved is None else f"{moved.klass} {moved.before:.0%} → {moved.now:.0%}",
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:  # noqa: ARG002 - it has none
        """Nothing of Bokeh's."""
        return None


def _weight(drift: DayDrift | None) -> float:
    """What moved comes first, then what is new."""
    return NEW if drift is None else drift.value


def _total(counts: ByDay, days: range) -> int:
    return sum(sum(counts.get(day, {}).values()) for day in days)
