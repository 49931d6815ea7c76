"""Classes over time: the share of each class, an hour at a time, with the office's verdicts as dots."""

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

from core.store.models import HOUR_MS
from dashboard.figures.figure import Figure, Row, Rows, plain_figure
from dashboard.theme import GLYPH_FONT, class_colors, paint

if TYPE_CHECKING:
    from dashboard.reading import Reading

LEAST_MESSAGES = 5
LEAST_VERDICTS = 3
DOT_HOURS = 12
# By the viewer's own clock; Bokeh's formatter knows UTC only.
_DAY_OR_HOUR = """
const at = new Date(tick), hour = at.getHours();
if (hour !== 0) return String(hour).padStart(2, "0") + ":00";
return at.toLocaleDateString([], {weekday: "short", day: "numeric"});
"""


class ClassesFigure(Figure):
    """Shares of the classes, as predicted, stacked to one."""

    name: ClassVar[str] = "classes"
    title: ClassVar[str] = "Classes over time"
    note: ClassVar[str] = "share of messages an hour, as predicted; the office's verdicts as dots"
    empty: ClassVar[str] = "No predictions here yet. The first champion makes them; 'tallyroom run' finds one."
    panes: ClassVar[frozenset[str]] = frozenset({"now", "drift"})
    place: ClassVar[int] = 20
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "classes.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"predicted", "promoted", "verdict"})

    def __init__(self, classes: tuple[str, ...]) -> None:
        super().__init__(classes)
        self._colors = class_colors(classes)

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The hours have an edge and a share a class."""
        edges = tuple(f"to_{number}" for number in range(len(self.classes) + 1))
        shares = tuple(f"share_{number}" for number in range(len(self.classes)))
        return {
            "hours": ("at", "n", *edges, *shares),
            "dots": ("at", "y", "n", "klass", "color", "share"),
            "names": ("at", "y", "text", "color"),
        }

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row an hour that has enough messages; a dot a half day of verdicts; a name a class."""
        counted = {
            hour: counts for hour, counts in sorted(reading.predicted.items()) if sum(counts.values()) >= LEAST_MESSAGES
        }
        hours = {str(hour): self._hour(hour, counts) for hour, counts in counted.items()}
        return {"hours": hours, "dots": self._dots(reading), "names": self._names(hours)}

    def _hour(self, hour: int, counts: Mapping[str, int]) -> Row:
        total = sum(counts.values())
        row: Row = {"at": (hour + 0.5) * HOUR_MS, "n": total, "to_0": 0.0}
        reached = 0.0
        for number, klass in enumerate(self.classes):
            share = counts.get(klass, 0) / total
            reached += share
            row[f"to_{number + 1}"] = round(reached, 4)
            row[f"share_{number}"] = round(share, 4)
        return row

    def _dots(self, reading: Reading) -> Rows:
        """Where the office's verdicts put the upper edge of each class but the last."""
        halves: dict[int, dict[str, int]] = {}
        for hour, judged in reading.judged.items():
            counts = halves.setdefault(hour // DOT_HOURS, {})
            for klass, n in judged.items():
                counts[klass] = counts.get(klass, 0) + n
        rows: Rows = {}
        newest = max([*reading.predicted, *reading.judged], default=0) + 0.5  # a half day under way has no middle yet
        for half, counts in sorted(halves.items()):
            total = sum(counts.values())
            if total < LEAST_VERDICTS:
                continue
            reached = 0.0
            for klass in self.classes[:-1]:
                share = counts.get(klass, 0) / total
                reached += share
                rows[f"{half}|{klass}"] = {
                    "at": min((half + 0.5) * DOT_HOURS, newest) * HOUR_MS,
                    "y": round(reached, 4),
                    "n": total,
                    "klass": klass,
                    "color": self._colors[klass],
                    "share": round(share, 4),
                }
        return rows

    def _names(self, hours: Rows) -> Rows:
        """Each class's name in its own area, with its newest share."""
        if not hours:
            return {}
        first, last = next(iter(hours.values())), list(hours.values())[-1]
        return {
            klass: {
                "at": first["at"],
                "y": (first[f"to_{number}"] + first[f"to_{number + 1}"]) / 2,
                "text": f"{klass} {100 * last[f'share_{number}']:.1f} %",
                "color": self._colors[klass],
            }
            for number, klass in enumerate(self.classes)
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Areas with their upper edges drawn, dots and names on top."""
        plot = plain_figure(y_range=Range1d(start=0, end=1), x_axis_type="datetime", tools="")
        plot.grid.visible = False
        plot.yaxis.visible = False
        plot.x_range.range_padding = 0
        hours = sources["hours"]
        areas = []
        for number, klass in enumerate(self.classes):
            edge = {"y1": f"to_{number}", "y2": f"to_{number + 1}"}
            areas.append(plot.varea("at", **edge, source=hours, fill_color=self._colors[klass], fill_alpha=0.16))
            if number + 1 < len(self.classes):
                plot.line("at", f"to_{number + 1}", source=hours, line_color=self._colors[klass], line_width=1.8)
        dots = plot.scatter("at", "y", source=sources["dots"], size=8, fill_color="color", line_width=1.5)
        paint(dots.glyph, line_color="paper")
        names = plot.text(
            "at", "y", text="text", source=sources["names"], text_baseline="middle", x_offset=12,
            text_font=GLYPH_FONT, text_font_size="12.5px", text_font_style="bold", padding=3, border_radius=4,
            background_fill_alpha=0.7,
        )  # fmt: skip
        paint(names.glyph, text_color="ink", background_fill_color="paper")
        # Dragging over hours narrows the page to them (static/js/figures/classes.js).
        plot.add_tools(
            BoxSelectTool(dimensions="width", persistent=False),
            HoverTool(
                renderers=[dots],
                tooltips=[("office says", "@klass @share{0.0 %}"), ("verdicts", "@n")],
            ),
        )
        plot.yaxis.formatter = NumeralTickFormatter(format="0 %")
        plot.xaxis.formatter = CustomJSTickFormatter(code=_DAY_OR_HOUR)
        return plot
