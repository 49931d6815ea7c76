"""Texts as pages show them: their beginning. A message may have ten million characters; nobody reads them in a list."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Text, func, literal_column

from core.store.models import Message

SHOWN_MOST: Final = 20_000
"""Characters of a message that somebody judges."""
LISTED_MOST: Final = 2_000
"""Characters of a message in a list. One more is read, so that a page can tell that there are more."""


def beginning(column: Any, most: int) -> ColumnElement[str]:
    """The first `most` characters of a column, under its name."""
    # Literals: a prepared statement has no use for two parameters that never differ.
    cut: ColumnElement[str] = func.substr(column, literal_column("1"), literal_column(str(most)), type_=Text())
    return cut.label(column.key)


BODY_LISTED: Final = beginning(Message.body, LISTED_MOST + 1)
BODY_SHOWN: Final = beginning(Message.body, SHOWN_MOST)
TEXT_SHOWN: Final = beginning(Message.text, SHOWN_MOST)
CHARACTERS: Final[ColumnElement[int]] = func.length(Message.body).label("characters")
