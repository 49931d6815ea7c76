"""Labels out."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from core.errors import SourceError, TallyroomError
from labeling.exchange.formats import FORMATS, Format
from labeling.exchange.formats.form import TextFormat
from labeling.exchange.row import LabelRow


class Counted:
    """Rows, counted as they pass."""

    def __init__(self, rows: Iterable[LabelRow]) -> None:
        self._rows = rows
        self.n = 0

    def __iter__(self) -> Iterator[LabelRow]:
        for row in self._rows:
            self.n += 1
            yield row


def write_labels(rows: Iterable[LabelRow], file: IO[str], form: str) -> int:
    """Write labels as text; gives how many.

    Raises:
        UnknownNameError: no format has that name.
        TallyroomError: the format is not of text.
    """
    text = FORMATS.get(form)()
    if not isinstance(text, TextFormat):
        raise TallyroomError(f"'{form}' is not text", fix="Write it to a file.")
    counted = Counted(rows)
    for chunk in text.chunks(counted):
        file.write(chunk)
    return counted.n


def export(rows: Iterable[LabelRow], target: Path, form: Format, classes: Sequence[str]) -> int:
    """Write labels to a file or, where the format is one, a folder; gives how many.

    What is there is replaced when all is written, and not before.

    Raises:
        SourceError: it cannot be written there; a folder that holds something else is left alone.
    """
    counted = Counted(rows)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as scratch:
            fresh = Path(scratch) / "labels"
            form.write(counted, fresh, classes)
            if form.is_folder:
                _make_way(target)
            fresh.replace(target)
    except OSError as error:
        raise SourceError(f"cannot be written ({error.strerror})", where=str(target)) from None
    return counted.n


def _make_way(folder: Path) -> None:
    """Take an earlier export away; anything else stays."""
    if not folder.exists():
        return
    ours = {"README.md", "data"}
    if not folder.is_dir() or {path.name for path in folder.iterdir()} - ours:
        raise SourceError("there is something else there", where=str(folder), fix="Name a new folder.")
    shutil.rmtree(folder)
