"""The messages behind a number, a page at a time, by keyset: page 1,000 costs what page 1 costs.

Where an index has the order, it is walked, and at most `LOOK` rows of it are looked at: a page that holds less says
where to go on. Where few messages can be meant at all (an alarm's, a search's, those that people judged), those are
looked up by their ids and sorted, which is exact in any order. Nothing ever reads a table from end to end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.errors import TallyroomError
from core.store.models import DatasetId, Message, Truth
from core.store.queries.behind import Behind
from core.store.queries.candidates import (
    Candidate,
    Few,
    Key,
    Path,
    few,
    key_of,
    looked_up,
    message_time,
    path_of,
    residual,
    walking,
)
from core.store.store import Store

PAGE = 50
LOOK = 20_000
"""So many rows are looked at for a page, at most."""
LOOK_FAR = 2_000_000
"""And so many for all of what somebody takes along."""
_CHUNKS = (200, 1_800, 6_000, 12_000)
BY_IDS = 1_000


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message in a list, with what is held to be true (and by whom) and what the model said, if it said something.

    `at`: when it was sent or, where that is unknown, arrived, in ms. `repeat`: of the folds, from 0; else 0.
    """

    message_id: int
    repeat: int
    source: str
    key: str
    body: str
    sender: str | None
    at: int
    truth: str | None
    origin: str | None
    predicted: str | None
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """Messages in their order; `after` begins the next page, None at the end.

    `looked`: so many rows were looked at. `short`: the page ended there, not because it was full.
    """

    rows: Sequence[MessageRow]
    after: str | None
    looked: int
    short: bool


@dataclass(slots=True)
class _Found:
    """Candidates that fit, the key up to which was looked, and how many were looked at."""

    fit: list[Candidate]
    upto: Key | None = None
    looked: int = 0
    ended: bool = False


def messages_behind(
    connection: Connection,
    dataset: DatasetId,
    behind: Behind,
    *,
    after: str | None = None,
    limit: int = PAGE,
    look: int = LOOK,
) -> Page:
    """A page of the messages behind a number.

    Args:
        connection: to read from.
        dataset: the room's.
        behind: which messages, in which order.
        after: where the page before ended.
        limit: so many a page.
        look: so many rows are looked at, at most.

    Raises:
        TallyroomError: `after` is none, the slice is unknown, or there is no such alarm.
    """
    path = path_of(behind)
    start = _read(after, path) if after else None
    these = few(connection, dataset, behind)
    if these is None:
        found = _along(connection, behind, path, start, limit, look)
    else:
        found = _by_ids(connection, behind, path, start, these, limit)
    rows = found.fit[:limit]
    if len(found.fit) > limit:
        upto: Key | None = key_of(rows[-1], path)
    else:
        upto = None if found.ended else found.upto
    short = upto is not None and len(rows) < limit
    return Page(_filled(connection, rows), None if upto is None else _written(upto), found.looked, short)


def pages_behind(
    store: Store, dataset: DatasetId, behind: Behind, most: int, *, look: int = LOOK_FAR
) -> Iterator[Page]:
    """Long pages of them in their order, each read in a moment of its own when it is asked for.

    They end after `most` messages or `look` rows looked at; the last one says by its `after` whether there are more.
    """
    after: str | None = None
    while most > 0 and look > 0:
        with store.read() as connection:
            page = messages_behind(connection, dataset, behind, after=after, limit=min(most, BY_IDS))
        yield page
        most -= len(page.rows)
        look -= page.looked
        after = page.after
        if after is None:
            return


def _along(connection: Connection, behind: Behind, path: Path, start: Key | None, limit: int, look: int) -> _Found:
    """Walk the index that has the order: a short stretch first, longer ones while the page is not full."""
    found = _Found([], start)
    fits = residual(behind, searched=False)
    for size in _CHUNKS:
        want = min(size, look - found.looked)
        if want <= 0:
            break
        read = connection.execute(walking(behind, found.upto, want)).all()
        candidates = [Candidate(*row) for row in read]
        found.looked += len(candidates)
        found.fit += [each for each in candidates if each.fits and fits(each)]
        if candidates:
            found.upto = key_of(candidates[-1], path)
        found.ended = len(candidates) < want
        if found.ended or len(found.fit) > limit:
            break
    return found


def _by_ids(connection: Connection, behind: Behind, path: Path, start: Key | None, these: Few, limit: int) -> _Found:
    """Look few messages up, and sort them here; in the order of their ids, no more of them than the page takes."""
    fits = residual(behind, searched=these.searched)
    by_id = path.names[0] == "message_id"
    ids: Sequence[int] = these.ids
    if by_id:
        ids = sorted((each for each in ids if start is None or each <= start[0]), reverse=True)
    found = _Found([], ended=True)
    for begin in range(0, len(ids), BY_IDS):
        asked = ids[begin : begin + BY_IDS]
        found.looked += len(asked)
        rows = [Candidate(*row) for row in connection.execute(looked_up(behind, asked))]
        found.fit += [each for each in rows if each.fits and fits(each) and _comes_after(start, each, path)]
        if by_id and len(found.fit) > limit:
            break
    found.fit.sort(key=lambda each: key_of(each, path), reverse=path.falling)
    return found


def _comes_after(start: Key | None, candidate: Candidate, path: Path) -> bool:
    if start is None:
        return True
    return key_of(candidate, path) < start if path.falling else key_of(candidate, path) > start


_filled_columns = select(
    Message.id,
    Message.source,
    Message.key,
    Message.body,
    Message.sender,
    message_time.label("at"),
    Truth.klass,
    Truth.origin,
).outerjoin(Truth, Truth.message_id == Message.id)


def _filled(connection: Connection, rows: Sequence[Candidate]) -> list[MessageRow]:
    """The rows with what a person wants to see of them."""
    ids = [row.message_id for row in rows]
    known: Mapping[int, Any] = {
        row.id: row
        for begin in range(0, len(ids), BY_IDS)
        for row in connection.execute(_filled_columns.where(Message.id.in_(ids[begin : begin + BY_IDS])))
    }
    return [_row(row, known[row.message_id]) for row in rows]


def _row(row: Candidate, message: Any) -> MessageRow:
    truth, origin = (message.klass, message.origin) if row.truth is None else (row.truth, row.origin)
    known = (message.source, message.key, message.body, message.sender, message.at)
    return MessageRow(row.message_id, row.repeat, *known, truth, origin, row.predicted, row.confidence)


def _written(key: Key) -> str:
    """A key as a request carries it."""
    return ",".join(repr(value) for value in key)


def _read(text: str, path: Path) -> Key:
    """The key in a request.

    Raises:
        TallyroomError: it is none of this order.
    """
    try:
        parts = text.split(",")
        key = tuple(
            (float if name == "confidence" else int)(part) for name, part in zip(path.names, parts, strict=True)
        )
    except ValueError:
        key = ()
    if not key or not all(abs(value) < 2**63 for value in key):
        raise TallyroomError("after: this is no place in this order", where="after", fix="Begin again without it.")
    return key
