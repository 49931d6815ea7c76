"""Lines become records as the standard's reader has them; one that is wrong takes no other line with it."""

from __future__ import annotations

import csv
import io
import time

from hypothesis import given
from hypothesis import strategies as st

from core.dictionary.records import RECORD_LINES, Records, quoted, unquoted


def together(text: str, size: int = 1_000, separator: str = ",") -> Records:
    """All records of a file, read in blocks of so many lines."""
    lines = text.splitlines(keepends=True) if "\r" not in text else io.StringIO(text, newline="\n").readlines()
    found = Records()
    for batch in quoted([lines[at : at + size] for at in range(0, len(lines), size)], separator):
        found.lines += batch.lines
        found.rows += batch.rows
        found.troubles += batch.troubles
    return found


fields = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=9
)
tables = st.lists(st.lists(fields, min_size=2, max_size=2), max_size=9)


@given(tables, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.sampled_from(",;\t|"), st.integers(1, 4))
def test_what_a_writer_wrote_is_read_whatever_the_blocks(
    table: list[list[str]], quoting: int, separator: str, size: int
) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=quoting, delimiter=separator).writerows(table)  # type: ignore[arg-type]  # an int is one
    found = together(file.getvalue(), size, separator)
    assert (found.rows, found.troubles) == (table, [])


@given(st.text(st.sampled_from('ab,"\n\r'), max_size=40), st.integers(1, 4))
def test_every_line_that_is_not_empty_is_in_a_record_or_set_aside(text: str, size: int) -> None:
    found = together(text, size)
    ends = [line + sum(field.count("\n") for field in row) for line, row in zip(found.lines, found.rows, strict=True)]
    told = [number for start, end in zip(found.lines, ends, strict=True) for number in range(start, end + 1)]
    told += [line for line, _, _ in found.troubles]
    filled = [n for n, line in enumerate(io.StringIO(text, newline="\n"), start=1) if line.strip("\r\n")]
    assert len(told) == len(set(told)), "no line is told twice"
    assert set(filled) <= set(told), "no line is lost"
    assert together(text, 100) == found, "blocks make no difference"


@given(st.text(st.sampled_from('ab,"\n'), max_size=40))
def test_a_file_that_the_standards_reader_takes_is_read_alike(text: str) -> None:
    try:
        expected = [row for row in csv.reader(io.StringIO(text, newline="\n"), strict=True) if row]
    except csv.Error:
        return
    assert together(text).rows == expected


def test_a_stray_quote_that_another_one_breaks_loses_no_row() -> None:
    found = together('1,a\n2,"never closed\n3,c\n4,"d"\n5,e\n')
    assert found.rows == [["1", "a"], ["3", "c"], ["4", "d"], ["5", "e"]]
    assert [(line, excerpt) for line, _, excerpt in found.troubles] == [(2, '2,"never closed')]


def test_a_quote_is_taken_for_open_after_a_thousand_lines_or_a_million_characters() -> None:
    long = ("y" * 2_000 + "\n") * 600
    for inside, is_whole in [("x\n" * (RECORD_LINES - 2), True), ("x\n" * RECORD_LINES, False), (long, False)]:
        found = together(f'1,"{inside}"\n2,b\n', size=300)
        assert (found.rows[0] == ["1", inside]) == is_whole
        assert ["2", "b"] in found.rows
        assert [line for line, _, _ in found.troubles][:1] == ([] if is_whole else [1])


def test_a_file_of_open_quotes_takes_no_long_time() -> None:
    started = time.process_time()
    found = together('1,"a\n' + '""\n' * 20_000 + '2,"b\n' * 5_000)
    assert time.process_time() - started < 5
    assert len(found.rows) + len(found.troubles) == 25_001


def test_without_quoting_a_quote_is_a_character_and_a_line_a_record() -> None:
    (found,) = unquoted([['ham\t"hi\r\n', "\n", 'spam\t"\n']], "\t")
    assert (found.lines, found.rows) == ([1, 3], [["ham", '"hi'], ["spam", '"']])
