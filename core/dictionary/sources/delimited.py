"""CSV and TSV files, read strictly: every line becomes part of a row or is set aside with its number."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from core.dictionary.records import Records, quoted, unquoted
from core.dictionary.rows import QuarantinedRow, RawRows, Reason, quarantined
from core.dictionary.sources.source import Part, Source
from core.errors import SourceError

if TYPE_CHECKING:
    from core.dictionary.schema import SourceSpec

READ_CHARS = 4_000_000
# Rows are turned into columns a few at a time: a hundred thousand small lists alive at once make Python's garbage
# collector look through all of them again and again, which took a third of the time.
BLOCK_LINES = 2_000

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Bytes that do not decode become a lone surrogate, which no decoded text holds: only their own row is set aside.
_MARK = "\udc80"


def _marked(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return _MARK, error.end
    raise error


codecs.register_error("tallyroom.mark", _marked)


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

    def chunks(self, part: Part, chunk_rows: int) -> Iterator[RawRows]:
        """The rows of one file."""
        path = self.folder / part.name
        separator = self.spec.separator or self.separator
        records = unquoted if self.spec.quoting == "none" else quoted
        names = list(self.spec.header) if isinstance(self.spec.header, list) else None
        places: dict[str, int] | None = None
        waiting = RawRows([], {})
        for batch in records(_blocks(path, self._encoding(path), min(chunk_rows, BLOCK_LINES)), separator):
            if names is None:
                names = _header(batch, path)
            if names is not None:
                places = places or self.places(names, str(path))
                waiting.extend(self._rows(batch, places, len(names)))
            if len(waiting) >= chunk_rows:
                yield waiting
                waiting = RawRows([], {})
        yield waiting

    def _rows(self, batch: Records, places: dict[str, int], width: int) -> RawRows:
        aside = [
            quarantined(self.spec.name, line, Reason.QUOTES, reason, excerpt)
            for line, reason, excerpt in batch.troubles
        ]
        lines, rows = batch.lines, batch.rows
        columns = self._columns(rows, width)
        if columns is None:
            troubles = [self._trouble(line, fields, width) for line, fields in zip(lines, rows, strict=True)]
            aside += [trouble for trouble in troubles if trouble]
            lines = [line for line, trouble in zip(lines, troubles, strict=True) if not trouble]
            rows = [fields for fields, trouble in zip(rows, troubles, strict=True) if not trouble]
            columns = list(zip(*rows, strict=True)) or [()] * width
        return RawRows(lines, {column: list(columns[place]) for column, place in places.items()}, aside)

    def _columns(self, rows: list[list[str]], width: int) -> list[tuple[str, ...]] | None:
        """The rows turned into columns, or None when any of them has any trouble. A column at a time is fastest."""
        if not set(map(len, rows)) <= {width}:
            return None
        columns = list(zip(*rows, strict=True)) or [()] * width
        for column in columns:
            if max(map(len, column), default=0) > self.spec.max_field_chars or _MARK in "".join(column):
                return None
        return columns

    def _trouble(self, line: int, fields: list[str], width: int) -> QuarantinedRow | None:
        """Why a row cannot be taken."""
        longest = max(map(len, fields))
        if len(fields) != width:
            kind, reason = Reason.FIELDS, f"expected {width} fields, found {len(fields)}"
        elif longest > self.spec.max_field_chars:
            kind = Reason.TOO_LONG
            reason = f"a field of {longest:,} characters, {self.spec.max_field_chars:,} at most"
        elif any(_MARK in field for field in fields):
            kind = Reason.BYTES
            reason = f"bytes that are not {self.spec.encoding if self.spec.encoding != 'auto' else 'UTF-8'}"
        else:
            return None
        return quarantined(self.spec.name, line, kind, reason, " | ".join(field[:200] for field in fields[:20]))

    def _encoding(self, path: Path) -> str:
        """The codec; also where the dictionary says UTF-8, a mark at the beginning belongs to no column's name."""
        if self.spec.encoding != "auto":
            return "utf-8-sig" if codecs.lookup(self.spec.encoding).name == "utf-8" else self.spec.encoding
        try:
            with path.open("rb") as file:
                head = file.read(4)
        except OSError as error:
            raise SourceError(f"cannot be read ({error.strerror})", where=str(path)) from error
        return next((codec for bom, codec in _BOMS if head.startswith(bom)), "utf-8")


class Tsv(Csv):
    """Fields with a tab between them."""

    name: ClassVar[str] = "tsv"
    title: ClassVar[str] = "Files with a tab between the fields."
    separator: ClassVar[str] = "\t"


def _blocks(path: Path, encoding: str, size: int) -> Iterator[list[str]]:
    """The lines of a file with their ends, at most so many at a time."""
    try:
        # newline="\n": a lone carriage return belongs to a field, whatever universal newlines would say.
        with path.open(encoding=encoding, errors="tallyroom.mark", newline="\n") as file:
            while lines := file.readlines(READ_CHARS):
                for start in range(0, len(lines), size):
                    yield lines[start : start + size]
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except UnicodeError as error:
        raise SourceError(
            f"is not {encoding} ({error})", where=str(path), fix="Say its 'encoding' in the dictionary."
        ) from None


def _header(batch: Records, path: Path) -> list[str] | None:
    """Take the names of the columns out of the first records; None while there are none yet."""
    first = min([*batch.lines[:1], *(line for line, _, _ in batch.troubles[:1])], default=None)
    if first is None:
        return None
    if not batch.lines or batch.lines[0] != first:
        raise SourceError(
            f"the header cannot be read: {batch.troubles[0][1]}",
            where=f"{path}:{first}",
            fix="Mend that line, or 'separator' and 'quoting' in the dictionary.",
        )
    batch.lines.pop(0)
    return [name.strip() for name in batch.rows.pop(0)]
