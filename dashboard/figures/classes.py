"""Classes over time: how much of each class, by the hour, day or week; with the office's verdicts as dots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    CustomJSTickFormatter,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
)

from core.store.models import DAY_HOURS, HOUR_MS
from dashboard.figures.figure import Figure, Row, Rows, plain_figure, short
from dashboard.theme import GLYPH_FONT, class_colors, paint
from dashboard.views import SCALES, UNITS

if TYPE_CHECKING:
    from dashboard.reading import ByHour, Reading

LEAST_MESSAGES = 5
LEAST_VERDICTS = 3
DOT_HOURS = 12
WEEK_DAYS = 7
MONDAY = 3
"""The first day since 1970 was a Thursday: so many days after a Monday."""
# By the viewer's own clock; Bokeh's formatter knows UTC only.
_DAY_OR_HOUR = """
const at = new Date(tick), hour = at.getHours();
if (hour !== 0) return String(hour).padStart(2, "0") + ":00";
return at.toLocaleDateString([], {day: "numeric", ...(at.getDate() === 1 ? {month: "short"} : {weekday: "short"})});
"""


class ClassesFigure(Figure):
    """The classes of each stretch of time, stacked: as shares of one, or as counts."""

    name: ClassVar[str] = "classes"
    title: ClassVar[str] = "Classes over time"
    note: ClassVar[str] = "share of messages an hour, as predicted; the office's verdicts as dots"
    empty: ClassVar[str] = "No predictions here yet. The first champion makes them; 'tallyroom run' finds one."
    panes: ClassVar[frozenset[str]] = frozenset({"now", "drift"})
    place: ClassVar[int] = 20
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "classes.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"predicted", "promoted", "verdict", "labels"})

    def __init__(self, classes: tuple[str, ...]) -> None:
        super().__init__(classes)
        self._colors = class_colors(classes)

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The points have an edge and a share a class."""
        edges = tuple(f"to_{number}" for number in range(len(self.classes) + 1))
        shares = tuple(f"share_{number}" for number in range(len(self.classes)))
        return {
            "hours": ("at", "n", *edges, *shares),
            "dots": ("at", "y", "n", "klass", "color", "share"),
            "names": ("at", "y", "text", "color"),
        }

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A point an hour that has enough messages (of a day or week two: a step); dots of verdicts; a name a class."""
        hours_each = reading.unit_hours
        counted = stretches(reading.counted, hours_each)
        by_count = reading.view.scale != SCALES[0]
        points: Rows = {}
        for start, counts in sorted(counted.items()):
            total = sum(counts.values())
            if total >= (LEAST_MESSAGES if hours_each == 1 and reading.view.series == "predicted" else 1):
                ends = (0.5,) if hours_each == 1 else (0.0, float(hours_each))
                for nth, end in enumerate(ends):
                    points[f"{start}|{nth}"] = self._point(start, end, hours_each, counts, by_count=by_count)
        with_dots = reading.view.series == "predicted" and not by_count
        return {
            "hours": points,
            "dots": self._dots(reading, max(DOT_HOURS, hours_each)) if with_dots else {},
            "names": self._names(points, by_count=by_count),
        }

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """Whose they are, for those who open the messages of a point; and by what they are counted."""
        champion = reading.common.champion
        unit = next(name for name, hours in UNITS.items() if hours == reading.unit_hours)
        top = max((sum(counts.values()) for counts in stretches(reading.counted, UNITS[unit]).values()), default=0)
        return {
            "classes-of": {
                "unit": unit,
                "run": champion.run_id if champion else None,
                "model": champion.title if champion else "",
                "top": 1 if reading.view.scale == SCALES[0] else max(1, round(1.05 * top)),
            }
        }

    def _point(self, start: int, end: float, hours: int, counts: Mapping[str, int], *, by_count: bool) -> Row:
        total = sum(counts.values())
        row: Row = {
            "at": (start + end) * HOUR_MS,
            "n": total,
            "to_0": 0.0,
            "since": start * HOUR_MS,
            "until": (start + hours) * HOUR_MS,
            "counts": [counts.get(klass, 0) for klass in self.classes],
        }
        reached = 0.0
        for number, klass in enumerate(self.classes):
            n = counts.get(klass, 0)
            reached += n if by_count else n / total
            row[f"to_{number + 1}"] = round(reached, 4)
            row[f"share_{number}"] = round(n / total, 4)
        return row

    def _dots(self, reading: Reading, hours_each: int) -> Rows:
        """Where the office's verdicts put the upper edge of each class but the last."""
        rows: Rows = {}
        newest = max([*reading.predicted, *reading.judged], default=0) + 0.5  # one that is under way has no middle yet
        for start, counts in sorted(stretches(reading.judged, hours_each).items()):
            total = sum(counts.values())
            if total < LEAST_VERDICTS:
                continue
            reached = 0.0
            for klass in self.classes[:-1]:
                share = counts.get(klass, 0) / total
                reached += share
                rows[f"{start}|{klass}"] = {
                    "at": min(start + hours_each / 2, newest) * HOUR_MS,
                    "y": round(reached, 4),
                    "n": total,
                    "klass": klass,
                    "color": self._colors[klass],
                    "share": round(share, 4),
                }
        return rows

    def _names(self, points: Rows, *, by_count: bool) -> Rows:
        """Each class's name in its own area, with its newest share or count."""
        if not points:
            return {}
        first, last = next(iter(points.values())), list(points.values())[-1]
        return {
            klass: {
                "at": first["at"],
                "y": (first[f"to_{number}"] + first[f"to_{number + 1}"]) / 2,
                "text": f"{short(klass)} {last['counts'][number]:,}"
                if by_count
                else f"{short(klass)} {100 * last[f'share_{number}']:.1f} %",
                "color": self._colors[klass],
            }
            for number, klass in enumerate(self.classes)
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Areas with their upper edges drawn, dots and names on top."""
        plot = plain_figure(y_range=Range1d(start=0, end=1), x_axis_type="datetime", tools="")
        plot.grid.visible = False
        plot.yaxis.visible = False  # static/js/figures/classes.js shows it where there are counts
        plot.x_range.range_padding = 0
        hours = sources["hours"]
        areas = []
        for number, klass in enumerate(self.classes):
            edge = {"y1": f"to_{number}", "y2": f"to_{number + 1}"}
            areas.append(plot.varea("at", **edge, source=hours, fill_color=self._colors[klass], fill_alpha=0.16))
            line = plot.line("at", f"to_{number + 1}", source=hours, line_color=self._colors[klass], line_width=1.8)
            if number + 1 == len(self.classes):  # of shares it is the figure's upper edge
                line.visible, line.name = False, "classes-upper"
        dots = plot.scatter("at", "y", source=sources["dots"], size=8, fill_color="color", line_width=1.5)
        paint(dots.glyph, line_color="paper")
        names = plot.text(
            "at", "y", text="text", source=sources["names"], text_baseline="middle", x_offset=12,
            text_font=GLYPH_FONT, text_font_size="12.5px", text_font_style="bold", padding=3, border_radius=4,
            background_fill_alpha=0.7,
        )  # fmt: skip
        paint(names.glyph, text_color="ink", background_fill_color="paper")
        # Dragging over hours narrows the page to them (static/js/figures/classes.js).
        box = BoxSelectTool(dimensions="width", persistent=False)
        plot.add_tools(
            box,
            HoverTool(
                renderers=[dots],
                tooltips=[("office says", "@klass @share{0.0 %}"), ("verdicts", "@n")],
            ),
        )
        plot.toolbar.active_drag = box
        plot.yaxis.formatter = NumeralTickFormatter(format="0,0")
        plot.xaxis.formatter = CustomJSTickFormatter(code=_DAY_OR_HOUR)
        return plot


def stretches(by_hour: ByHour, hours_each: int) -> dict[int, dict[str, int]]:
    """Hourly counts put together, named by their first hour: days are UTC's, weeks begin on Monday."""
    found: dict[int, dict[str, int]] = {}
    for hour, counts in by_hour.items():
        into = found.setdefault(start_of(hour, hours_each), {})
        for klass, n in counts.items():
            into[klass] = into.get(klass, 0) + n
    return found


def start_of(hour: int, hours_each: int) -> int:
    """The first hour of the stretch that this hour is in."""
    if hours_each % (DAY_HOURS * WEEK_DAYS):
        return hour // hours_each * hours_each
    week = (hour // DAY_HOURS + MONDAY) // WEEK_DAYS
    return (week * WEEK_DAYS - MONDAY) * DAY_HOURS
