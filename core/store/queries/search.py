"""Which messages a search finds, and how many it covers."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from core.search import Piece, Search
from core.store.models import DatasetId, Stage
from core.store.queries.live import tallies
from core.store.records.search import key_of

_SQLITE = text("SELECT rowid FROM message_search WHERE message_search MATCH :asked LIMIT :most")
_POSTGRESQL = text("SELECT message_id FROM message_search WHERE terms @@ CAST(:asked AS tsquery) LIMIT :most")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of `messages` in the store the search covers `covered`."""

    covered: int
    messages: int

    @property
    def sentence(self) -> str:
        """What is to be said of it; empty where it covers all."""
        if self.covered >= self.messages:
            return ""
        return f"search covers {self.covered:,} of {self.messages:,} messages, the newest first; it is catching up"


def coverage(connection: Connection, dataset: DatasetId) -> Coverage:
    """How many messages the search covers: a mark and a roll-up, whatever their number."""
    mark = connection.execute(select(Stage.result).where(Stage.fingerprint == key_of(dataset))).scalar_one_or_none()
    return Coverage(int(mark["n"]) if mark else 0, tallies(connection).get("messages", 0))


def found_by(connection: Connection, search: Search, most: int) -> list[int] | None:
    """The ids of the messages that a search finds, in no order; None where they are more than `most`."""
    sqlite = connection.dialect.name == "sqlite"
    statement, asked = (_SQLITE, _fts5(search)) if sqlite else (_POSTGRESQL, _tsquery(search))
    ids = list(connection.execute(statement, {"asked": asked, "most": most + 1}).scalars())
    return ids if len(ids) <= most else None


def _fts5(search: Search) -> str:
    """As FTS5 reads it. Terms have no quotes in them, so nothing that was typed is syntax."""
    return " AND ".join(f'"{" ".join(piece.terms)}"{" *" if piece.prefix else ""}' for piece in search.pieces)


def _tsquery(search: Search) -> str:
    return " & ".join(f"({_phrase(piece)})" for piece in search.pieces)


def _phrase(piece: Piece) -> str:
    *first, last = (f"'{term}'" for term in piece.terms)
    return " <-> ".join([*first, f"{last}:*" if piece.prefix else last])
