"""Messages out, as they stand behind a number: streamed, for leads, and on record before the first row leaves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, fields, replace
from itertools import chain

from core.errors import TallyroomError
from core.store import Store
from core.store.models import DatasetId
from core.store.queries.behind import Behind
from core.store.queries.messages import MessageRow, pages_behind
from labeling.exchange.formats.csv_text import harmless
from labeling.exchange.record import exported
from labeling.models import Role
from labeling.people import Reviewer, require

MOST = 100_000
_NAMES = tuple(field.name for field in fields(MessageRow))


def write_csv(rows: Iterable[MessageRow]) -> str:
    """A line a message; a text that a spreadsheet would run begins with an apostrophe."""
    piece = io.StringIO()
    csv.writer(piece).writerows([harmless(value) for value in asdict(row).values()] for row in rows)
    return piece.getvalue()


def write_jsonl(rows: Iterable[MessageRow]) -> str:
    """An object a line."""
    return "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows)


FORMS: dict[str, tuple[str, str, Callable[[Iterable[MessageRow]], str]]] = {
    "csv": ("text/csv", ",".join(_NAMES) + "\r\n", write_csv),
    "jsonl": ("application/x-ndjson", "", write_jsonl),
}
"""Each form with its media type, what it begins with, and how rows are written."""


def export_behind(
    store: Store,
    dataset: DatasetId,
    behind: Behind,
    form: str,
    person: Reviewer,
    *,
    address: str | None = None,
    most: int = MOST,
) -> Iterator[str]:
    """The messages behind a number as text, piece by piece, `most` at the most; on record when it begins.

    Raises:
        TallyroomError: there is no such form.
        AccessError: the person is no lead.
    """
    if form not in FORMS:
        raise TallyroomError(f"format: '{form[:20]}' is none", where="format", fix=f"Use {' or '.join(FORMS)}.")
    # What was searched for may be a piece of somebody's message: it stays out of the log.
    what = f"messages behind {replace(behind, q='').query}{' with words' if behind.q else ''}"
    with store.read() as connection:
        require(connection, person.id, Role.LEAD)
    store.write(lambda c: exported(c, what[:200], by=person.id, name=person.name, address=address))
    _, head, write = FORMS[form]
    pages = pages_behind(store, dataset, behind, most)
    return chain([head], (write(page.rows) for page in pages))
