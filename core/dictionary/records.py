"""From the lines of a file to records of fields: strict, fast where a file is sound, and never losing a line.

Lines without a quote are split; the standard library's reader takes each record that has one by itself. So a record in
trouble is set aside alone, and reading goes on at the line after its first.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default of 131,072 would raise; we have a limit of our own

RECORD_LINES = 1_000
RECORD_CHARS = 1_000_000
NOT_CLOSED = "a quote that is not closed"


@dataclass(slots=True)
class Records:
    """Records with the number of the first line of each, and what could not be read: line, sentence, how it begins."""

    lines: list[int] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    troubles: list[tuple[int, str, str]] = field(default_factory=list)


def unquoted(blocks: Iterable[list[str]], separator: str) -> Iterator[Records]:
    """Records where a line is a record, and quotes are characters like others. Empty lines are none."""
    number = 1
    for block in blocks:
        texts = [line.rstrip("\r\n") for line in block]
        lines = [line for line, text in enumerate(texts, start=number) if text]
        yield Records(lines, [text.split(separator) for text in texts if text])
        number += len(block)


def quoted(blocks: Iterable[list[str]], separator: str) -> Iterator[Records]:
    """Records as RFC 4180 has them: quotes group a field, which may hold separators, line breaks and doubled quotes.

    A record of more than 1,000 lines or a million characters is taken for a quote that somebody forgot to close.
    """
    lines: list[str] = []
    number = 1
    for block in blocks:
        lines += block
        records, taken = _read(lines, number, separator, last=False)
        number += taken
        del lines[:taken]
        yield records
    if lines:
        yield _read(lines, number, separator, last=True)[0]


def _read(lines: list[str], number: int, separator: str, *, last: bool) -> tuple[Records, int]:
    """The records of some lines, of which the first has a number, and how many lines they took.

    A record that is not closed waits for more lines, unless these are the last.
    """
    records = Records()
    at, end = 0, len(lines)
    while at < end:
        line = lines[at]
        if '"' not in line:  # most lines: what the C reader does with them, five times as fast
            text = line.rstrip("\r\n")
            if "\r" not in text:
                if text:  # an empty line is no record
                    records.lines.append(number + at)
                    records.rows.append(text.split(separator))
                at += 1
                continue
        fields, count = _record(lines, at, separator)
        if fields is None and not last:
            break
        if isinstance(fields, list):
            records.lines.append(number + at)
            records.rows.append(fields)
            at += count
        else:
            records.troubles.append((number + at, fields or NOT_CLOSED, line.rstrip("\r\n")))
            at += 1
    return records, at


def _record(lines: list[str], at: int, separator: str) -> tuple[list[str] | str | None, int]:
    """The record that begins at a line, and how many lines it takes: fields, or what is wrong; None: it goes on."""
    fields = _parse(lines[at : at + 1], separator)
    if fields is not None:
        return fields, 1
    size = len(lines[at])
    for count, line in enumerate(lines[at + 1 : at + RECORD_LINES], start=2):
        size += len(line)
        if size > RECORD_CHARS:
            return NOT_CLOSED, count
        if '"' in line:  # nothing else can close it: do not parse all of it again for each line
            fields = _parse(lines[at : at + count], separator)
            if fields is not None:
                return fields, count
    return (NOT_CLOSED if len(lines) - at >= RECORD_LINES else None), 0


def _parse(lines: list[str], separator: str) -> list[str] | str | None:
    """The fields of a record; None while a quote is open; a sentence where it is malformed."""
    try:
        (fields,) = csv.reader(lines, delimiter=separator, strict=True)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        if "new-line character" in str(error):
            return "a carriage return in a field without quotes"
        return f"malformed quoting ({error})"
    return fields
