"""source -> clean -> frame: rows of text become messages, or are set aside with a reason. Counts add up."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from core.cleaning import clean
from core.dictionary.rows import QuarantinedRow, RawRow, quarantined
from core.dictionary.sample import in_sample
from core.dictionary.schema import ColumnSpec, Dictionary, SourceSpec
from core.dictionary.sources import SOURCES, Part, Source
from core.frames import MESSAGES, empty_messages
from core.text import storable


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a source: `rows_read` = rows of `frame` + `sampled_out` + rows of `quarantined`."""

    source: str
    frame: pd.DataFrame
    quarantined: tuple[QuarantinedRow, ...]
    sampled_out: int
    rows_read: int


def parts(dictionary: Dictionary, folder: Path) -> list[Part]:
    """What the dictionary's sources consist of now, in their order.

    Raises:
        SourceError: one of them is not there.
    """
    return [part for spec in dictionary.sources for part in _source(spec, folder).parts()]


def read(dictionary: Dictionary, folder: Path) -> Iterator[Chunk]:
    """All parts of all sources, a chunk at a time.

    Raises:
        SourceError: one of them cannot be read at all.
    """
    for part in parts(dictionary, folder):
        yield from read_part(dictionary, folder, part)


def read_part(dictionary: Dictionary, folder: Path, part: Part) -> Iterator[Chunk]:
    """One part, a chunk at a time.

    Raises:
        SourceError: it cannot be read at all.
    """
    spec = next(spec for spec in dictionary.sources if spec.name == part.source)
    rows = _source(spec, folder).rows(part, dictionary.chunk_rows)
    reader = _Reader(dictionary, spec)
    while batch := list(islice(rows, dictionary.chunk_rows)):
        yield reader.chunk(batch)


def _source(spec: SourceSpec, folder: Path) -> Source:
    return SOURCES.get(spec.kind)(spec, folder)


@dataclass(slots=True)
class _Reader:
    """Reads a part's rows one batch after the other; remembers which keys it has seen."""

    dictionary: Dictionary
    spec: SourceSpec
    seen: set[bytes] = field(default_factory=set)
    same_text: Counter[bytes] = field(default_factory=Counter)

    def chunk(self, batch: list[RawRow | QuarantinedRow]) -> Chunk:
        aside = [row for row in batch if isinstance(row, QuarantinedRow)]
        taken: list[tuple[str, str, str | None, int | None, str | None]] = []
        for row in batch:
            if isinstance(row, RawRow):
                try:
                    taken.append(self._message(row))
                except _AsideError as error:
                    aside.append(quarantined(self.spec.name, row.line, str(error), row.body or ""))
        frame, sampled_out = self._frame(taken)
        aside.sort(key=lambda row: row.line)
        return Chunk(self.spec.name, frame, tuple(aside), sampled_out, len(batch))

    def _message(self, row: RawRow) -> tuple[str, str, str | None, int | None, str | None]:
        """key, body, sender, sent_at, label of a row.

        Raises:
            _AsideError: with the reason for the quarantine.
        """
        if row.body is None or not row.body.strip():
            raise _AsideError("no text")
        label = self._label(row.label)
        sent_at = _instant(row.sent_at, self.spec.columns.sent_at)
        key = self._key(row)
        digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if digest in self.seen:
            raise _AsideError(f"the key '{key[:60]}' came before in this source")
        self.seen.add(digest)
        return key, storable(row.body), storable(row.sender) if row.sender else None, sent_at, label

    def _key(self, row: RawRow) -> str:
        """The row's key; without a column for it, its content and how often that came before.

        So a row keeps its key when others are put in above it.
        """
        if self.spec.columns.key is not None:
            if not row.key:
                raise _AsideError("no key")
            return storable(row.key)
        content = "\0".join((row.body or "", row.sender or "", row.sent_at or ""))
        digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()[:12]
        self.same_text[digest] += 1
        return f"{digest.hex()}-{self.same_text[digest]}"

    def _label(self, given: str | None) -> str | None:
        """The class that the source's label means; empty means none."""
        if not given or not given.strip():
            return None
        meanings = self.spec.labels
        if meanings is None:
            meant = given if given in self.dictionary.classes else None
        elif self.spec.labels_ignore_case:
            meant = {name.lower(): klass for name, klass in meanings.items()}.get(given.strip().lower())
        else:
            meant = meanings.get(given.strip())
        if meant is None and self.spec.unknown_labels == "quarantine":
            raise _AsideError(f"the label '{given[:60]}' is not known")
        return meant

    def _frame(self, taken: list[tuple[str, str, str | None, int | None, str | None]]) -> tuple[pd.DataFrame, int]:
        if self.dictionary.sample is not None and taken:
            sample = self.dictionary.sample
            keep = in_sample(self.spec.name, [row[0] for row in taken], fraction=sample.fraction, seed=sample.seed)
            kept = [row for row, is_in in zip(taken, keep, strict=True) if is_in]
        else:
            kept = taken
        left_out = len(taken) - len(kept)
        if not kept:
            return empty_messages(), left_out
        keys, bodies, senders, times, labels = zip(*kept, strict=True)
        frame = pd.DataFrame(
            {
                "source": pd.Series([self.spec.name] * len(kept), dtype="str"),
                "key": pd.Series(keys, dtype="str"),
                "body": pd.Series(bodies, dtype="str"),
                "text": pd.Series(clean(bodies, self.dictionary.steps), dtype="str"),
                "sender": pd.Series(senders, dtype="str"),
                "sent_at": pd.Series(times, dtype="Int64"),
                "label": pd.Series(labels, dtype="str"),
            }
        )
        return MESSAGES.validate(frame), left_out


class _AsideError(Exception):
    """Why a row is set aside."""


def _instant(given: str | None, spec: ColumnSpec | None) -> int | None:
    """Milliseconds since 1970 of a time as the source writes it; missing stays missing.

    Raises:
        _AsideError: it is no such time.
    """
    if spec is None or not given or not given.strip():
        return None
    text = given.strip()
    try:
        if spec.dtype in ("epoch_s", "epoch_ms"):
            return round(float(text) * (1000 if spec.dtype == "epoch_s" else 1))
        moment = datetime.strptime(text, spec.format) if spec.format else datetime.fromisoformat(text)  # noqa: DTZ007
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=ZoneInfo(spec.timezone))
        return round(moment.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise _AsideError(f"'{text[:40]}' is not a time as the dictionary describes it") from None
