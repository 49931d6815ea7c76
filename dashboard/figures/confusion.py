"""The confusion matrix: a cell a pair of classes; shares of its row, of its column or of all, and the count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, HoverTool, TapTool

from core.store.queries.judged import AGAINST
from dashboard.figures.figure import Figure, Row, Rows, plain_figure, short_ticks
from dashboard.theme import GLYPH_FONT, paint

if TYPE_CHECKING:
    from dashboard.reading import Confusion, Reading

NORMS = ("row", "col", "all")
"""What a cell's share is of: its row (of a class, so much is called so), its column (of what is called so), all."""
_LOOK = ("share", "alpha", "dark", "light")
_CELL = ("truth", "klass", "n", "count", *(f"{norm}_{look}" for norm in NORMS for look in _LOOK))
STRONG = 0.5


class ConfusionFigure(Figure):
    """What a model says against what is true."""

    name: ClassVar[str] = "confusion"
    title: ClassVar[str] = "Confusion"
    panes: ClassVar[frozenset[str]] = frozenset({"now", "quality"})
    place: ClassVar[int] = 10
    script: ClassVar[str] = "confusion.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"verdict", "labels", "predicted", "promoted", "fold", "run"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The same for each kind of truth."""
        return dict.fromkeys(AGAINST, _CELL)

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a cell, for each kind of truth."""
        return {against: self._cells(reading.confusion(against)) for against in AGAINST}

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """For each kind of truth whose matrix it is, of how many messages, and what is most often wrong."""
        return {f"confusion-{against}": self._facts(reading.confusion(against)) for against in AGAINST}

    @staticmethod
    def _facts(confusion: Confusion) -> dict[str, Any]:
        wrong = {cell: n for cell, n in confusion.cells.items() if cell[0] != cell[1] and n > 0}
        most = max(wrong, key=lambda cell: wrong[cell]) if wrong else None
        return {
            "run": confusion.run_id,
            "model": confusion.title,
            "total": confusion.total,
            "whole": confusion.whole,
            "most": {"truth": most[0], "predicted": most[1], "n": wrong[most]} if most else None,
        }

    def _cells(self, confusion: Confusion) -> Rows:
        cells = {(truth, k): confusion.cells.get((truth, k), 0) for truth in self.classes for k in self.classes}
        rows = {truth: sum(cells[truth, k] for k in self.classes) for truth in self.classes}
        columns = {klass: sum(cells[truth, klass] for truth in self.classes) for klass in self.classes}
        most = max(cells.values(), default=0)
        found: Rows = {}
        for (truth, klass), n in cells.items():
            cell: Row = {"truth": truth, "klass": klass, "n": n, "count": f"{n:,}"}
            for norm, total in (("row", rows[truth]), ("col", columns[klass])):
                cell |= self._look(norm, n, total, shade=n / total if total else 0.0)
            # Of all messages most cells are a few in a hundred: the fullest is the strongest.
            cell |= self._look("all", n, confusion.total, shade=n / most if most else 0.0)
            found[f"{truth}|{klass}"] = cell
        return found

    @staticmethod
    def _look(norm: str, n: int, total: int, *, shade: float) -> Row:
        return {
            f"{norm}_share": f"{100 * n / total:.1f} %" if total else "–",
            f"{norm}_alpha": round(0.04 + 0.92 * shade, 3),
            f"{norm}_dark": int(shade > STRONG),
            f"{norm}_light": int(shade <= STRONG),
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """The matrices in one figure; the page shows one of them."""
        plot = plain_figure(
            x_range=list(self.classes), y_range=list(reversed(self.classes)), x_axis_location="below", tools=""
        )
        plot.grid.visible = False
        plot.xaxis.formatter = plot.yaxis.formatter = short_ticks()
        cells = []
        for name, source in sources.items():
            cell = plot.rect(
                "klass", "truth", 0.96, 0.94, source=source, fill_alpha="row_alpha", line_alpha=0, name=f"cells-{name}"
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
        """White on strong cells, ink on pale ones; the large word above, the small one below (the page picks which)."""
        for place, field, size, weight, dy in (
            ("large", "row_share", "15px", "bold", -9),
            ("small", "count", "12px", "normal", 10),
        ):
            common = {"text": field, "text_align": "center", "text_baseline": "middle", "y_offset": dy}
            look = {
                "text_font": GLYPH_FONT,
                "text_font_size": size,
                "text_font_style": weight,
                "source": source,
                "name": f"words-{name}",
            }
            white = plot.text("klass", "truth", text_alpha="row_dark", text_color="#ffffff", **common, **look)
            white.tags = [place, "dark"]
            pale = plot.text("klass", "truth", text_alpha="row_light", **common, **look)
            pale.tags = [place, "light"]
            paint(pale.glyph, text_color="ink" if place == "large" else "mute")
