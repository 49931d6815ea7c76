"""Each class by itself: precision, recall and F1, with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, DataRange1d, FactorRange, HoverTool, NumeralTickFormatter, TapTool

from dashboard.figures.figure import Row, Rows, plain_figure, short_ticks
from dashboard.figures.quality import QualityFigure, percent
from dashboard.theme import class_colors, paint

if TYPE_CHECKING:
    from core.learning.quality import ClassQuality
    from dashboard.reading import Reading

MEASURES = {"precision": ("triangle", 0.24), "recall": ("square", 0.0), "f1": ("circle", -0.24)}
"""Each with its mark, and how far above its class's line it stands."""


class PerClassFigure(QualityFigure):
    """Three marks a class."""

    name: ClassVar[str] = "per_class"
    title: ClassVar[str] = "Class by class"
    note: ClassVar[str] = "▲ precision · ■ recall · ● F1"
    place: ClassVar[int] = 40
    script: ClassVar[str] = "per_class.js"

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A mark a row."""
        return {"marks": ("klass", "measure", "x", "y", "low", "high", "color", "marker", "n")}

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """Of all messages that the confusion matrix has."""
        cells = reading.confusion(reading.view.against).cells
        if not cells:
            return {"marks": {}}
        import numpy as np

        from core.learning.quality import per_class  # here: scikit-learn takes a second to import

        counts = np.array([[max(0, cells.get((truth, klass), 0)) for klass in self.classes] for truth in self.classes])
        if not counts.sum():
            return {"marks": {}}
        colors = class_colors(self.classes)
        marks: Rows = {}
        for klass, quality in zip(self.classes, per_class(counts), strict=True):
            for measure in MEASURES:
                mark = self._mark(quality, measure)
                if mark is not None:
                    marks[f"{measure}|{klass}"] = {**mark, **self._place(klass, measure), "color": colors[klass]}
        return {"marks": marks}

    @staticmethod
    def _place(klass: str, measure: str) -> Row:
        marker, above = MEASURES[measure]
        return {"klass": klass, "measure": measure, "marker": marker, "y": [klass, above]}

    @staticmethod
    def _mark(quality: ClassQuality, measure: str) -> Row | None:
        """A measure with its interval; None where it is of no message."""
        if measure == "f1":
            n = quality.precision.n + quality.recall.n
            value, low, high = quality.f1, quality.f1_low, quality.f1_high
        else:
            share = quality.precision if measure == "precision" else quality.recall
            n, value, low, high = share.n, share.share, share.low, share.high
        return {"x": round(value, 4), "low": round(low, 4), "high": round(high, 4), "n": n} if n else None

    def sentence(self, reading: Reading) -> str:
        """Which class is the weakest."""
        found = {key.split("|", 1)[1]: row["x"] for key, row in self.rows(reading)["marks"].items() if key[:2] == "f1"}
        if not found:
            return ""
        weakest = min(found, key=lambda klass: found[klass])
        return f"Weakest: {weakest}, F1 {percent(found[weakest])}."

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Marks with whiskers, a line a class."""
        plot = plain_figure(
            x_range=DataRange1d(range_padding=0.08, max_interval=1.05),
            y_range=FactorRange(factors=list(reversed(self.classes)), range_padding=0.1),
            tools="",
        )
        plot.ygrid.visible = False
        marks = sources["marks"]
        plot.segment("low", "y", "high", "y", source=marks, line_color="color", line_width=2.2, line_alpha=0.5)
        dots = plot.scatter("x", "y", source=marks, marker="marker", fill_color="color", size=10, line_width=1.5)
        paint(dots.glyph, line_color="paper")
        dots.nonselection_glyph = None
        dots.selection_glyph = None
        plot.add_tools(
            TapTool(renderers=[dots]),
            HoverTool(
                renderers=[dots],
                tooltips=[("@klass", "@measure @x{0.0 %} (@low{0.0 %} to @high{0.0 %})"), ("messages", "@n{0,0}")],
            ),
        )
        plot.xaxis.formatter = NumeralTickFormatter(format="0.[0] %")
        plot.yaxis.formatter = short_ticks()
        plot.xaxis.ticker.desired_num_ticks = 4
        return plot
