"""The live page: how good the model is, while it happens."""

from collections.abc import Mapping
from typing import Any, ClassVar

from dashboard.figures import FIGURES
from dashboard.pages.page import Page


class Live(Page):
    """All figures; the feed fills them."""

    name: ClassVar[str] = "live"
    title: ClassVar[str] = "Live"
    place: ClassVar[int] = 1
    script: ClassVar[str] = "live.js"

    def roots(self) -> Mapping[str, Any]:
        """A root a figure."""
        figures = [figure(self.classes) for figure in FIGURES]
        return {figure.name: figure.build(figure.sources()) for figure in figures}
