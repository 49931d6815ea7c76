"""Slice by slice: where the model is weaker than on the whole; a slice narrows the whole page to it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import (
    ColumnDataSource,
    CustomJSTickFormatter,
    DataRange1d,
    HoverTool,
    TapTool,
)

from core.slices import KIND
from dashboard.figures.figure import Rows, plain_figure
from dashboard.figures.quality import QualityFigure, percent
from dashboard.theme import GLYPH_FONT, paint

if TYPE_CHECKING:
    from dashboard.reading import Reading

NAME_MOST = 30
NAMES_WIDE = 0.6
"""Room for the names, of the width that the intervals take."""


class BySliceFigure(QualityFigure):
    """A line a slice, the worst on top."""

    name: ClassVar[str] = "by_slice"
    title: ClassVar[str] = "Where it is weak"
    note: ClassVar[str] = "right predictions by kind of message; a click narrows the page to it"
    place: ClassVar[int] = 50
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "by_slice.js"

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """A slice a row; the share right of all."""
        return {
            "slices": ("slice", "text", "x", "y", "low", "high", "n", "f1", "at", "weak"),
            "whole": ("x", "bottom", "top"),
        }

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """The slices with the most messages, the worst first."""
        found = reading.by_slice
        if not found:
            return {"slices": {}, "whole": {}}
        whole = float(reading.sample.right.mean())
        left = min(each.right.low for each in found)
        at = left - NAMES_WIDE * (1.0 - left)
        slices = {
            each.name: {
                "slice": each.name,
                "text": _shown(each.name),
                "x": round(each.right.share, 4),
                "y": -number,
                "low": round(each.right.low, 4),
                "high": round(each.right.high, 4),
                "n": each.right.n,
                "wrong": each.right.n - each.right.hits,
                "f1": round(each.macro_f1, 4),
                "at": round(at, 4),
                "weak": int(each.right.high < whole),
            }
            for number, each in enumerate(found)
        }
        return {
            "slices": slices,
            "whole": {"whole": {"x": round(whole, 4), "bottom": -len(found) + 0.4, "top": 0.6}},
        }

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """With a sentence where no slice has enough messages."""
        words = dict(super().words(reading))
        if len(reading.sample):
            words["by_slice-empty"] = "No kind of message has 20 messages of known class yet."
        return words

    def sentence(self, reading: Reading) -> str:
        """Which slices are surely weaker than the whole."""
        found = reading.by_slice
        if not found:
            return ""
        right = float(reading.sample.right.mean())
        weak = [_shown(each.name) for each in found if each.right.high < right]
        named = (
            f"Surely weaker than on the whole ({percent(right)}): {', '.join(weak[:3])}"
            if weak
            else (f"None is surely weaker than the whole ({percent(right)})")
        )
        return f"{named}."

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """Names, intervals and dots, a line each."""
        plot = plain_figure(x_range=DataRange1d(range_padding=0.02), y_range=DataRange1d(range_padding=0.03), tools="")
        plot.ygrid.visible = False
        plot.yaxis.visible = False
        slices = sources["slices"]
        whole = plot.segment("x", "bottom", "x", "top", source=sources["whole"], line_dash="dashed", line_width=1.4)
        paint(whole.glyph, line_color="mute")
        line = plot.segment("low", "y", "high", "y", source=slices, line_width=2.4, line_alpha=0.5)
        paint(line.glyph, line_color="accent")
        names = plot.text(
            "at", "y", text="text", source=slices, text_baseline="middle", text_font=GLYPH_FONT, text_font_size="12.5px"
        )
        paint(names.glyph, text_color="ink")
        dots = plot.scatter("x", "y", source=slices, size=10, line_width=1.5)
        paint(dots.glyph, fill_color="accent", line_color="paper")
        for glyph in (names, dots):
            glyph.nonselection_glyph = None
            glyph.selection_glyph = None
        plot.add_tools(
            TapTool(renderers=[names, dots]),
            HoverTool(
                renderers=[dots],
                tooltips=[
                    ("@text", "@x{0.0 %} right (@low{0.0 %} to @high{0.0 %})"),
                    ("macro-F1", "@f1{0.000}"),
                    ("messages", "@n{0,0}"),
                ],
            ),
        )
        plot.xaxis.formatter = CustomJSTickFormatter(code="return tick > 1 ? '' : `${+(100 * tick).toFixed(1)} %`;")
        return plot


def _shown(name: str) -> str:
    """A slice's name as the figure writes it: senders choose their own, with what nobody sees in it."""
    family, _, value = name.partition(":")
    seen = "".join("·" if unicodedata.category(each)[0] == "C" else each for each in value)
    text = seen if family == KIND else f"{family} {seen}"
    return text if len(text) <= NAME_MOST else f"{text[: NAME_MOST - 1]}…"
