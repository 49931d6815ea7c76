"""Drift of the words: which came up in the newest messages, and which went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dashboard.figures.figure import Figure, Rows
from dashboard.word_looks import words_of

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource

    from dashboard.reading import Reading


class WordsFigure(Figure):
    """The page asks for the words (drift/words.json) where there are others than it knows of, and draws them."""

    name: ClassVar[str] = "words"
    title: ClassVar[str] = "Do messages say what they said?"
    note: ClassVar[str] = "words of the newest 2,000 messages against 5,000 of those before; looked at once a minute"
    empty: ClassVar[str] = "There are too few messages yet to tell new ones from old ones."
    panes: ClassVar[frozenset[str]] = frozenset({"drift"})
    place: ClassVar[int] = 30
    wide: ClassVar[bool] = True
    script: ClassVar[str] = "words.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"messages", "promoted"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """No Bokeh source."""
        return {}

    def rows(self, reading: Reading) -> dict[str, Rows]:  # noqa: ARG002 - the words come another way
        """None: the words are worked out aside."""
        return {}

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """What the words are of now."""
        champion = reading.common.champion
        return {"words-of": words_of(reading.common.counts, champion.run_id if champion else None)}

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:  # noqa: ARG002 - it has none
        """Nothing of Bokeh's."""
        return None
