"""What a source is: it lists its parts, and gives the rows of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.dictionary.rows import QuarantinedRow, RawRow
from core.registry import Registry

if TYPE_CHECKING:
    from core.dictionary.schema import SourceSpec


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a source that is read as a whole: a file, a table.

    `state` is what it looks like now (size and time of a file, count and highest key of a table): while it stays the
    same, the part is not read again.
    """

    source: str
    name: str
    state: str


class Source(ABC):
    """A kind of source.

    Args:
        spec: what the dictionary says of it.
        folder: the room's folder, from which paths are taken.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""

    def __init__(self, spec: SourceSpec, folder: Path) -> None:
        self.spec = spec
        self.folder = folder

    @classmethod
    @abstractmethod
    def check(cls, spec: SourceSpec) -> None:
        """Refuse a description that lacks what this kind needs.

        Raises:
            ValueError: with the sentence to show.
        """

    @abstractmethod
    def parts(self) -> list[Part]:
        """The parts that are there now.

        Raises:
            SourceError: the source is not there.
        """

    @abstractmethod
    def rows(self, part: Part, chunk_rows: int) -> Iterator[RawRow | QuarantinedRow]:
        """The rows of a part in its order, and those that could not be read.

        Raises:
            SourceError: the part cannot be read at all.
        """


SOURCES: Registry[Source] = Registry("kind of source", Source, "core.dictionary.sources")  # type: ignore[type-abstract]
