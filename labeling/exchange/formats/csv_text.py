"""CSV that a spreadsheet can open without running anything of it."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import ClassVar

from core.errors import SourceError
from labeling.exchange.formats.form import FIELD_MOST, NEEDED, Read, TextFormat
from labeling.exchange.formats.lines import opened
from labeling.exchange.row import NAMES, VALUES, LabelRow

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default of 131,072 would raise; we have a limit of our own
PIECE = 500
# What a spreadsheet would run; an apostrophe before it keeps it text. One that is there already gets a second, so that
# reading takes away exactly what writing added.
FORMULA = re.compile(r"'*[=+\-@\t\r]")
GUARDED = re.compile(r"'+[=+\-@\t\r]")


class Csv(TextFormat):
    """A heading and a row a label."""

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "CSV; a text that a spreadsheet would run as a formula begins with an apostrophe."
    extension: ClassVar[str] = ".csv"
    media_type: ClassVar[str] = "text/csv"

    def chunks(self, rows: Iterable[LabelRow]) -> Iterator[str]:
        """The heading, then rows a few hundred at a time."""
        each = iter(rows)
        piece = io.StringIO()
        writer = csv.writer(piece)
        writer.writerow(NAMES)
        while True:
            writer.writerows([harmless(value) for value in VALUES(row)] for row in islice(each, PIECE))
            if not piece.tell():
                return
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()

    def read(self, path: Path) -> Read:
        """Rows by the line on which they end."""
        with opened(path) as file:
            reader = csv.DictReader(_short(file, path))
            missing = set(NEEDED) - set(reader.fieldnames or ())
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
                    yield (
                        reader.line_num,
                        {name: text[1:] if GUARDED.match(text) else text for name, text in row.items()},
                    )


def _short(file: Iterable[str], path: Path) -> Iterator[str]:
    """The lines, as long as no field grows beyond all measure: a quote that is never closed swallows the file."""
    inside, length = False, 0
    for line in file:
        if line.count('"') % 2:
            inside = not inside
        length = length + len(line) if inside else 0
        if max(length, len(line)) > len(NAMES) * FIELD_MOST:
            raise SourceError(
                f"a field is longer than {FIELD_MOST:,} characters", where=str(path), fix="Look for a missing quote."
            )
        yield line


def harmless(value: object) -> object:
    """The value as a spreadsheet shows and does not run it."""
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value
