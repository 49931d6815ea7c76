"""What passes between a source and the dictionary: columns of raw text, and rows set aside."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from core.text import storable

EXCERPT = 200


class Reason(enum.StrEnum):
    """Why a row is set aside, as a word to count by."""

    FIELDS = "fields"
    QUOTES = "quotes"
    BYTES = "bytes"
    TOO_LONG = "too_long"
    NO_TEXT = "no_text"
    NO_KEY = "no_key"
    KEY_TWICE = "key_twice"
    LABEL = "label"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that could not be taken: its source, its line (from 1; a row's number in SQL), why, and how it begins.

    `reason` is a sentence about this row, `kind` the word that all such rows share.
    """

    source: str
    line: int
    reason: str
    excerpt: str
    kind: Reason


@dataclass(frozen=True, slots=True)
class RawRows:
    """Some rows of a source, as it has them: for each column of the dictionary as many texts as there are `lines`.

    The columns are those of `core.dictionary.schema.Columns` that the dictionary asks for; None is a missing text.
    """

    lines: list[int]
    columns: dict[str, list[str | None]]
    quarantined: list[QuarantinedRow] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines) + len(self.quarantined)

    def extend(self, more: RawRows) -> None:
        """Put other rows of the same part behind these."""
        self.lines.extend(more.lines)
        self.quarantined.extend(more.quarantined)
        for name, texts in more.columns.items():
            self.columns.setdefault(name, []).extend(texts)


def quarantined(source: str, line: int, kind: Reason, reason: str, excerpt: str = "") -> QuarantinedRow:
    """A row set aside; only the beginning of it is kept, in a form that the store takes."""
    return QuarantinedRow(source, line, storable(reason), storable(excerpt[:EXCERPT]), kind)
