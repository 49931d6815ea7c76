"""The search's index, brought up to date: FTS5 without the text on SQLite, a tsvector with GIN on PostgreSQL.

It is no part of the ingest: it follows in short transactions, each of which moves the mark that says which messages it
covers, so that it may be stopped at any moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, select, text

from core.fingerprint import fingerprint
from core.search import terms_of
from core.store.models import DatasetId, Message, SearchStale, Stage
from core.store.records.stages import set_progress

NAME = "Search"
VERSION = 1
"""Part of the mark: raise it when terms are cut another way, and drop what the index holds."""
STALE_PAGE = 200


@dataclass(frozen=True, slots=True)
class Covered:
    """The stretch of message ids that the search covers, all from `low` to `high`: `n` messages."""

    low: int
    high: int
    n: int


def covered(connection: Connection, dataset: DatasetId) -> Covered | None:
    """How far the index is; held until the transaction ends, where there is one. None before it begins."""
    query = select(Stage.result).where(Stage.fingerprint == key_of(dataset)).with_for_update()
    found = connection.execute(query).scalar_one_or_none()
    return None if found is None else Covered(int(found["low"]), int(found["high"]), int(found["n"]))


def key_of(dataset: DatasetId) -> str:
    """The mark in the store that says which messages the search covers."""
    return fingerprint("search", VERSION, int(dataset))


def begin_index(connection: Connection, dataset: DatasetId, newest: int) -> Covered:
    """Where a search that begins stands: the newest messages come first. Of two who begin at once, one does."""
    there = covered(connection, dataset)
    if there is None:
        there = Covered(newest + 1, newest, 0)
        set_progress(connection, NAME, key_of(dataset), asdict(there))
    return there


def index_messages(
    connection: Connection, dataset: DatasetId, before: Covered, after: Covered, terms: Mapping[int, Sequence[str]]
) -> bool:
    """Put messages that are not in the index into it, unless somebody else has meanwhile; says whether it did.

    Args:
        connection: inside a transaction.
        dataset: whose messages.
        before: what was covered when the messages were read.
        after: what is covered with them.
        terms: of each message's text, as it was read.
    """
    if covered(connection, dataset) != before:
        return False
    fresh = {**terms, **{message_id: new for message_id, (_, new) in _changed(connection, list(terms)).items()}}
    _insert(connection, fresh)
    set_progress(connection, NAME, key_of(dataset), asdict(after))
    return True


def has_changed(connection: Connection, low: int, high: int) -> bool:
    """Whether the text of a message that is covered has changed since."""
    these = select(SearchStale.message_id).where(SearchStale.message_id.between(low, high))
    return connection.execute(these.limit(1)).first() is not None


def index_changed(connection: Connection, dataset: DatasetId) -> int:
    """Bring some messages whose text changed up to date in the index; gives how many."""
    there = covered(connection, dataset)
    if there is None:
        return 0
    # Of those that are not covered yet the note stays: whoever has read the old text and is about to write it, sees it.
    these = select(SearchStale.message_id).where(SearchStale.message_id.between(there.low, there.high))
    changed = _changed(connection, connection.execute(these.limit(STALE_PAGE)).scalars().all())
    _delete(connection, {message_id: old for message_id, (old, _) in changed.items()})
    _insert(connection, {message_id: new for message_id, (_, new) in changed.items()})
    return len(changed)


def _changed(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[list[str], list[str]]]:
    """The terms before and now of those of the messages that changed, which are then no longer noted.

    Taken out first and read afterwards: a change that is committed in between notes itself again.
    """
    old: dict[int, str] = {}
    for start in range(0, len(ids), 1_000):
        these = SearchStale.message_id.in_(ids[start : start + 1_000])
        rows = connection.execute(delete(SearchStale).where(these).returning(SearchStale.message_id, SearchStale.body))
        old.update((row.message_id, row.body) for row in rows)
    if not old:
        return {}
    now = connection.execute(select(Message.id, Message.body).where(Message.id.in_(list(old))))
    return {row.id: (terms_of(old[row.id]), terms_of(row.body)) for row in now}


def _insert(connection: Connection, terms: Mapping[int, Sequence[str]]) -> None:
    if not terms:
        return
    if connection.dialect.name == "sqlite":
        rows = [(message_id, " ".join(each)) for message_id, each in terms.items()]
        connection.exec_driver_sql("INSERT INTO message_search (rowid, terms) VALUES (?, ?)", rows)
        return
    # One statement of two arrays: a row a message would be a way there and back a message.
    statement = text(
        "INSERT INTO message_search (message_id, terms)"
        " SELECT unnest(CAST(:ids AS bigint[])), CAST(unnest(CAST(:terms AS text[])) AS tsvector)"
        " ON CONFLICT (message_id) DO UPDATE SET terms = excluded.terms"
    )
    connection.execute(statement, {"ids": list(terms), "terms": [_tsvector(each) for each in terms.values()]})


def _delete(connection: Connection, terms: Mapping[int, Sequence[str]]) -> None:
    """Take out messages with the terms that they went in with; PostgreSQL overwrites them."""
    if terms and connection.dialect.name == "sqlite":
        rows = [(message_id, " ".join(each)) for message_id, each in terms.items()]
        take = "INSERT INTO message_search (message_search, rowid, terms) VALUES ('delete', ?, ?)"
        connection.exec_driver_sql(take, rows)


def _tsvector(terms: Iterable[str]) -> str:
    """As PostgreSQL reads one: each term with its places. Quotes and backslashes are in no term."""
    places: dict[str, list[str]] = {}
    for place, term in enumerate(terms, start=1):
        places.setdefault(term, []).append(str(place))
    return " ".join(f"'{term}':{','.join(at[:255])}" for term, at in places.items())
