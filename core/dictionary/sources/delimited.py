"""CSV and TSV files, read strictly: every line becomes a row or is set aside with its number."""

from __future__ import annotations

import codecs
import csv
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.dictionary.rows import QuarantinedRow, RawRow, quarantined
from core.dictionary.sources.source import Part, Source
from core.errors import SourceError, did_you_mean

if TYPE_CHECKING:
    from core.dictionary.schema import SourceSpec

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default of 131,072 would raise; we have a limit of our own

RECORD_LINES = 1_000
RECORD_CHARS = 1_000_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Csv(Source):
    """Fields with a separator between them."""

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "Files with a separator between the fields."
    separator: ClassVar[str] = ","

    @classmethod
    def check(cls, spec: SourceSpec) -> None:
        """A file is needed."""
        if not spec.path:
            raise ValueError(f"a {cls.name} source needs 'path', a file or a pattern such as data/*.csv")
        if spec.url or spec.table or spec.query:
            raise ValueError(f"'url', 'table' and 'query' belong to sql, not to {cls.name}")

    def parts(self) -> list[Part]:
        """The files that match, in order of their names; a pattern may match none yet."""
        pattern = str(self.spec.path)
        path = Path(pattern)
        if any(sign in pattern for sign in "*?["):
            root, relative = (
                (Path(path.anchor), str(path.relative_to(path.anchor)))
                if path.is_absolute()
                else (self.folder, pattern)
            )
            found = sorted(match for match in root.glob(relative) if match.is_file())
        else:
            found = [self.folder / path]
        return [self._part(file) for file in found]

    def _part(self, file: Path) -> Part:
        try:
            stat = file.stat()
        except OSError as error:
            raise SourceError(
                f"the file of the source '{self.spec.name}' cannot be read ({error.strerror})",
                where=str(file),
                fix="Put it there, or mend 'path' in the dictionary.",
            ) from None
        name = str(file.relative_to(self.folder)) if file.is_relative_to(self.folder) else str(file)
        return Part(self.spec.name, name, f"{stat.st_size}:{stat.st_mtime_ns}")

    def rows(self, part: Part, chunk_rows: int) -> Iterator[RawRow | QuarantinedRow]:  # noqa: ARG002 - it streams
        """The rows of one file."""
        path = self.folder / part.name
        records = _records(path, self._encoding(path), self.spec.separator or self.separator, self.spec.quoting)
        yield from self._rows(records, path)

    def _rows(self, records: Iterator[tuple[int, list[str] | str]], path: Path) -> Iterator[RawRow | QuarantinedRow]:
        header = self.spec.header
        if header is True:
            line, first = next(records, (1, []))
            if isinstance(first, str):
                raise SourceError(f"the header cannot be read: {first}", where=f"{path}:{line}")
            if not first:
                return
            names = [name.strip() for name in first]
        else:
            names = list(header) if isinstance(header, list) else []
        places = self._places(names, path)
        width = len(names)
        for line, fields in records:
            if isinstance(fields, str):
                yield quarantined(self.spec.name, line, fields)
            elif trouble := self._trouble(fields, width):
                yield quarantined(self.spec.name, line, trouble, " | ".join(field[:200] for field in fields[:20]))
            else:
                yield RawRow(line, **{column: fields[place] for column, place in places.items()})

    def _trouble(self, fields: list[str], width: int) -> str:
        """Why a row cannot be taken, or nothing."""
        if len(fields) != width:
            return f"expected {width} fields, found {len(fields)}"
        for field in fields:
            if len(field) > self.spec.max_field_chars:
                return f"a field of {len(field):,} characters, {self.spec.max_field_chars:,} at most"
            if not field.isascii() and any("\udc80" <= sign <= "\udcff" for sign in field):
                return f"bytes that are not {self.spec.encoding if self.spec.encoding != 'auto' else 'UTF-8'}"
        return ""

    def _places(self, names: list[str], path: Path) -> dict[str, int]:
        places = {}
        for column, spec in self.spec.columns:
            if spec is None:
                continue
            if spec.source not in names:
                raise SourceError(
                    f"there is no column '{spec.source}' (for {column})",
                    where=str(path),
                    fix=f"{did_you_mean(spec.source, names)} The file has: {', '.join(names)}.",
                )
            places[column] = names.index(spec.source)
        return places

    def _encoding(self, path: Path) -> str:
        if self.spec.encoding != "auto":
            return self.spec.encoding
        with path.open("rb") as file:
            head = file.read(4)
        return next((codec for bom, codec in _BOMS if head.startswith(bom)), "utf-8")


class Tsv(Csv):
    """Fields with a tab between them."""

    name: ClassVar[str] = "tsv"
    title: ClassVar[str] = "Files with a tab between the fields."
    separator: ClassVar[str] = "\t"


def _records(path: Path, encoding: str, separator: str, quoting: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each record with the number of its first line: its fields, or the sentence why it cannot be read.

    Bytes that do not decode are carried as lone surrogates, so that only their own row is set aside. A quote that is
    never closed does not swallow the file: its line is set aside, and reading goes on at the next.
    """
    try:
        # newline="\n": a lone carriage return belongs to a field, whatever universal newlines would say.
        with path.open(encoding=encoding, errors="surrogateescape", newline="\n") as file:
            lines = enumerate(file, start=1)
            if quoting == "none":
                yield from _unquoted(lines, separator)
            else:
                yield from _quoted(lines, separator)
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeError as error:
        raise SourceError(
            f"is not {encoding} ({error})", where=str(path), fix="Say its 'encoding' in the dictionary."
        ) from None


def _unquoted(lines: Iterator[tuple[int, str]], separator: str) -> Iterator[tuple[int, list[str] | str]]:
    for number, line in lines:
        if text := line.rstrip("\r\n"):
            yield number, text.split(separator)


class _Lines:
    """Numbered lines that can be given back."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self._back: deque[tuple[int, str]] = deque()

    def next(self) -> tuple[int, str] | None:
        return self._back.popleft() if self._back else next(self._lines, None)

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        self._back.extendleft(reversed(lines))


def _quoted(numbered: Iterator[tuple[int, str]], separator: str) -> Iterator[tuple[int, list[str] | str]]:
    lines = _Lines(numbered)
    while (first := lines.next()) is not None:
        if first[1].strip("\r\n"):
            yield first[0], _record(first, lines, separator)


def _record(first: tuple[int, str], lines: _Lines, separator: str) -> list[str] | str:
    """The fields of the record that begins at `first`, with the lines it goes on over; or why it cannot be read."""
    taken = [first]
    size = len(first[1])
    fields = _parse(taken, separator)
    while fields is None:
        line = lines.next()
        if line is None or len(taken) >= RECORD_LINES or size > RECORD_CHARS:
            lines.give_back(taken[1:] + ([line] if line else []))
            return "a quote that is not closed"
        taken.append(line)
        size += len(line[1])
        if '"' in line[1]:  # nothing else can close it: do not parse all of it again for each line
            fields = _parse(taken, separator)
    return fields


def _parse(record: list[tuple[int, str]], separator: str) -> list[str] | str | None:
    """The fields of a record; None while a quote is open; a sentence where it is malformed."""
    try:
        parsed = list(csv.reader([line for _, line in record], delimiter=separator, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        return f"malformed quoting ({error})"
    if len(parsed) != 1:
        return "line breaks outside of quotes"
    return parsed[0]
