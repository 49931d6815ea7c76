"""Labels in: each row taken, known already, or refused with its reason."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, bindparam, func, select

from core.errors import SourceError, UnknownNameError, did_you_mean
from core.store import Store
from core.store.models import DatasetId, Label, Message, Origin
from core.store.paced import write_paced
from core.store.records.labels import add_labels
from core.text import storable
from labeling.exchange.formats import FORMATS, Format
from labeling.exchange.formats.form import FIELD_MOST, NEEDED

if TYPE_CHECKING:
    import pandas as pd

PAGE = 1_000
REASONS_MOST = 1_000
SHOWN_MOST = 60


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import. `rows` is the sum of the other four.

    Attributes:
        rows: rows of the file.
        labels: labels that are new, or other than the ones imported before.
        unchanged: rows that say what an import had said already.
        repeated: rows whose message is labelled again further down; the last one counts.
        refused_rows: rows that could not be taken.
        refused: the first 1,000 of those, as (line, reason).
    """

    rows: int
    labels: int
    unchanged: int
    repeated: int
    refused_rows: int
    refused: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class _Rows:
    """The rows read so far: a message id and a class's code each (9 bytes), and what was refused."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    codes: array[int] = field(default_factory=lambda: array("b"))
    refused_rows: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        self.refused_rows += 1
        if len(self.refused) < REASONS_MOST:
            self.refused.append((line, reason))


_newest = (
    select(Label.message_id, func.max(Label.id).label("id"))
    .where(Label.message_id.in_(bindparam("these", expanding=True)), Label.origin == Origin.IMPORTED)
    .group_by(Label.message_id)
    .subquery()
)
SAID = select(Label.message_id, Label.klass).join(_newest, _newest.c.id == Label.id)


def import_labels(
    store: Store, dataset: DatasetId, path: Path, classes: Sequence[str], form: Format | None = None
) -> Imported:
    """Take labels from a file (or a folder) with source, key and label.

    A row that cannot be taken is passed over and named; a message that is labelled twice has the later label. The same
    file again changes nothing.

    Args:
        store: the room's store.
        dataset: whose messages.
        path: the file or folder.
        classes: the room's classes.
        form: its format; told by its name where it is left out.

    Raises:
        SourceError: the file cannot be read, or lacks a column; nothing was taken.
    """
    form = form or format_of(path)
    return take(store, dataset, form.read(path), classes, ref=path.resolve().name)


def format_of(path: Path) -> Format:
    """The format that a file's name tells.

    Raises:
        SourceError: none has this ending.
    """
    suffix = "" if path.is_dir() else {".ndjson": ".jsonl"}.get(path.suffix.lower(), path.suffix.lower())
    for form in FORMATS:
        if form.reads and form.extension == suffix and (suffix or path.is_dir()):
            return form()
    endings = ", ".join(form.extension or "a folder" for form in FORMATS)
    raise SourceError("no format has this ending", where=str(path), fix=f"Known: {endings}. Or name it with --format.")


def form_named(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownNameError: there is none.
    """
    form = FORMATS.get(name)
    if not form.reads:
        raise UnknownNameError(f"'{name}' is not read", fix="Use another format.")
    return form()


def take(
    store: Store,
    dataset: DatasetId,
    rows: Iterable[tuple[int, Mapping[str, Any] | str]],
    classes: Sequence[str],
    *,
    ref: str,
) -> Imported:
    """Take labels from rows as a format reads them; `ref` names the import in each label's provenance."""
    import pandas as pd  # here: pandas takes a second to import

    read = _Rows()
    codes = {klass: code for code, klass in enumerate(classes)}
    each = iter(rows)
    while page := list(islice(each, PAGE)):
        _read_page(store, dataset, page, codes, read)
    ids, said = np.array(read.ids, dtype=np.int64), np.array(read.codes, dtype=np.int8)
    # The last row of a message counts: the first one from the end.
    _, last = np.unique(ids[::-1], return_index=True)
    keep = len(ids) - 1 - last
    taken = 0
    for start in range(0, len(keep), PAGE * 10):
        piece = keep[start : start + PAGE * 10]
        frame = pd.DataFrame({"message_id": ids[piece], "klass": [classes[code] for code in said[piece]]})
        news = frame[_differs(store, frame)].assign(origin_ref=storable(ref)[:200])
        taken += sum(write_paced(store, news, lambda c, part: add_labels(c, Origin.IMPORTED, part)))
    return Imported(
        rows=len(ids) + read.refused_rows,
        labels=taken,
        unchanged=len(keep) - taken,
        repeated=len(ids) - len(keep),
        refused_rows=read.refused_rows,
        refused=tuple(sorted(read.refused)),
    )


def _read_page(
    store: Store,
    dataset: DatasetId,
    page: Sequence[tuple[int, Mapping[str, Any] | str]],
    codes: Mapping[str, int],
    read: _Rows,
) -> None:
    good: list[tuple[int, str, str, int]] = []
    for line, row in page:
        checked = row if isinstance(row, str) else _checked(row, codes)
        if isinstance(checked, str):
            read.refuse(line, checked)
        else:
            good.append((line, *checked))
    ids = _ids(store, dataset, good)
    for line, source, key, code in good:
        message_id = ids.get((source, key))
        if message_id is None:
            read.refuse(line, f"there is no message {_shown(source)}/{_shown(key)}")
        else:
            read.ids.append(message_id)
            read.codes.append(code)


def _checked(row: Mapping[str, Any], codes: Mapping[str, int]) -> tuple[str, str, int] | str:
    """Source, key and the class's code, or why there are none."""
    values = [row.get(name) for name in NEEDED]
    texts = [str(value) if isinstance(value, str | int) else "" for value in values]
    if any(len(text) > FIELD_MOST for text in texts):  # before it is looked at letter by letter
        return f"a field is longer than {FIELD_MOST:,} characters"
    source, key, label = map(storable, texts)
    if not source or not key:
        return "the source or the key is missing"
    if label not in codes:
        near = did_you_mean(label, codes) if label and len(label) <= SHOWN_MOST else ""
        return f"'{_shown(label)}' is no class of this room. {near}".strip() if label else "the label is missing"
    return source, key, codes[label]


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN_MOST else f"{text[:SHOWN_MOST]}..."


def _differs(store: Store, frame: pd.DataFrame) -> np.ndarray:
    """Which rows say something else than the newest imported label of their message."""
    before: dict[int, str | None] = {}
    for start in range(0, len(frame), PAGE):
        these = frame["message_id"].iloc[start : start + PAGE].tolist()
        with store.read() as connection:
            before.update({row.message_id: row.klass for row in connection.execute(SAID, {"these": these})})
    return np.array([before.get(i) != k for i, k in zip(frame["message_id"], frame["klass"], strict=True)], dtype=bool)


def _ids(store: Store, dataset: DatasetId, page: Sequence[tuple[int, str, str, int]]) -> dict[tuple[str, str], int]:
    """The ids of messages by (source, key), along the table's unique index."""
    ids: dict[tuple[str, str], int] = {}
    for source, keys in _by_source(page):
        with store.read() as connection:
            rows = connection.execute(
                select(Message.key, Message.id).where(
                    and_(Message.dataset_id == dataset, Message.source == source, Message.key.in_(keys))
                )
            )
            ids.update({(source, key): message_id for key, message_id in rows})
    return ids


def _by_source(page: Sequence[tuple[int, str, str, int]]) -> Iterator[tuple[str, list[str]]]:
    sources: dict[str, list[str]] = {}
    for _, source, key, _ in page:
        sources.setdefault(source, []).append(key)
    yield from sources.items()
