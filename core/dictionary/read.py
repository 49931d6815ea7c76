"""source -> clean -> frame: rows of text become messages, or are set aside with a reason. Counts add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from core.dictionary.reader import PartReader
from core.dictionary.rows import QuarantinedRow
from core.dictionary.schema import Dictionary, SourceSpec
from core.dictionary.seen import SeenKeys
from core.dictionary.sources import SOURCES, Part, Source


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a source: `rows_read` = rows of `frame` + `sampled_out` + rows of `quarantined`.

    `frame` is as `core.frames.MESSAGES` says.
    """

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
    """All parts of all sources, a chunk at a time; a key that two files of a source have is taken from the first.

    Raises:
        SourceError: one of them cannot be read at all.
    """
    seen = {spec.name: SeenKeys() for spec in dictionary.sources}
    for part in parts(dictionary, folder):
        yield from _chunks(dictionary, folder, part, seen[part.source])


def read_part(dictionary: Dictionary, folder: Path, part: Part) -> Iterator[Chunk]:
    """One part by itself, a chunk at a time.

    Raises:
        SourceError: it cannot be read at all.
    """
    yield from _chunks(dictionary, folder, part, SeenKeys())


def _chunks(dictionary: Dictionary, folder: Path, part: Part, seen: SeenKeys) -> Iterator[Chunk]:
    spec = next(spec for spec in dictionary.sources if spec.name == part.source)
    reader = PartReader(dictionary, spec, seen)
    for raw in _source(spec, folder).chunks(part, dictionary.chunk_rows):
        if len(raw):
            frame, aside, sampled_out = reader.messages(raw)
            yield Chunk(spec.name, frame, aside, sampled_out, len(raw))


def _source(spec: SourceSpec, folder: Path) -> Source:
    return SOURCES.get(spec.kind)(spec, folder)
