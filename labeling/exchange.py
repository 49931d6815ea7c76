"""Labels out and in: streamed, with their provenance; the cost follows the labels, not the messages."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd
from sqlalchemy import and_, select

from core.errors import SourceError
from core.store import Store
from core.store.models import DatasetId, Label, Message, Origin, Truth
from core.store.paced import write_paced
from core.store.records.labels import add_labels

PAGE = 1_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
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


def labels(store: Store, dataset: DatasetId, origin: Origin | None = None) -> Iterator[LabelRow]:
    """The truth as it stands, in order of the messages, a page at a time."""
    after = 0
    while True:
        query = (
            select(
                Message.source,
                Message.key,
                Truth.klass,
                Truth.origin,
                Label.origin_ref,
                Label.confidence,
                Label.created_at,
                Message.body,
                Truth.message_id,
            )
            .join(Message, Message.id == Truth.message_id)
            .join(Label, Label.id == Truth.label_id)
            .where(Truth.message_id > after, Message.dataset_id == dataset)
            .order_by(Truth.message_id)
            .limit(PAGE)
        )
        if origin is not None:
            query = query.where(Truth.origin == origin)
        with store.read() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return
        after = rows[-1].message_id
        yield from (_label_row(row) for row in rows)


def _label_row(row: Any) -> LabelRow:
    return LabelRow(*row[:-1])


def write_labels(rows: Iterator[LabelRow], file: IO[str], form: Format) -> int:
    """Write labels; gives how many. In CSV a text that a spreadsheet would run begins with an apostrophe."""
    count = 0
    names = list(LabelRow.__dataclass_fields__)
    writer = csv.writer(file)
    if form == "csv":
        writer.writerow(names)
    for count, row in enumerate(rows, start=1):  # noqa: B007 - counted
        if form == "csv":
            writer.writerow([_harmless(value) for value in asdict(row).values()])
        else:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")
    return count


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def import_labels(store: Store, dataset: DatasetId, path: Path, classes: tuple[str, ...]) -> Imported:
    """Take labels from a CSV or JSON-lines file with the columns source, key, label.

    Raises:
        SourceError: the file cannot be read, or lacks a column.
    """
    good: list[tuple[int, str, str, str]] = []
    refused: list[tuple[int, str]] = []
    for line, row in _rows(path):
        source, key, label = (str(row.get(name) or "") for name in ("source", "key", "label"))
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


def _rows(path: Path) -> Iterator[tuple[int, dict[str, object]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix in (".jsonl", ".ndjson"):
                for line, text in enumerate(file, start=1):
                    if text.strip():
                        yield line, json.loads(text)
                return
            reader = csv.DictReader(file)
            missing = {"source", "key", "label"} - set(reader.fieldnames or ())
            if missing:
                raise SourceError(
                    f"the columns {', '.join(sorted(missing))} are missing",
                    where=str(path),
                    fix="A label file has the columns source, key, label, as 'tallyroom labels export' writes them.",
                )
            for row in reader:
                yield reader.line_num, dict(row)
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})", where=str(path)) from None
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise SourceError(f"cannot be understood ({error})", where=str(path)) from None


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
