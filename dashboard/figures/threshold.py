"""The threshold explorer: the model decides where it is sure enough, a person looks at the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, DataRange1d, LinearAxis, NumeralTickFormatter, Range1d

from dashboard.figures.figure import Rows, plain_figure
from dashboard.figures.quality import QualityFigure
from dashboard.theme import FONT, paint

if TYPE_CHECKING:
    from dashboard.reading import Reading

WRONG, COST = "wrong", "cost"
"""The range of the axis on the right, and one without an axis."""


class ThresholdFigure(QualityFigure):
    """Shares by threshold; the page draws the cost over them, from what its reader says a mistake and a look cost."""

    name: ClassVar[str] = "threshold"
    title: ClassVar[str] = "When to ask a person"
    note: ClassVar[str] = "the model decides where it is sure enough, a person looks at the rest"
    place: ClassVar[int] = 20
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "threshold.js"

    def __init__(self, classes: tuple[str, ...]) -> None:
        super().__init__(classes)
        self._least = 100 // len(classes) / 100  # of k classes one is always as probable as 1/k

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A threshold a row; the cost of each and the two that are marked come from the page."""
        return {
            "curve": ("at", "decided", "wrong", "low", "high"),
            "cost": ("at", "cost"),
            "marks": ("at", "top", "dash", "alpha"),
        }

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a threshold, in shares and in messages."""
        n = len(reading.sample)
        if not n:
            return {"curve": {}}
        from core.learning.quality import thresholds  # here: statsmodels takes a second to import

        return {
            "curve": {
                f"{each.at:.2f}": {
                    "at": each.at,
                    "decided": round(each.wrong.n / n, 5),
                    "wrong": round(each.wrong.share, 5) if each.wrong.n else None,
                    "low": round(each.wrong.low, 5) if each.wrong.n else None,
                    "high": round(each.wrong.high, 5) if each.wrong.n else None,
                    "n": each.wrong.n,
                    "mistakes": each.wrong.hits,
                }
                for each in thresholds(reading.sample.right, reading.sample.confidence)
                if each.at >= self._least
            }
        }

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """With the number of messages, which the page counts the costs by."""
        return {**super().words(reading), "threshold-n": len(reading.sample)}

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """The share decided by the model, what is wrong of it, the cost; two upright lines."""
        plot = plain_figure(x_range=Range1d(start=self._least, end=1), y_range=Range1d(start=0, end=1.03), tools="")
        plot.xgrid.visible = False
        plot.extra_y_ranges = {
            WRONG: DataRange1d(start=0, range_padding=0.1, default_span=0.01, renderers=[]),
            COST: DataRange1d(start=0, range_padding=0.1, default_span=1.0, renderers=[]),
        }
        decided = plot.varea("at", y1=0, y2="decided", source=sources["curve"], fill_alpha=0.5)
        paint(decided.glyph, fill_color="accent-paper")
        edge = plot.line("at", "decided", source=sources["curve"], line_width=2.2)
        paint(edge.glyph, line_color="accent")
        band = plot.varea("at", y1="low", y2="high", source=sources["curve"], fill_alpha=0.16, y_range_name=WRONG)
        paint(band.glyph, fill_color="warn")
        line = plot.line("at", "wrong", source=sources["curve"], line_width=2.2, y_range_name=WRONG)
        paint(line.glyph, line_color="warn")
        cost = plot.line("at", "cost", source=sources["cost"], line_width=1.6, line_dash=[5, 4], y_range_name=COST)
        paint(cost.glyph, line_color="mute")
        marks = plot.segment(
            "at", 0, "at", "top", source=sources["marks"], line_width=1.6, line_dash="dash", line_alpha="alpha"
        )
        paint(marks.glyph, line_color="ink")
        plot.extra_y_ranges[WRONG].renderers = [band]
        plot.extra_y_ranges[COST].renderers = [cost]
        self._axes(plot)
        return plot

    @staticmethod
    def _axes(plot: Any) -> None:
        right: Any = LinearAxis(y_range_name=WRONG, axis_label="wrong, of what it decides")
        right.formatter = NumeralTickFormatter(format="0.0 %")
        right.axis_line_alpha = right.major_tick_line_alpha = right.minor_tick_line_alpha = 0
        right.major_label_text_font, right.major_label_text_font_size = FONT, "12px"
        right.axis_label_text_font_style = "normal"
        paint(right, major_label_text_color="warn", axis_label_text_color="warn")
        plot.add_layout(right, "right")
        plot.xaxis.ticker.desired_num_ticks = 5
        plot.xaxis.axis_label = "it decides from this confidence on"
        plot.yaxis[0].axis_label = "decided by the model"
        for axis in (*plot.xaxis, *plot.yaxis):
            axis.axis_label_text_font_size = "11.5px"
        for axis in (plot.xaxis[0], plot.yaxis[0]):
            axis.formatter = NumeralTickFormatter(format="0 %")
