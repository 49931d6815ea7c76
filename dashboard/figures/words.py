"""Drift of the words: which came up in the newest messages, and which went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dashboard.figures.figure import Figure, Rows

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource

    from dashboard.reading import Reading


class WordsFigure(Figure):
    """The page asks for the words each minute (drift/words.json), and draws them itself."""

    name: ClassVar[str] = "words"
    title: ClassVar[str] = "Do messages say what they said?"
    note: ClassVar[str] = "words of the newest 2,000 messages against 5,000 of those before; looked at each minute"
    empty: ClassVar[str] = "There are too few messages yet to tell new ones from old ones."
    panes: ClassVar[frozenset[str]] = frozenset({"drift"})
    place: ClassVar[int] = 30
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "words.js"

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """No Bokeh source."""
        return {}

    def rows(self, reading: Reading) -> dict[str, Rows]:  # noqa: ARG002 - the words come another way
        """None: the words are worked out aside."""
        return {}

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:  # noqa: ARG002 - it has none
        """Nothing of Bokeh's."""
        return None
