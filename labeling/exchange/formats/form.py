"""What a format is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from core.registry import Registry
from labeling.exchange.row import LabelRow

NEEDED = ("source", "key", "label")
FIELD_MOST = 1_000_000
"""Characters of a field at most: what is longer is no message, and would be held in memory."""
Read = Iterator[tuple[int, Mapping[str, Any] | str]]
"""Rows by their line (or their number, where there are no lines); in place of a row that is none, the reason."""


class Format(ABC):
    """A way to write labels down, and to read them again.

    `extension` begins with a point, or is empty where the format is a folder of files. `media_type` is its name in
    HTTP, empty where it is not sent. `binary` says that a terminal should not be shown it.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    extension: ClassVar[str] = ""
    media_type: ClassVar[str] = ""
    binary: ClassVar[bool] = False
    reads: ClassVar[bool] = True
    writes: ClassVar[bool] = True

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files."""
        return not self.extension

    @abstractmethod
    def write(self, rows: Iterable[LabelRow], target: Path, classes: Sequence[str]) -> None:
        """Write labels to a new file (or folder), a few at a time: the memory does not grow with them.

        The same rows give the same bytes.
        """

    @abstractmethod
    def read(self, path: Path) -> Read:
        """Read rows with at least the columns source, key, label.

        Raises:
            SourceError: the file cannot be read as a whole.
        """


class TextFormat(Format):
    """A format of lines."""

    @abstractmethod
    def chunks(self, rows: Iterable[LabelRow]) -> Iterator[str]:
        """The text, piece by piece."""

    def write(self, rows: Iterable[LabelRow], target: Path, classes: Sequence[str]) -> None:  # noqa: ARG002 - not a text's matter
        """Write UTF-8."""
        with target.open("wb") as file:
            file.writelines(chunk.encode("utf-8") for chunk in self.chunks(rows))


FORMATS: Registry[Format] = Registry("label format", Format, "labeling.exchange.formats")  # type: ignore[type-abstract]
