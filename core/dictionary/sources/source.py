"""What a source is: it lists its parts, and gives the rows of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.dictionary.rows import RawRows
from core.errors import SourceError, did_you_mean
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
    def chunks(self, part: Part, chunk_rows: int) -> Iterator[RawRows]:
        """The rows of a part in its order, about `chunk_rows` at a time, and those that could not be read.

        Raises:
            SourceError: the part cannot be read at all.
        """

    def places(self, names: Sequence[str], where: str) -> dict[str, int]:
        """For each column that the dictionary asks for its place among the source's columns.

        Raises:
            SourceError: one of them is not there, or there twice.
        """
        found = {}
        for column, spec in self.spec.columns:
            if spec is None:
                continue
            if spec.source not in names:
                near = did_you_mean(spec.source, names)
                fix = f"{near} " if near.startswith("Did") else ""
                raise SourceError(
                    f"there is no column '{spec.source}' (for {column})",
                    where=where,
                    fix=f"{fix}There are: {', '.join(names)}.",
                )
            if list(names).count(spec.source) > 1:
                raise SourceError(
                    f"two columns are called '{spec.source}' (for {column})", where=where, fix="Rename one of them."
                )
            found[column] = list(names).index(spec.source)
        return found


SOURCES: Registry[Source] = Registry("kind of source", Source, "core.dictionary.sources")  # type: ignore[type-abstract]
