"""The confusion matrix: a cell a pair of classes, share of its row above, count below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, HoverTool, TapTool

from dashboard.figures.figure import Figure, Row, Rows, plain_figure
from dashboard.theme import GLYPH_FONT, paint

if TYPE_CHECKING:
    from dashboard.reading import Confusion, Reading

_CELL = ("truth", "klass", "n", "count", "share", "alpha", "on_dark", "on_light")
STRONG = 0.5


class ConfusionFigure(Figure):
    """What a model says against what is true."""

    name: ClassVar[str] = "confusion"
    title: ClassVar[str] = "Confusion"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"verdict", "labels", "predicted", "promoted", "fold", "run"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The same for both kinds of truth."""
        return {"verdicts": _CELL, "folds": _CELL}

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a cell, for both kinds of truth."""
        return {"verdicts": self._cells(reading.against_verdicts), "folds": self._cells(reading.against_folds)}

    def _cells(self, confusion: Confusion) -> Rows:
        totals = {truth: sum(confusion.cells.get((truth, k), 0) for k in self.classes) for truth in self.classes}
        return {
            f"{truth}|{klass}": self._cell(truth, klass, confusion.cells.get((truth, klass), 0), totals[truth])
            for truth in self.classes
            for klass in self.classes
        }

    @staticmethod
    def _cell(truth: str, klass: str, n: int, total: int) -> Row:
        share = n / total if total else 0.0
        strong = share > STRONG
        return {
            "truth": truth,
            "klass": klass,
            "n": n,
            "count": f"{n:,}",
            "share": f"{100 * share:.1f} %" if total else "–",
            "alpha": round(0.04 + 0.92 * share, 3),
            "on_dark": int(strong),
            "on_light": int(not strong),
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Both matrices in one figure; the page shows one of them."""
        plot = plain_figure(
            x_range=list(self.classes), y_range=list(reversed(self.classes)), x_axis_location="below", tools=""
        )
        plot.grid.visible = False
        cells = []
        for name, source in sources.items():
            cell = plot.rect(
                "klass", "truth", 0.96, 0.94, source=source, fill_alpha="alpha", line_alpha=0, name=f"cells-{name}"
            )
            paint(cell.glyph, fill_color="cell")
            cell.nonselection_glyph = None
            cell.selection_glyph = None
            cells.append(cell)
            self._words(plot, source, name)
        plot.add_tools(
            TapTool(renderers=cells),
            HoverTool(renderers=cells, tooltips=[("is", "@truth"), ("called", "@klass"), ("messages", "@count")]),
        )
        return plot

    @staticmethod
    def _words(plot: Any, source: ColumnDataSource, name: str) -> None:
        """White on strong cells, ink on pale ones."""
        for field, size, weight, dy in (("share", "15px", "bold", -9), ("count", "12px", "normal", 10)):
            common = {"text": field, "text_align": "center", "text_baseline": "middle", "y_offset": dy}
            look = {
                "text_font": GLYPH_FONT,
                "text_font_size": size,
                "text_font_style": weight,
                "source": source,
                "name": f"words-{name}",
            }
            plot.text("klass", "truth", text_alpha="on_dark", text_color="#ffffff", **common, **look)
            pale = plot.text("klass", "truth", text_alpha="on_light", **common, **look)
            paint(pale.glyph, text_color="ink" if field == "share" else "mute")
