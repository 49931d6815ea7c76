"""The live page: how good the model is, while it happens."""

from collections.abc import Mapping
from typing import Any, ClassVar

from core.errors import TallyroomError
from dashboard.figures import FIGURES, figures_of
from dashboard.pages.page import Page
from dashboard.views import PANES, SERIES, SPANS, UNITS, View


class Live(Page):
    """The figures of one pane; the feed fills them."""

    name: ClassVar[str] = "live"
    title: ClassVar[str] = "Live"
    place: ClassVar[int] = 1
    script: ClassVar[str] = "live.js"
    styles: ClassVar[tuple[str, ...]] = ("alarms.css", "drawer.css", "quality.css", "drift.css")

    def __init__(self, classes: tuple[str, ...], query: Mapping[str, str]) -> None:
        super().__init__(classes, query)
        try:
            self._view = View.from_query(query)
        except TallyroomError:  # the feed refuses it too, and says why
            self._view = View()
        self._wall = {pane: found for pane in PANES if (found := figures_of(pane, classes))} if self._on_wall else {}
        if self._wall:  # all of them in one document, which takes them in turns
            self._figures = list({each.name: each for found in self._wall.values() for each in found}.values())
            return
        chosen = [FIGURES.get(query["only"])(classes)] if query.get("only") in FIGURES.names() else []
        self._figures = chosen or figures_of(self._view.pane, classes)

    @property
    def variant(self) -> str:
        """Those of a pane, or one alone."""
        return " ".join(figure.name for figure in self._figures)

    @property
    def _on_wall(self) -> bool:
        return self.query.get("wall") == "1"

    def roots(self) -> Mapping[str, Any]:
        """A root a figure, but for those that the page draws without Bokeh."""
        built = ((figure.name, figure.build(figure.sources())) for figure in self._figures)
        return {name: model for name, model in built if model is not None}

    def variables(self) -> Mapping[str, Any]:
        """The panes, and the figures of this one."""
        choices = {"units": UNITS, "series": SERIES, "wall": self._on_wall}
        return {"panes": PANES, "spans": SPANS, "pane": self._view.pane, "figures": self._figures, **choices}

    def facts(self) -> Mapping[str, Any]:
        """The modules of figures that do more than show rows."""
        scripts = [figure.script for figure in self._figures if figure.script]
        facts: dict[str, Any] = {"pane": self._view.pane, "scripts": list(dict.fromkeys(scripts))}
        if self._wall:
            names = {pane: [figure.name for figure in found] for pane, found in self._wall.items()}
            facts["wall"] = {"panes": names, "titles": PANES}
        return facts
