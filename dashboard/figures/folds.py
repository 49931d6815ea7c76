"""Folds: the score of each, of all classes together and of each class, and the interval of the mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, DataRange1d, FactorRange, HoverTool, NumeralTickFormatter, TapTool

from dashboard.figures.figure import Rows, plain_figure, short_ticks
from dashboard.figures.quality import QualityFigure
from dashboard.theme import class_colors, paint

if TYPE_CHECKING:
    from core.store.queries.folds import FoldScore
    from dashboard.reading import Reading


class FoldsFigure(QualityFigure):
    """A dot a fold, a line of them for all classes and for each."""

    name: ClassVar[str] = "folds"
    title: ClassVar[str] = "Fold by fold"
    note: ClassVar[str] = "F1 on each; the bar is where their mean lies"
    empty: ClassVar[str] = "No fold is finished yet. It fills while the benchmark runs."
    place: ClassVar[int] = 41
    script: ClassVar[str] = "folds.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"promoted", "fold", "run", "stage"})

    def __init__(self, classes: tuple[str, ...]) -> None:
        super().__init__(classes)
        self._all = "all classes"
        while self._all in classes:  # a class may be called so
            self._all = f"({self._all})"

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A dot a fold and class; a mean a class."""
        return {
            "dots": ("line", "y", "x", "klass", "fold", "color"),
            "means": ("line", "x", "low", "high", "color"),
        }

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """The folds at the whole training part."""
        if not reading.folds:
            return {"dots": {}, "means": {}}
        from core.learning.quality import fold_scores  # here: SciPy takes a second to import

        colors = class_colors(self.classes)
        lines: dict[str, list[FoldScore]] = defaultdict(list)
        for score in reading.folds:
            if not score.klass or score.klass in colors:
                lines[score.klass].append(score)
        dots: Rows = {}
        means: Rows = {}
        for klass, scores in sorted(lines.items(), key=lambda line: (line[0] != "", line[0])):
            line = klass or self._all
            color = {"color": colors.get(klass, ""), "line": line, "klass": klass}
            for score in scores:
                name = f"{score.fold + 1}" + (f" of repeat {score.repeat + 1}" if score.repeat else "")
                key = f"{score.repeat}|{score.fold}|{klass}"
                dots[key] = {"x": round(score.value, 5), "y": [line, 0.0], "fold": name, **color}
            found = fold_scores([score.value for score in scores], _test_share(scores))
            if found is not None:
                ends = {"x": round(found.mean, 5), "low": round(found.low, 5), "high": round(found.high, 5)}
                means[klass or "*"] = {**ends, "n": len(scores), **color}
        return {"dots": dots, "means": means}

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """The folds are of all messages: the page's time and slice do not narrow them."""
        return {**super().words(reading), "folds-empty": self.empty}

    def sentence(self, reading: Reading) -> str:
        """The mean with its interval."""
        mean = self.rows(reading)["means"].get("*")
        if mean is None:
            return ""
        ends = f"{mean['low']:.3f} to {mean['high']:.3f}" if mean["n"] > 1 else "one fold"
        whole = " of all messages" if reading.view.is_narrowed else ""
        said = f"Macro-F1 {mean['x']:.3f} ({ends}) over {mean['n']} folds{whole}."
        naive = reading.naive_macro_f1
        if naive is None:
            return said
        points = 100 * (naive - mean["x"])
        return f"{said} Near-copies on both sides would change that by {points:+.1f} points, to {naive:.3f}."

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Dots on lines, the interval behind them."""
        plot = plain_figure(
            x_range=DataRange1d(range_padding=0.08),
            y_range=FactorRange(factors=[*reversed(self.classes), self._all], range_padding=0.1),
            tools="",
        )
        plot.ygrid.visible = False
        means, dots = sources["means"], sources["dots"]
        bar = plot.segment("low", "line", "high", "line", source=means, line_width=12, line_alpha=0.9)
        paint(bar.glyph, line_color="accent-paper")
        mean = plot.scatter("x", "line", source=means, marker="dash", angle=1.5708, size=18, line_width=2.4)
        paint(mean.glyph, line_color="accent")
        fold = plot.scatter("x", "y", source=dots, size=8, line_width=1.2, fill_alpha=0.8)
        paint(fold.glyph, fill_color="accent", line_color="paper")
        fold.nonselection_glyph = None
        fold.selection_glyph = None
        plot.add_tools(
            TapTool(renderers=[fold]),
            HoverTool(renderers=[fold], tooltips=[("@line", "F1 @x{0.0000}"), ("fold", "@fold")]),
        )
        plot.xaxis.formatter = NumeralTickFormatter(format="0.00")
        plot.yaxis.formatter = short_ticks()
        plot.xaxis.ticker.desired_num_ticks = 4
        return plot


def _test_share(scores: list[FoldScore]) -> float:
    """Messages tested for each that was trained on, on average."""
    return sum(each.test_size for each in scores) / max(1, sum(each.train_size for each in scores))
