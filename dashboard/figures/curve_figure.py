"""What ROC and precision-recall share: a line a class, its points, and the area below each in words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, HoverTool, NumeralTickFormatter, Range1d, TapTool

from core.store.rollups import FOLDS
from dashboard.figures.figure import Rows, plain_figure
from dashboard.figures.quality import QualityFigure
from dashboard.theme import class_colors, paint

if TYPE_CHECKING:
    from core.learning.quality import Curve
    from dashboard.reading import Reading

POINTS_MOST, POINTS_LEAST, POINTS_ALL = 60, 15, 300
ONLY_FOLDS = (
    "It needs how probable each class is. Of these messages only the probability of the class that was chosen is kept: "
    "hold the model against 'held-out folds' instead."
)
EARLIER = "This run was made by an earlier version, which did not keep how probable each class is. The next run does."


class CurveFigure(QualityFigure):
    """One class against the others, from the strictest threshold to the most lenient."""

    wakes_on: ClassVar[frozenset[str]] = frozenset({"predicted", "promoted", "fold", "run"})
    area: ClassVar[str] = ""
    across: ClassVar[str] = ""
    upwards: ClassVar[str] = ""

    @abstractmethod
    def curve(self, is_class: Any, probability: Any, points: int) -> Curve | None:
        """The curve of one class."""

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A line a class; its points; its area."""
        return {
            "lines": ("x", "y", "color"),
            "points": ("x", "y", "color", "klass", "at"),
            "areas": ("klass", "color", "value", "low", "high", "n"),
        }

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """Of each class that some messages are of, and some are not."""
        found: dict[str, Rows] = {"lines": {}, "points": {}, "areas": {}}
        sample = reading.sample
        if sample.probabilities is None:
            return found
        colors = class_colors(self.classes)
        points = max(POINTS_LEAST, min(POINTS_MOST, POINTS_ALL // len(self.classes)))
        for code, klass in enumerate(self.classes):
            curve = self.curve(sample.truth == code, sample.probabilities[:, code], points)
            if curve is None:
                continue
            color = {"color": colors[klass], "klass": klass}
            x, y = curve.x.round(4).tolist(), curve.y.round(4).tolist()
            found["lines"][klass] = {"x": x, "y": y, "color": colors[klass]}
            for number, (at_x, at_y, at) in enumerate(zip(x, y, curve.threshold.tolist(), strict=True)):
                found["points"][f"{number}|{klass}"] = {"x": at_x, "y": at_y, "at": at, **color}
            value, low, high = (round(end, 4) for end in (curve.area.value, curve.area.low, curve.area.high))
            found["areas"][klass] = {"value": value, "low": low, "high": high, "n": curve.positives, **color}
        return found

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """Why there is none, where probabilities are missing."""
        words = dict(super().words(reading))
        if len(reading.sample) and reading.sample.probabilities is None:
            words |= {
                f"{self.name}-note": "",
                f"{self.name}-empty": EARLIER if reading.view.against == FOLDS else ONLY_FOLDS,
            }
        return words

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Lines over the unit square."""
        plot = plain_figure(x_range=Range1d(start=-0.02, end=1.02), y_range=Range1d(start=-0.02, end=1.02), tools="")
        plot.multi_line("x", "y", source=sources["lines"], line_color="color", line_width=2.0)
        points = plot.scatter("x", "y", source=sources["points"], size=7, color="color", alpha=0.0, line_alpha=0.0)
        points.hover_glyph = None
        points.nonselection_glyph = None
        points.selection_glyph = None
        plot.add_tools(
            TapTool(renderers=[points]),
            HoverTool(
                renderers=[points],
                point_policy="snap_to_data",
                attachment="horizontal",
                tooltips=[
                    ("class", "@klass"),
                    ("from probability", "@at{0.000}"),
                    (self.across, "@x{0.0 %}"),
                    (self.upwards, "@y{0.0 %}"),
                ],
            ),
        )
        for axis, label in ((plot.xaxis, self.across), (plot.yaxis, self.upwards)):
            axis.formatter = NumeralTickFormatter(format="0 %")
            axis.axis_label = label
            axis.axis_label_text_font_size = "11.5px"
            for each in axis:
                paint(each, axis_label_text_color="mute", major_label_text_color="mute")
        return plot
