"""Labels out and in: streamed, with their provenance; the cost follows the labels, not the messages."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd
from sqlalchemy import and_, bindparam, select

from core.errors import SourceError
from core.store import Store
from core.store.models import DatasetId, Label, Message, Origin, Truth
from core.store.paced import write_paced
from core.store.records.labels import add_labels
from core.text import storable

PAGE = 1_000
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # an export holds bodies, and the default of 131,072 would raise
COLUMNS = ("source", "key", "label")
# What a spreadsheet would run; an apostrophe before it keeps it text. One that is there already gets a second, so that
# reading takes away exactly what writing added.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
GUARDED = re.compile(r"'+[=+\-@\t\r]")
Format = Literal["csv", "jsonl"]


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A message's label as it leaves the room."""

    source: str
    key: str
    label: str
    origin: str
    origin_ref: str
    confidence: float | None
    labelled_at: int
    body: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import: labels taken, and the rows that could not be, as (line, reason)."""

    labels: int
    refused: tuple[tuple[int, str], ...]


# The dataset is looked at afterwards: asked for it here, SQLite reads all its messages for each page.
ROWS = (
    select(
        Message.source,
        Message.key,
        Truth.klass,
        Truth.origin,
        Label.origin_ref,
        Label.confidence,
        Label.created_at,
        Message.body,
        Message.dataset_id,
    )
    .join(Message, Message.id == Truth.message_id)
    .join(Label, Label.id == Truth.label_id)
    .where(Truth.message_id.in_(bindparam("these", expanding=True)))
    .order_by(Truth.message_id)
)
NEXT = (
    select(Truth.message_id)
    .where(Truth.message_id > bindparam("after"))
    .order_by(Truth.message_id)
    .limit(bindparam("most"))
)
# Along ix_truth_origin_klass_message_id alone: a few verdicts among millions of rules' labels cost what they are.
ALL_OF = select(Truth.message_id).where(Truth.origin == bindparam("this_origin"))


def labels(store: Store, dataset: DatasetId, origin: Origin | None = None) -> Iterator[LabelRow]:
    """The truth as it stands, in order of the messages; each page is read in a moment of its own.

    Args:
        store: the room's store.
        dataset: whose messages.
        origin: only what these say (people, sources or rules); all of it by default.
    """
    for these in _pages(store, origin):
        with store.read() as connection:
            rows = connection.execute(ROWS, {"these": these}).all()
        yield from (_label_row(row) for row in rows if row.dataset_id == dataset and origin in (None, row.origin))


def _pages(store: Store, origin: Origin | None) -> Iterator[Sequence[int]]:
    """The ids of labelled messages, rising, a page at a time."""
    if origin is not None:
        with store.read() as connection:
            ids = sorted(connection.execute(ALL_OF, {"this_origin": origin}).scalars())
        yield from (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
        return
    after = 0
    while True:
        with store.read() as connection:
            page = connection.execute(NEXT, {"after": after, "most": PAGE}).scalars().all()
        if not page:
            return
        yield page
        after = page[-1]


def _label_row(row: Any) -> LabelRow:
    return LabelRow(*row[:-1])


def write_labels(rows: Iterator[LabelRow], file: IO[str], form: Format) -> int:
    """Write labels; gives how many. In CSV a text that a spreadsheet would run begins with an apostrophe."""
    count = 0
    names = [field.name for field in fields(LabelRow)]
    values = attrgetter(*names)  # dataclasses.asdict copies each value deeply: a third of the time
    writer = csv.writer(file)
    if form == "csv":
        writer.writerow(names)
    for count, row in enumerate(rows, start=1):  # noqa: B007 - counted
        if form == "csv":
            writer.writerow([_harmless(value) for value in values(row)])
        else:
            file.write(json.dumps(dict(zip(names, values(row), strict=True)), ensure_ascii=False) + "\n")
    return count


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value


def import_labels(store: Store, dataset: DatasetId, path: Path, classes: tuple[str, ...]) -> Imported:
    """Take labels from a CSV or JSON-lines file with the columns source, key, label.

    A row that cannot be taken is passed over and named; a message that is labelled twice has the later label.

    Raises:
        SourceError: the file cannot be read, or lacks a column.
    """
    good: list[tuple[int, str, str, str]] = []
    refused: list[tuple[int, str]] = []
    for line, row in _rows(path):
        if isinstance(row, str):
            refused.append((line, row))
            continue
        source, key, label = (storable(str(row.get(name) or "")) for name in COLUMNS)
        if label not in classes:
            refused.append((line, f"'{label}' is no class of this room"))
        elif not source or not key:
            refused.append((line, "the source or the key is missing"))
        else:
            good.append((line, source, key, label))
    taken = 0
    for start in range(0, len(good), PAGE):
        page = good[start : start + PAGE]
        ids = _ids(store, dataset, page)
        refused += [(line, "no such message") for line, source, key, _ in page if (source, key) not in ids]
        known = [(ids[source, key], label) for _, source, key, label in page if (source, key) in ids]
        frame = pd.DataFrame(known, columns=["message_id", "klass"]).assign(origin_ref=path.name)
        taken += sum(write_paced(store, frame, lambda c, piece: add_labels(c, Origin.IMPORTED, piece)))
    return Imported(taken, tuple(sorted(refused)))


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    """The rows by their line; in place of a row that is none, the reason."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _json_rows(file) if path.suffix in (".jsonl", ".ndjson") else _csv_rows(path, file)
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})", where=str(path)) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"cannot be understood ({error})", where=str(path)) from None


def _json_rows(file: IO[str]) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    for line, text in enumerate(file, start=1):
        try:
            row = json.loads(text) if text.strip() else {}
        except (json.JSONDecodeError, RecursionError):
            yield line, "this is not JSON"
            continue
        if not isinstance(row, dict):
            yield line, "this is not a JSON object"
        elif row:
            yield line, row


def _csv_rows(path: Path, file: IO[str]) -> Iterator[tuple[int, Mapping[str, object] | str]]:
    reader = csv.DictReader(file)
    missing = set(COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise SourceError(
            f"the columns {', '.join(sorted(missing))} are missing",
            where=str(path),
            fix="A label file has the columns source, key, label, as 'tallyroom labels export' writes them.",
        )
    for row in reader:
        if None in row or None in row.values():
            yield reader.line_num, "the number of fields is not that of the heading"
        else:
            yield reader.line_num, {name: text[1:] if GUARDED.match(text) else text for name, text in row.items()}


def _ids(store: Store, dataset: DatasetId, page: list[tuple[int, str, str, str]]) -> dict[tuple[str, str], int]:
    """The ids of messages by (source, key), along the table's unique index."""
    by_source: dict[str, list[str]] = {}
    for _, source, key, _ in page:
        by_source.setdefault(source, []).append(key)
    ids: dict[tuple[str, str], int] = {}
    with store.read() as connection:
        for source, keys in by_source.items():
            rows = connection.execute(
                select(Message.key, Message.id).where(
                    and_(Message.dataset_id == dataset, Message.source == source, Message.key.in_(keys))
                )
            )
            ids.update({(source, key): message_id for key, message_id in rows})
    return ids
