"""What a figure is.

A figure turns what is read from the store into rows, and draws columns of rows with Bokeh. Rows have keys: the feed
compares a figure's rows with those before, and sends the ones that changed to every page that shows it, the same bytes
to all. So a figure never sends anything itself, and a page holds no state of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource
from bokeh.plotting import figure as bokeh_figure

from core.registry import Registry
from dashboard.theme import FONT, paint

if TYPE_CHECKING:
    from dashboard.reading import Reading

Row = dict[str, Any]
Rows = dict[str, Row]
"""A figure's rows by key, in the order in which they are drawn. A row's values are what JSON can say."""


class Figure(ABC):
    """One figure.

    `name` is its address (`?only=confusion`), `title` and `note` its heading; `wakes_on` names the kinds of events
    after which its rows may differ.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    note: ClassVar[str] = ""
    wakes_on: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes

    @abstractmethod
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of each source's rows."""

    @abstractmethod
    def rows(self, reading: Reading) -> dict[str, Rows]:
        """The rows of each source."""

    @abstractmethod
    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """The Bokeh figure over its sources (empty ones: the page fills them)."""

    def sources(self) -> dict[str, ColumnDataSource]:
        """Empty sources, named as the feed addresses them."""
        return {
            name: ColumnDataSource(data={column: [] for column in ("key", *columns)}, name=f"{self.name}.{name}")
            for name, columns in self.columns().items()
        }


FIGURES: Registry[Figure] = Registry("figure", Figure, "dashboard.figures")  # type: ignore[type-abstract]


def plain_figure(**options: Any) -> Any:
    """A Bokeh figure in the house's style: no frame, no toolbar, quiet axes."""
    plot = bokeh_figure(
        toolbar_location=None,
        sizing_mode="stretch_both",
        outline_line_color=None,
        background_fill_alpha=0,
        border_fill_alpha=0,
        min_border=4,
        **options,
    )
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.axis_line_alpha = 0
        axis.major_tick_line_alpha = 0
        axis.minor_tick_line_alpha = 0
        axis.major_label_text_font = FONT
        axis.major_label_text_font_size = "12px"
        axis.axis_label_text_font_style = "normal"
        paint(axis, major_label_text_color="mute", axis_label_text_color="mute")
    for grid in (*plot.xgrid, *plot.ygrid):
        paint(grid, grid_line_color="line")
    return plot
