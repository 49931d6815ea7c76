"""Scores: how sure the model is where it is right, and where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    DataRange1d,
    HoverTool,
    NumeralTickFormatter,
    Range1d,
    TapTool,
)

from dashboard.figures.figure import Rows, plain_figure
from dashboard.figures.quality import QualityFigure, percent
from dashboard.theme import paint

if TYPE_CHECKING:
    from dashboard.reading import Reading

BINS = 20
SURE = 0.9


class ScoresFigure(QualityFigure):
    """Bars upwards where it is right, downwards where it is wrong, each in shares of its own."""

    name: ClassVar[str] = "scores"
    title: ClassVar[str] = "How sure it is"
    note: ClassVar[str] = "what is right up, what is wrong down"
    place: ClassVar[int] = 31
    script: ClassVar[str] = "scores.js"

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A bar a row: its ends, whether of the right ones, its share of them."""
        return dict.fromkeys(("right", "wrong"), ("start", "end", "share", "n", "top"))

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """The bars that have messages."""
        sample = reading.sample
        return {
            "right": self._bars(sample.confidence[sample.right], 1),
            "wrong": self._bars(sample.confidence[~sample.right], -1),
        }

    @staticmethod
    def _bars(confidence: Any, sign: int) -> Rows:
        import numpy as np

        edges = np.linspace(0.0, 1.0, BINS + 1)
        counts, _ = np.histogram(np.clip(confidence, 0.0, 1.0), edges)
        return {
            f"{start:.2f}": {
                "start": float(start),
                "end": float(end),
                "n": int(n),
                "share": round(int(n) / len(confidence), 4),
                "top": round(sign * int(n) / len(confidence), 4),
            }
            for start, end, n in zip(edges, edges[1:], counts, strict=False)
            if n
        }

    def sentence(self, reading: Reading) -> str:
        """How many of the wrong ones it was sure of."""
        sample = reading.sample
        wrong = sample.confidence[~sample.right]
        if not len(wrong):
            return "None is wrong." if len(sample) else ""
        sure = float((wrong >= SURE).mean())
        return f"Of {percent(sure, 0)} of what is wrong it was over {percent(SURE, 0)} sure."

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Bars from a line in the middle."""
        plot = plain_figure(x_range=Range1d(start=0, end=1), y_range=DataRange1d(range_padding=0.05), tools="")
        plot.xgrid.visible = False
        bars = []
        for side, token in (("right", "accent"), ("wrong", "warn")):
            bar = plot.quad(
                left="start", right="end", bottom=0, top="top", source=sources[side], fill_alpha=0.75, line_width=1.5
            )
            paint(bar.glyph, fill_color=token, line_color="paper")
            bar.nonselection_glyph = None
            bar.selection_glyph = None
            tips = [(f"{side}, sure", "@start{0 %} to @end{0 %}"), ("messages", "@n{0,0} (@share{0.0 %} of them)")]
            plot.add_tools(HoverTool(renderers=[bar], tooltips=tips))
            bars.append(bar)
        plot.add_tools(TapTool(renderers=bars))
        plot.xaxis.formatter = NumeralTickFormatter(format="0 %")
        plot.yaxis.formatter = CustomJSTickFormatter(code="return `${Math.round(100 * Math.abs(tick))} %`;")
        plot.xaxis.axis_label = "how sure it says it is"
        plot.yaxis.axis_label = "wrong ↓   right ↑"
        for axis in (plot.xaxis, plot.yaxis):
            axis.axis_label_text_font_size = "11.5px"
        return plot
