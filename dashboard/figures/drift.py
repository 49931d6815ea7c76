"""Drift: how far each day's classes are from those of the weeks before it, beside what chance alone gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, DatetimeTickFormatter, HoverTool, Range1d, TapTool

from core.drift import DayDrift, newest_drift
from core.drift.classes import SETTLED
from dashboard.drifting import DAY_MS, drift_days
from dashboard.figures.figure import Figure, Row, Rows, plain_figure
from dashboard.theme import paint

if TYPE_CHECKING:
    from dashboard.reading import Reading

LEAST_TOP = 0.12
COLORS = {"calm": "accent", "moved": "warn"}


class DriftFigure(Figure):
    """A dot a day over the band of chance; days that are settled in another colour; a click opens the day."""

    name: ClassVar[str] = "drift"
    title: ClassVar[str] = "Is today like the weeks before?"
    note: ClassVar[str] = "distance of each day's classes from the four weeks before it; shaded: what chance gives"
    empty: ClassVar[str] = "A day is held against the days before it: there is something to see on the second day."
    panes: ClassVar[frozenset[str]] = frozenset({"drift"})
    place: ClassVar[int] = 10
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "drift.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"predicted", "promoted"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Days that are as they were, days that moved, and the band."""
        day = ("at", "distance", "psi", "n", "chance", "moved", "said")
        return {"calm": day, "moved": day, "line": ("at", "distance"), "band": ("at", "top")}

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a day that has a past."""
        found = drift_days(reading)
        rows = {str(each.day): _row(each) for each in found}
        return {
            "calm": {str(each.day): rows[str(each.day)] for each in found if not each.settled},
            "moved": {str(each.day): rows[str(each.day)] for each in found if each.settled},
            "line": {key: {"at": row["at"], "distance": row["distance"]} for key, row in rows.items()},
            "band": {
                f"{each.day}|{nth}": {"at": (each.day + nth) * DAY_MS, "top": round(each.chance, 4)}
                for each in found
                for nth in (0, 1)
            },
        }

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """The sentence above it, and the newest day's classes as a table."""
        champion = reading.common.champion
        today = reading.common.at // DAY_MS
        newest = newest_drift(reading.class_days, today, reading.classes)
        found = drift_days(reading)
        top = max([LEAST_TOP, *(1.15 * max(each.distance, each.chance) for each in found)])
        return {
            "drift-note": _sentence(newest),
            "drift-of": {
                "run": champion.run_id if champion else None,
                "model": champion.title if champion else "",
                "top": round(min(top, 1.05), 4),
                "state": "empty" if newest is None else "moved" if newest.settled else "calm",
                "since": newest.day * DAY_MS if newest else 0,
                "until": (newest.day + 1) * DAY_MS if newest else 0,
                "classes": [] if newest is None else _classes(newest),
                "distance": None if newest is None else round(newest.distance, 3),
                "psi": None if newest is None else round(newest.psi, 3),
                "chance": None if newest is None else round(newest.chance, 3),
                "evidence": "" if newest is None else _odds(newest.evidence),
            },
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """The band, a line, and dots on it."""
        plot = plain_figure(x_axis_type="datetime", y_range=Range1d(start=0, end=LEAST_TOP), tools="")
        plot.xgrid.visible = False
        plot.x_range.range_padding = 0.02
        plot.yaxis.axis_label = "distance, 0 to 1"
        plot.xaxis.formatter = DatetimeTickFormatter(days="%-d %b", months="%b %Y", context=None)
        band = plot.varea("at", y1=0, y2="top", source=sources["band"], fill_alpha=0.14)
        paint(band.glyph, fill_color="mute")
        line = plot.line("at", "distance", source=sources["line"], line_width=1.6, line_alpha=0.55)
        paint(line.glyph, line_color="accent")
        dots = []
        for name, token in COLORS.items():
            dot = plot.scatter("at", "distance", source=sources[name], size=10, line_width=1.5)
            paint(dot.glyph, fill_color=token, line_color="paper")
            dots.append(dot)
        plot.add_tools(
            TapTool(renderers=dots),
            HoverTool(
                renderers=dots,
                tooltips=[("day", "@said"), ("distance", "@distance{0.000}"), ("chance gives up to", "@chance{0.000}"),
                          ("PSI", "@psi{0.000}"), ("messages", "@n{0,0}"), ("moved most", "@moved")],
            )
        )  # fmt: skip
        return plot


def _row(each: DayDrift) -> Row:
    moved = each.most_moved
    return {
        "at": (each.day + 0.5) * DAY_MS,
        "distance": round(each.distance, 4),
        "psi": round(each.psi, 4),
        "n": each.n,
        "chance": round(each.chance, 4),
        "moved": f"{moved.klass} {moved.before:.1%} to {moved.now:.1%}",
        "said": _day(each.day),
        "grown": each.grown.klass,
        "since": each.day * DAY_MS,
        "until": (each.day + 1) * DAY_MS,
    }


def _classes(found: DayDrift) -> list[dict[str, Any]]:
    return [
        {
            "klass": each.klass,
            "before": round(each.before, 5),
            "now": round(each.now, 5),
            "low": round(each.low, 5),
            "high": round(each.high, 5),
            "psi": round(each.psi, 4),
            "moved": each.moved,
        }
        for each in found.classes
    ]


def _sentence(found: DayDrift | None) -> str:
    if found is None:
        return ""
    moved = found.most_moved
    change = (
        f"{moved.klass} {'rose' if moved.now > moved.before else 'fell'} from {moved.before:.1%} to {moved.now:.1%}"
    )
    if found.settled:
        return f"Moved: {change} on {_day(found.day)}. Chance does not explain it."
    if found.distance > found.chance:
        return f"Perhaps: {change} on {_day(found.day)}. A little more than a usual day; not settled."
    return f"Calm: {_day(found.day)} differs from the weeks before by no more than a usual day does."


def _day(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).strftime("%a %-d %b")


def _odds(evidence: float) -> str:
    if evidence >= 1e6:
        return "over a million : 1"
    return f"{evidence:,.0f} : 1 (settled from {SETTLED:,.0f})" if evidence >= 1 else "none"
