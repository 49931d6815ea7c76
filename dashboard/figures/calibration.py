"""Calibration: how often the model is right when it says how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Range1d, TapTool

from dashboard.figures.figure import Rows, plain_figure
from dashboard.figures.quality import QualityFigure
from dashboard.theme import paint

if TYPE_CHECKING:
    from core.learning.quality import Reliability
    from dashboard.reading import Reading

BARS = 0.2
"""Height of the largest bar, of the figure."""


class CalibrationFigure(QualityFigure):
    """A dot a tenth of confidence; on the diagonal the model is as often right as it says."""

    name: ClassVar[str] = "calibration"
    title: ClassVar[str] = "Can its confidence be believed?"
    note: ClassVar[str] = "calibration"
    place: ClassVar[int] = 30
    script: ClassVar[str] = "calibration.js"

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A bin of confidence a row: its ends, its dot with the interval, its bar."""
        return {"bins": ("start", "end", "x", "y", "low", "high", "n", "bar")}

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """The bins that have messages."""
        found = self._reliability(reading)
        if found is None:
            return {"bins": {}}
        most = max(each.right.n for each in found.bins)
        return {
            "bins": {
                f"{each.start:.1f}": {
                    "start": each.start,
                    "end": each.end,
                    "x": round(each.confidence, 4),
                    "y": round(each.right.share, 4),
                    "low": round(each.right.low, 4),
                    "high": round(each.right.high, 4),
                    "n": each.right.n,
                    "bar": round(BARS * each.right.n / most, 4),
                }
                for each in found.bins
            }
        }

    @staticmethod
    def _reliability(reading: Reading) -> Reliability | None:
        if not len(reading.sample):
            return None
        from core.learning.quality import reliability  # here: scikit-learn takes a second to import

        return reliability(reading.sample.right, reading.sample.confidence)

    def sentence(self, reading: Reading) -> str:
        """How far it is off on average."""
        found = self._reliability(reading)
        if found is None:
            return ""
        return f"Its word and the truth are {100 * found.gap:.1f} points apart on average."

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Dots with whiskers over the diagonal, bars of how many below."""
        plot = plain_figure(x_range=Range1d(start=0, end=1), y_range=Range1d(start=0, end=1.03), tools="")
        bins = sources["bins"]
        bars = plot.quad(left="start", right="end", bottom=0, top="bar", source=bins, line_width=1.5, fill_alpha=0.9)
        paint(bars.glyph, fill_color="accent-paper", line_color="paper")
        diagonal = plot.line([0, 1], [0, 1], line_dash="dashed", line_width=1.2)
        paint(diagonal.glyph, line_color="mute")
        whisker = plot.segment("x", "low", "x", "high", source=bins, line_width=2.0, line_alpha=0.55)
        paint(whisker.glyph, line_color="accent")
        dots = plot.scatter("x", "y", source=bins, size=9, line_width=1.5)
        paint(dots.glyph, fill_color="accent", line_color="paper")
        for glyph in (bars, dots):
            glyph.nonselection_glyph = None
            glyph.selection_glyph = None
        plot.add_tools(
            TapTool(renderers=[bars, dots]),
            HoverTool(
                renderers=[dots],
                tooltips=[
                    ("sure", "@x{0.0 %}"),
                    ("right", "@y{0.0 %} (@low{0.0 %} to @high{0.0 %})"),
                    ("messages", "@n{0,0}"),
                ],
            ),
        )
        for axis in (plot.xaxis, plot.yaxis):
            axis.formatter = NumeralTickFormatter(format="0 %")
            axis.axis_label_text_font_size = "11.5px"
        plot.xaxis.axis_label = "how sure it says it is"
        plot.yaxis.axis_label = "how often it is right"
        return plot
