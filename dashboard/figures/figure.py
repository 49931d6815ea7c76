"""What a figure is.

A figure turns what is read from the store into rows, and draws columns of rows with Bokeh. Rows have keys: the feed
compares a figure's rows with those before, and sends the ones that changed to every page that shows it, the same bytes
to all. So a figure never sends anything itself, and a page holds no state of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from bokeh.models import ColumnDataSource, CustomJSTickFormatter
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

    `name` is its address (`?only=confusion`), `title` and `note` its heading, `panes` the parts of the live page on
    which it stands, in the order of `place`; `empty` is the sentence where there is nothing to draw. `wakes_on` names
    the kinds of events after which its rows may differ. A figure whose card needs more than a heading has a template of
    its own (`templates/figures/NAME.html`), one that does more in the page than show rows a module (`script`, below
    static/js/figures).
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    note: ClassVar[str] = ""
    empty: ClassVar[str] = "There is nothing to show yet."
    panes: ClassVar[frozenset[str]] = frozenset()
    place: ClassVar[int] = 50
    wide: ClassVar[bool] = False
    script: ClassVar[str] = ""
    wakes_on: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, classes: tuple[str, ...]) -> None:
        self.classes = classes

    @abstractmethod
    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """The columns of each source's rows."""

    @abstractmethod
    def rows(self, reading: Reading) -> dict[str, Rows]:
        """The rows of each source."""

    def words(self, reading: Reading) -> Mapping[str, Any]:  # noqa: ARG002 - for those that have words
        """The words that stand with it, by the id of their element; `has-NAME` (has it rows?) is there already."""
        return {}

    @abstractmethod
    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:
        """The Bokeh figure over its sources (empty ones: the page fills them)."""

    def sources(self) -> dict[str, ColumnDataSource]:
        """Empty sources, named as the feed addresses them."""
        return {
            name: ColumnDataSource(data={column: [] for column in ("key", *columns)}, name=f"{self.name}.{name}")
            for name, columns in self.columns().items()
        }


def figures_of(pane: str, classes: tuple[str, ...]) -> list[Figure]:
    """The figures that stand on a pane, in their order."""
    chosen = (figure for figure in FIGURES if pane in figure.panes)
    return [figure(classes) for figure in sorted(chosen, key=lambda figure: (figure.place, figure.name))]


FIGURES: Registry[Figure] = Registry("figure", Figure, "dashboard.figures")  # type: ignore[type-abstract]


NAME_MOST = 22
"""Characters of a class's name in a figure; beside it stands the whole."""


def short(name: str) -> str:
    """A name as a figure has room for it."""
    return name if len(name) <= NAME_MOST else f"{name[: NAME_MOST - 1]}…"


def short_ticks() -> CustomJSTickFormatter:
    """The same for the names along an axis."""
    return CustomJSTickFormatter(
        args={"most": NAME_MOST},
        code="const signs = [...tick]; return signs.length > most ? `${signs.slice(0, most - 1).join('')}…` : tick;",
    )


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
