"""Cross-validation curves: macro-F1 against training messages, a dot a fold, drawn as it finishes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import (
    ColumnDataSource,
    CustomJSTicker,
    CustomJSTickFormatter,
    DataRange1d,
    HoverTool,
    NumeralTickFormatter,
    TapTool,
)

from core.intervals import mean_interval
from core.store.models import RunState
from core.store.queries.live import CurveRun
from dashboard.figures.figure import Figure, Row, Rows, plain_figure
from dashboard.theme import CHAMPION_COLOR, GLYPH_FONT, RUN_COLORS, paint

if TYPE_CHECKING:
    from dashboard.reading import Reading

NAME_HEIGHT = 0.075
"""Of the axis."""
NAME_MOST = 24
"""Letters beside a line."""
NAME_ROOM = 1.75
"""Times the end of the line, on the logarithmic axis."""
NAMES = "curve-names"
# Bokeh's own ticks on a short logarithmic axis are as far apart in numbers, and so on top of each other at its end.
_ONE_TWO_FIVE = """
const {start, end} = cb_data, found = [];
for (let power = Math.floor(Math.log10(start)); power <= Math.log10(end); power++)
  for (const first of [1, 2, 5]) found.push(first * 10 ** power);
return found.filter((tick) => tick >= start && tick <= end);
"""


class CurvesFigure(Figure):
    """The candidates' learning curves."""

    name: ClassVar[str] = "curves"
    title: ClassVar[str] = "Cross-validation benchmark"
    note: ClassVar[str] = "macro-F1 against training messages; a dot a fold, drawn as it finishes"
    empty: ClassVar[str] = "Nothing was tried yet: label some messages, then 'tallyroom run'."
    panes: ClassVar[frozenset[str]] = frozenset({"now"})
    place: ClassVar[int] = 30
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "curves.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"fold", "run", "promoted"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Lines, dots, the lines' names, the champion's band."""
        return {
            "lines": ("x", "y", "color", "dash", "width", "title"),
            "dots": ("x", "y", "color", "title", "fold", "run"),
            "names": ("x", "y", "text", "color", "room"),
            "band": ("x", "low", "high"),
        }

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A line a run, a dot a fold, a name at the end of each line, and the champion's interval."""
        lines: Rows = {}
        dots: Rows = {}
        common = reading.common
        champion = common.champion.run_id if common.champion else None
        names = sorted({run.candidate for run in common.curves})
        colors = dict(zip(names, cycle(RUN_COLORS), strict=False))
        for run in common.curves:
            color = CHAMPION_COLOR if run.run_id == champion else colors[run.candidate]
            lines[str(run.run_id)] = self._line(run, color, is_champion=run.run_id == champion)
            for size, fraction, repeat, fold, value in run.folds:
                title = f"{run.candidate} v{run.version}"
                if run.state == RunState.STOPPED:
                    title += f", stopped: {run.reason}"
                key = f"{run.run_id}|{fraction}|{repeat}|{fold}"
                dots[key] = {"x": size, "y": value, "color": color, "title": title, "fold": fold + 1, "run": run.run_id}
        chosen = next((run for run in common.curves if run.run_id == champion), None)
        return {"lines": lines, "dots": dots, "names": self._names(lines, dots), "band": self._band(chosen)}

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """Which fold the furthest run is at."""
        return {"curves-note": _running(reading.common.curves), "has-curves": bool(reading.common.curves)}

    @staticmethod
    def _points(run: CurveRun) -> dict[float, tuple[float, list[float]]]:
        """By fraction: the mean number of training messages, and the folds' values."""
        values: defaultdict[float, list[tuple[int, float]]] = defaultdict(list)
        for size, fraction, _, _, value in run.folds:
            values[fraction].append((size, value))
        return {
            fraction: (sum(size for size, _ in points) / len(points), [value for _, value in points])
            for fraction, points in sorted(values.items())
        }

    def _line(self, run: CurveRun, color: str, *, is_champion: bool) -> Row:
        points = self._points(run).values()
        standing = run.state if run.state in (RunState.RUNNING, RunState.STOPPED) else ""
        return {
            "x": [round(size) for size, _ in points],
            "y": [round(sum(values) / len(values), 5) for _, values in points],
            "color": color,
            "dash": {RunState.RUNNING: "dashed", RunState.STOPPED: "dotted"}.get(RunState(run.state), "solid"),
            "width": 2.8 if is_champion else 2.0,
            "title": f"{run.candidate} v{run.version}" + (f", {standing}" if standing else ""),
        }

    def _names(self, lines: Rows, dots: Rows) -> Rows:
        """At the right end of each line; pushed apart where lines end close together."""
        ends = {key: row for key, row in lines.items() if row["x"]}
        rows: Rows = {}
        values = [row["y"] for row in dots.values()]  # they set the height of the axis
        apart = NAME_HEIGHT * (max(values) - min(values)) if values else 0.0
        last = None
        for key, row in sorted(ends.items(), key=lambda item: -item[1]["y"][-1]):
            wanted = row["y"][-1]
            y = wanted if last is None else min(wanted, last - apart)
            last = y
            end = row["x"][-1]
            rows[key] = {
                "x": end,
                "y": y,
                "text": shortened(row["title"]),
                "color": row["color"],
                "room": end * NAME_ROOM,
            }
        return rows

    def _band(self, champion: CurveRun | None) -> Rows:
        if champion is None:
            return {}
        rows: Rows = {}
        for fraction, (size, values) in self._points(champion).items():
            mean, half = mean_interval(values)
            rows[str(fraction)] = {"x": round(size), "low": mean - half, "high": mean + half}
        return rows

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Lines and dots over a logarithmic axis."""
        plot = plain_figure(x_axis_type="log", tools="")
        plot.xgrid.visible = False
        plot.x_range = DataRange1d(range_padding=0.06, only_visible=True)
        band = plot.varea("x", y1="low", y2="high", source=sources["band"], fill_alpha=0.10)
        paint(band.glyph, fill_color="accent")
        plot.multi_line("x", "y", source=sources["lines"], line_color="color", line_width="width", line_dash="dash")
        dots = plot.scatter("x", "y", source=sources["dots"], size=6, color="color", alpha=0.5, line_alpha=0)
        dots.nonselection_glyph = dots.selection_glyph = None
        # Beside the lines where there is room; on a phone the page lists the names below and lets these go.
        plot.text(
            "x", "y", text="text", text_color="color", source=sources["names"], x_offset=10, name=NAMES,
            text_baseline="middle", text_font=GLYPH_FONT, text_font_size="12.5px", text_font_style="bold",
        )  # fmt: skip
        # Glyphs end at the frame: an unseen point to the right of each name makes room for it.
        plot.scatter("room", "y", source=sources["names"], size=1, alpha=0, name=NAMES)
        plot.add_tools(
            TapTool(renderers=[dots]),
            HoverTool(
                renderers=[dots],
                tooltips=[
                    ("model", "@title"),
                    ("fold", "@fold"),
                    ("macro-F1", "@y{0.0000}"),
                    ("trained on", "@x{0,0}"),
                ],
            ),
        )
        plot.xaxis.ticker = CustomJSTicker(major_code=_ONE_TWO_FIVE)
        plot.yaxis.formatter = NumeralTickFormatter(format="0.00")
        plot.xaxis.formatter = CustomJSTickFormatter(
            code="return tick >= 1e6 ? tick / 1e6 + 'M' : tick >= 1e3 ? tick / 1e3 + 'k' : String(tick);"
        )
        return plot


def _running(curves: list[CurveRun]) -> str:
    running = [run for run in curves if run.state == RunState.RUNNING]
    if not running:
        return ""
    furthest = max(running, key=lambda run: len(run.folds))
    whole = sum(1 for _, fraction, _, _, _ in furthest.folds if fraction == 1.0)
    return f"running: fold {min(whole + 1, furthest.folds_planned)} of {furthest.folds_planned}"


def shortened(title: str) -> str:
    """A run's title as there is room for beside its line; the dots tell it whole, and the pages show members."""
    if len(title) <= NAME_MOST:
        return title
    if title.startswith("ensemble:"):
        return f"ensemble of {title.count('*')}{title[title.rindex(' v') :]}"
    end = title[title.rindex(" v") :]
    return f"{title[: NAME_MOST - len(end) - 1]}…{end}"
