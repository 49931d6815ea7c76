"""What passes between a source and the dictionary: raw rows of text, and rows set aside."""

from __future__ import annotations

from dataclasses import dataclass

from core.text import storable

EXCERPT = 200


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that could not be taken: its source, its line (from 1; a row's number in SQL), why, and how it begins."""

    source: str
    line: int
    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as the source has it: the columns that the dictionary asks for, as text or missing."""

    line: int
    body: str | None
    key: str | None = None
    sender: str | None = None
    sent_at: str | None = None
    label: str | None = None


def quarantined(source: str, line: int, reason: str, excerpt: str = "") -> QuarantinedRow:
    """A row set aside; only the beginning of it is kept, in a form that the store takes."""
    return QuarantinedRow(source, line, reason, storable(excerpt[:EXCERPT]))
