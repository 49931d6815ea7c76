"""Every row of a source becomes a message or is set aside with its line and reason; nothing is changed on the way."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from core.dictionary import Chunk, load_dictionary, parts, read
from core.dictionary.sample import in_sample
from core.errors import DictionaryError, SourceError

CLASSES = ("personal", "notification", "spam")
HUGE = b"id,text\n1," + b"x" * 10_000_000 + b"\n2,b\n"
CSV = """version: 1
dataset: sms
sources:
  - name: inbox
    kind: csv
    path: in.csv
    columns: {key: id, body: text}
"""


def chunks(folder: Path, yaml: str) -> list[Chunk]:
    (folder / "sms.yaml").write_text(yaml, "utf-8")
    return list(read(load_dictionary(folder / "sms.yaml", CLASSES), folder))


def frame(found: list[Chunk]) -> pd.DataFrame:
    return pd.concat([chunk.frame for chunk in found], ignore_index=True)


def aside(found: list[Chunk]) -> list[tuple[int, str]]:
    assert all(c.rows_read == len(c.frame) + c.sampled_out + len(c.quarantined) for c in found), "counts add up"
    return [(row.line, row.reason) for chunk in found for row in chunk.quarantined]


anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(anything.filter(lambda body: body.strip()), max_size=12))
def test_whatever_a_csv_writer_wrote_is_read_back_unchanged(tmp_path: Path, bodies: list[str]) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["id", "text"])
    writer.writerows(enumerate(bodies))
    (tmp_path / "in.csv").write_text(file.getvalue(), "utf-8", newline="")
    found = chunks(tmp_path, CSV)
    assert aside(found) == []
    assert (frame(found)["body"].tolist() if found else []) == bodies


@pytest.mark.parametrize("text", ["NA", "null", "0123", "1e5", "True", "  spaced  ", "2024-01-01", "नमस्ते", "a\tb"])
def test_text_that_looks_like_something_else_stays_text(tmp_path: Path, text: str) -> None:
    (tmp_path / "in.csv").write_text(f'id,text\n0123,"{text}"\n', "utf-8")
    rows = frame(chunks(tmp_path, CSV))
    assert rows[["key", "body"]].to_numpy().tolist() == [["0123", text]]


@pytest.mark.parametrize(
    ("content", "kept", "set_aside"),
    [
        (b"id,text\n1,a\n2\n3,c\n", ["a", "c"], [(3, "expected 2 fields, found 1")]),
        (b"id,text\n1,a\n2,b,extra\n3,c\n", ["a", "c"], [(3, "expected 2 fields, found 3")]),
        (b"id,text\n1,a\n2,caf\xe9\n3,c\n", ["a", "c"], [(3, "bytes that are not UTF-8")]),
        (b'id,text\n1,a\n2,"never closed\n3,c\n4,d\n', ["a", "c", "d"], [(3, "a quote that is not closed")]),
        (b'id,text\n1,"a"b\n2,c\n', ["c"], [(2, "malformed quoting (',' expected after '\"')")]),
        (b"id,text\n1,a\x00b\n", ["a\ufffdb"], []),
        (b"id,text\n1,a\n1,b\n", ["a"], [(3, "the key '1' came before in this source")]),
        (b"id,text\n1,\n2,b\n,c\n", ["b"], [(2, "no text"), (4, "no key")]),
        (b"\xef\xbb\xbfid,text\r\n1,a\r\n\r\n2,b\r\n", ["a", "b"], []),
        ('\ufeffid,text\n1,"zwei\nZeilen"\n2,ü\n'.encode("utf-16-le"), ["zwei\nZeilen", "ü"], []),
        (HUGE, ["b"], [(2, "a field of 10,000,000 characters, 100,000 at most")]),
        (b"id,text\n", [], []),
        (b"", [], []),
    ],
    ids=[
        "a short row", "a long row", "latin-1 bytes", "a quote that is never closed", "text after a quote", "a NUL",
        "a key twice", "no text or key", "a BOM and empty lines", "UTF-16", "a 10 MB line", "a header only", "nothing",
    ],
)  # fmt: skip
def test_a_bad_row_is_set_aside_with_its_line_and_the_rest_goes_on(
    tmp_path: Path, content: bytes, kept: list[str], set_aside: list[tuple[int, str]]
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    found = chunks(tmp_path, CSV)
    assert aside(found) == set_aside
    assert [body for chunk in found for body in chunk.frame["body"]] == kept


def test_latin_1_is_read_where_the_dictionary_says_so(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"id,text\n1,caf\xe9\n")
    found = chunks(tmp_path, CSV.replace("path: in.csv", "path: in.csv\n    encoding: latin-1"))
    assert frame(found)["body"].tolist() == ["café"]


def test_a_column_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,texts\n1,a\n")
    with pytest.raises(SourceError, match=r"no column 'text'.*Did you mean 'texts'"):
        chunks(tmp_path, CSV)


def test_a_file_that_is_not_there_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"in\.csv.*mend 'path'"):
        chunks(tmp_path, CSV)


def test_messages_without_a_key_keep_theirs_when_rows_come_in_above(tmp_path: Path) -> None:
    yaml = CSV.replace("key: id, ", "")
    (tmp_path / "in.csv").write_text("id,text\n1,hello\n2,hello\n3,bye\n")
    before = dict(zip(*frame(chunks(tmp_path, yaml))[["key", "body"]].to_numpy().T, strict=True))
    (tmp_path / "in.csv").write_text("id,text\n0,new\n1,hello\n2,hello\n3,bye\n")
    after = dict(zip(*frame(chunks(tmp_path, yaml))[["key", "body"]].to_numpy().T, strict=True))
    assert len(before) == 3
    assert before.items() <= after.items()


def test_labels_are_translated_and_unknown_ones_set_aside(tmp_path: Path) -> None:
    yaml = CSV.replace(
        "body: text}", "body: text, label: kind}\n    labels: {ham: personal}\n    labels_ignore_case: true"
    )
    (tmp_path / "in.csv").write_text("id,text,kind\n1,a,HAM\n2,b,\n3,c,eggs\n")
    found = chunks(tmp_path, yaml)
    assert frame(found)["label"].fillna("").tolist() == ["personal", ""]
    assert aside(found) == [(4, "the label 'eggs' is not known")]


def test_times_are_read_as_the_dictionary_says_and_others_set_aside(tmp_path: Path) -> None:
    spec = "body: text, sent_at: {from: at, dtype: datetime, format: '%d.%m.%Y %H:%M', timezone: Europe/Berlin}}"
    (tmp_path / "in.csv").write_text("id,text,at\n1,a,01.07.2026 14:00\n2,b,yesterday\n3,c,\n")
    found = chunks(tmp_path, CSV.replace("body: text}", spec))
    assert frame(found)["sent_at"].tolist() == [1_782_907_200_000, pd.NA]
    assert [line for line, _ in aside(found)] == [3]


@given(st.lists(st.text(max_size=20), unique=True), st.integers(0, 99), st.floats(0.05, 0.95))
def test_a_sample_does_not_change_with_what_else_is_there(keys: list[str], seed: int, fraction: float) -> None:
    picked = in_sample("s", keys, fraction=fraction, seed=seed)
    alone = [bool(in_sample("s", [key], fraction=fraction, seed=seed)[0]) for key in keys]
    more = in_sample("s", keys, fraction=min(1.0, fraction * 1.5), seed=seed)
    assert picked.tolist() == alone
    assert (more >= picked).all(), "a larger sample keeps all of a smaller one"


def test_a_sql_table_is_read_as_text_without_change(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'warehouse.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE sms (id INTEGER, body TEXT, price REAL)"))
        connection.execute(text("INSERT INTO sms VALUES (1, '007', 1.5), (2, NULL, 2), (3, 'NA', 3)"))
    source = "  - {name: w, kind: sql, url: 'sqlite:///warehouse.db', table: sms, columns: {key: id, body: body}}\n"
    yaml = "version: 1\ndataset: sms\nchunk_rows: 2\nsources:\n" + source
    found = chunks(tmp_path, yaml)
    assert frame(found)[["key", "body"]].to_numpy().tolist() == [["1", "007"], ["3", "NA"]]
    assert aside(found) == [(2, "no text")]
    (part,) = parts(load_dictionary(tmp_path / "sms.yaml", CLASSES), tmp_path)
    assert part.state == "3:3"


@pytest.mark.parametrize(
    ("yaml", "line", "words"),
    [
        (CSV.replace("kind: csv", "knid: csv"), 5, "no key 'knid' here.*Did you mean 'kind'"),
        (CSV.replace("kind: csv", "kind: cvs"), 4, "no kind of source is called 'cvs'.*Did you mean 'csv'"),
        (CSV.replace("{key: id, body: text}", "{key: id, boddy: text}"), 7, "'boddy'.*Did you mean 'body'"),
        (CSV + "cleaning: [lowercas]\n", 8, "'lowercas'.*Did you mean 'lowercase'"),
        (CSV + "cleaning: [{repeats: {keep: 99}}]\n", 8, "less than or equal to 10"),
        (CSV.replace("version: 1", "version: 2"), 1, "version"),
        (CSV + "sample: {fraction: 2}\n", 8, "less than or equal to 1"),
        (CSV.replace("body: text}", "body: text, label: l}\n    labels: {ham: persnal}"), 8, "Did you mean 'personal'"),
        (CSV + "dataset: again\n", 8, "'dataset' stands here twice"),
        (CSV + "x: !!python/name:os.system\n", 8, "could not determine a constructor"),
        (CSV + "\tx: 1\n", 8, "not YAML"),
        ("- a\n", 1, "no keys"),
    ],
)  # fmt: skip
def test_a_malformed_dictionary_names_its_line_and_the_fix(tmp_path: Path, yaml: str, line: int, words: str) -> None:
    with pytest.raises(DictionaryError, match=rf"(?s)sms\.yaml:{line}\b.*{words}"):
        chunks(tmp_path, yaml)


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(DictionaryError, match="aliases"):
        chunks(tmp_path, bomb)


REAL = {
    "SMSSpamCollection": (
        5_574,
        "kind: tsv, quoting: none, header: [l, t], columns: {body: t, label: l}, labels: {ham: personal, spam: spam}",
    ),
    "smishing_5971.csv": (
        5_971,
        "kind: csv, columns: {body: TEXT, label: LABEL}, labels_ignore_case: true, "
        "labels: {ham: personal, spam: spam, smishing: notification}",
    ),
    "turkish_4751.csv": (4_751, "kind: csv, separator: ';', columns: {body: Message}"),
    "indonesian_1143.csv": (1_143, "kind: csv, columns: {body: Teks}"),
    "hindi_uci_translation.csv": (5_572, "kind: csv, columns: {body: Message}"),
    "exais_users1-13.csv": (2_324, "kind: csv, columns: {body: body, sender: sender}"),
}  # fmt: skip


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_every_row_of_a_real_collection_is_stored_or_set_aside(tmp_path: Path, sms_data: Path, name: str) -> None:
    rows, spec = REAL[name]
    found = chunks(tmp_path, f"version: 1\ndataset: sms\nsources:\n  - {{name: s, path: {sms_data / name}, {spec}}}\n")
    assert sum(chunk.rows_read for chunk in found) == rows
    assert len(aside(found)) <= rows * 0.002, "none of them is set aside without need"
