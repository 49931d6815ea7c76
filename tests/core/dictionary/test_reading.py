"""What a source holds becomes messages: all of it, once, in any encoding, from files or a database."""

from __future__ import annotations

import codecs
import csv
import os
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from core.dictionary import Chunk, Reason, load_dictionary, parts, read, read_part
from core.dictionary.seen import SeenKeys
from core.errors import DictionaryError, SourceError

SOURCE = "columns: {key: id, body: text}"
HEAD = "version: 1\ndataset: sms\n"


def dictionary(*sources: str, more: str = "") -> str:
    listed = "".join(f"  - {{name: s{number}, {source}}}\n" for number, source in enumerate(sources))
    return f"{HEAD}sources:\n{listed}{more}"


def chunks(folder: Path, yaml: str) -> list[Chunk]:
    (folder / "sms.yaml").write_text(yaml, "utf-8")
    found = list(read(load_dictionary(folder / "sms.yaml", ["personal", "spam"]), folder))
    assert all(c.rows_read == len(c.frame) + c.sampled_out + len(c.quarantined) for c in found), "counts add up"
    return found


def rows(found: list[Chunk], *columns: str) -> list[list[object]]:
    return [row for chunk in found for row in chunk.frame[list(columns)].astype(object).to_numpy().tolist()]


def aside(found: list[Chunk]) -> list[tuple[int, Reason]]:
    return [(row.line, row.kind) for chunk in found for row in chunk.quarantined]


@pytest.mark.parametrize(
    ("content", "said", "kept", "set_aside"),
    [
        (codecs.BOM_UTF16_LE + "id,text\n1,ü\n2,".encode("utf-16-le") + b"\x00\xd8x\x00\n\x00", "auto", "ü", [3]),
        (codecs.BOM_UTF16_LE + "id,text\n1,ü\n2,b".encode("utf-16-le") + b"x", "auto", "ü", [3]),
        ("id,text\n1,ü\n".encode("utf-16"), "utf-16", "ü", []),
        ("id,text\n1,ü\n".encode("utf-32"), "auto", "ü", []),
        ("\ufeffid,text\n1,ü\n".encode(), "utf-8", "ü", []),
        ("id,text\n1,ü\n".encode("cp1252") + b"2,\x81\n", "cp1252", "ü", [3]),
        ("id,text\n1,你好\n".encode("gb18030") + b"2,\xff\n", "gb18030", "你好", [3]),
        (b"id,text\n1,a\n2,\xed\xa0\x80\n", "auto", "a", [3]),
    ],
    ids=["half a pair", "cut off", "utf-16", "utf-32", "utf-8 with a mark", "cp1252", "gb18030", "a surrogate"],
)
def test_a_row_that_does_not_decode_is_set_aside_alone_in_any_encoding(
    tmp_path: Path, content: bytes, said: str, kept: str, set_aside: list[int]
) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    found = chunks(tmp_path, dictionary(f"kind: csv, path: in.csv, encoding: {said}, {SOURCE}"))
    assert rows(found, "body") == [[kept]]
    assert aside(found) == [(line, Reason.BYTES) for line in set_aside]


def test_a_key_that_two_files_have_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n1,a\n2,b\n")
    (tmp_path / "b.csv").write_text("id,text\n2,b again\n3,c\n")
    found = chunks(tmp_path, dictionary(f"kind: csv, path: '*.csv', {SOURCE}"))
    assert rows(found, "key", "body") == [["1", "a"], ["2", "b"], ["3", "c"]]
    assert aside(found) == [(2, Reason.KEY_TWICE)]


def test_the_same_messages_in_two_exports_without_keys_are_stored_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text\nok\nok\nbye\n")
    (tmp_path / "b.csv").write_text("text\nok\nbye\nnew\n")
    found = chunks(tmp_path, dictionary("kind: csv, path: '*.csv', columns: {body: text}"))
    assert rows(found, "body") == [["ok"], ["ok"], ["bye"], ["new"]]
    loaded = load_dictionary(tmp_path / "sms.yaml", ["personal", "spam"])
    alone = [chunk for part in parts(loaded, tmp_path) for chunk in read_part(loaded, tmp_path, part)]
    assert {key for [key] in rows(alone, "key")} == {key for [key] in rows(found, "key")}, "parts alone agree on keys"


@pytest.mark.parametrize(
    ("dtype", "given_as", "meant"),
    [
        ("epoch_ms", "1700000000123", 1_700_000_000_123),
        ("epoch_s", "1700000000.123", 1_700_000_000_123),
        ("epoch_s", " -5 ", -5_000),
        ("epoch_ms", "1e30", None),
        ("epoch_ms", "99999999999999999999", None),
        ("epoch_ms", "1_000", None),
        ("epoch_ms", "nan", None),
        ("datetime", "2024-01-01T01:00:00+01:00", 1_704_067_200_000),
        ("datetime", "2024-02-30", None),
    ],
)
def test_a_time_is_exact_or_sets_its_row_aside(tmp_path: Path, dtype: str, given_as: str, meant: int | None) -> None:
    (tmp_path / "in.csv").write_text(f"id,text,at\n1,a,{given_as}\n2,b,\n")
    source = f"kind: csv, path: in.csv, columns: {{key: id, body: text, sent_at: {{from: at, dtype: {dtype}}}}}"
    found = chunks(tmp_path, dictionary(source))
    assert [at for [at] in rows(found, "sent_at")] == ([pd.NA] if meant is None else [meant, pd.NA])
    assert aside(found) == ([(2, Reason.TIME)] if meant is None else [])


def test_a_key_too_long_for_an_index_sets_its_row_aside(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(f"id,text\n{'k' * 400},a\n{'k' * 401},b\n")
    found = chunks(tmp_path, dictionary(f"kind: csv, path: in.csv, {SOURCE}"))
    assert (rows(found, "body"), aside(found)) == ([["a"]], [(3, Reason.TOO_LONG)])


def test_labels_that_are_not_known_are_dropped_where_the_dictionary_says_so(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,kind\na,ham\nb,spam\nc,eggs\nd, \n")
    source = (
        "kind: csv, path: in.csv, columns: {body: text, label: kind}, labels: {ham: personal}, unknown_labels: drop"
    )
    frame = pd.concat([chunk.frame for chunk in chunks(tmp_path, dictionary(source))])
    assert frame["label"].fillna("-").tolist() == ["personal", "-", "-", "-"]


def test_a_column_of_free_text_taken_for_labels_is_set_aside_quickly(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\n" + "".join(f"message {number}\n" for number in range(20_000)))
    source = "kind: csv, path: in.csv, columns: {body: text, label: text}"
    started = time.process_time()
    assert len(aside(chunks(tmp_path, dictionary(source)))) == 20_000
    assert time.process_time() - started < 5


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=9))
def test_a_key_is_new_once_however_the_chunks_fall(batches: list[list[str]]) -> None:
    seen, known = SeenKeys(), set[str]()
    for batch in batches:
        for key, new in zip(batch, seen.add(batch), strict=True):
            assert new == (key not in known)
            known.add(key)


def test_chunks_hold_about_as_many_rows_as_the_dictionary_says_and_their_size_changes_nothing(tmp_path: Path) -> None:
    with (tmp_path / "in.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *([number, f"line\n{number}"] for number in range(250))])
    source = f"kind: csv, path: in.csv, {SOURCE}"
    small = chunks(tmp_path, dictionary(source, more="chunk_rows: 100\n"))
    assert len(small) > 1
    assert all(chunk.rows_read < 200 for chunk in small)
    assert rows(small, "key", "body") == rows(chunks(tmp_path, dictionary(source)), "key", "body")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("kind: csv, path: x, encoding: rot13, columns: {body: b}", "'rot13' is no encoding"),
        ("kind: csv, path: x, header: false, columns: {body: b}", "without a header needs the names of its columns"),
        ("kind: csv, path: x, separator: '\"', columns: {body: b}", "cannot separate fields"),
        ("kind: csv, path: x, columns: {body: }", "the name of a column is wanted"),
        ("kind: csv, columns: {body: b}", "needs 'path'"),
        ("kind: sql, url: 'sqlite:///x', columns: {body: b}", "'table' or 'query'"),
        (
            "kind: csv, path: x, columns: {body: b}, labels: {Spam: spam, spam: personal}, labels_ignore_case: true",
            "'spam' is to mean 'spam' and 'personal'",
        ),
        ("kind: csv, path: x, columns: {body: b}, labels: {1: spam}", "a bare '1'.*Put it in quotes"),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, source: str, words: str) -> None:
    with pytest.raises(DictionaryError, match=rf"sms\.yaml:4: .*{words}"):
        chunks(tmp_path, dictionary(source))


def test_a_step_that_is_wrong_is_told_with_its_own_line(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"sms\.yaml:7: 'cleaning\.2': 'repeats' has no option 'kep'"):
        chunks(
            tmp_path,
            dictionary("kind: csv, path: x, columns: {body: b}", more="cleaning:\n- nfc\n- repeats: {kep: 1}\n"),
        )


def test_a_column_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text,text\n1,a,b\n")
    with pytest.raises(SourceError, match="two columns are called 'text'"):
        chunks(tmp_path, dictionary(f"kind: csv, path: in.csv, {SOURCE}"))


def test_the_fingerprint_follows_what_is_said_and_not_how(tmp_path: Path) -> None:
    def of(yaml: str) -> str:
        (tmp_path / "sms.yaml").write_text(yaml)
        return load_dictionary(tmp_path / "sms.yaml", ["personal", "spam"]).fingerprint

    plain = of(dictionary("kind: csv, path: x, columns: {body: b}", more="cleaning: [{repeats: {keep: 3}}]\n"))
    block = "sources:\n- kind: csv\n  name: s0\n  columns: {body: {from: b}}\n  path: x\ncleaning: [repeats]\n"
    assert of(HEAD + "# the same\n" + block) == plain
    assert of(HEAD + block.replace("path: x", "path: y")) != plain
    assert of(HEAD + block.replace("[repeats]", "[{repeats: {keep: 2}}]")) != plain


def test_a_query_is_taken_as_it_stands_and_rows_that_are_no_text_are_set_aside(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'w.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE sms (id INTEGER, body BLOB)"))
        connection.execute(text("INSERT INTO sms VALUES (1, x'6f6b'), (2, x'ff'), (3, NULL), (4, 'at 10:30')"))
    query = "SELECT id, body, ' :x 10:30' AS who FROM sms ORDER BY id;"
    source = f'kind: sql, url: "sqlite:///w.db", query: "{query}", columns: {{key: id, body: body, sender: who}}'
    found = chunks(tmp_path, dictionary(source))
    assert rows(found, "key", "body", "sender") == [["1", "ok", " :x 10:30"], ["4", "at 10:30", " :x 10:30"]]
    assert aside(found) == [(2, Reason.BYTES), (3, Reason.NO_TEXT)]


def test_postgresql_is_streamed_with_its_own_types_as_text(
    tmp_path: Path, new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAREHOUSE", new_postgresql())
    engine = create_engine(os.environ["WAREHOUSE"].replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE sms (id bigint, body bytea, at timestamptz, price numeric)"))
        connection.execute(
            text(
                "INSERT INTO sms SELECT n, convert_to('ü ' || n, 'UTF8'), '2024-01-01 01:00+01', 0.10 "
                "FROM generate_series(1, 7) n"
            )
        )
    columns = "columns: {key: id, body: body, sender: price, sent_at: {from: at, dtype: datetime}}"
    found = chunks(
        tmp_path, dictionary(f"kind: sql, url: env:WAREHOUSE, table: sms, {columns}", more="chunk_rows: 3\n")
    )
    assert [chunk.rows_read for chunk in found] == [3, 3, 1]
    assert rows(found, "key", "body", "sender", "sent_at")[6] == ["7", "ü 7", "0.10", 1_704_067_200_000]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("url: 'sqlite:///none.db', table: sms", "there is no database"),
        ("url: env:NOBODY_SET_THIS, table: sms", "the environment has no NOBODY_SET_THIS"),
        ("url: nonsense, table: sms", "no database address"),
        ("url: 'sqlite:///w.db', table: smz", "no table 'smz'"),
        ("url: 'sqlite:///w.db', query: 'SELEC 1'", "the database said"),
        (
            "url: 'sqlite:///w.db', query: 'SELECT 1 AS txt'",
            r"no column 'text' \(for body\)\. There are: txt|Did you mean 'txt'",
        ),
    ],
)
def test_a_database_that_cannot_be_read_says_why(tmp_path: Path, source: str, words: str) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'w.db'}").begin() as connection:
        connection.execute(text("CREATE TABLE sms (id INTEGER)"))
    with pytest.raises(SourceError, match=words):
        chunks(tmp_path, dictionary(f"kind: sql, {source}, columns: {{body: text}}"))
    assert not (tmp_path / "none.db").exists(), "looking makes no database"


@pytest.mark.real_data
def test_the_persian_collection_is_read_with_its_line_breaks(tmp_path: Path, sms_data: Path) -> None:
    with (sms_data / "persian_604.txt").open(encoding="utf-16", newline="") as file:
        expected = [row for row in csv.reader(file, delimiter="\t") if row]
    names = [f"c{number}" for number in range(max(map(len, expected)))]
    found = chunks(
        tmp_path,
        dictionary(
            f"kind: tsv, path: '{sms_data / 'persian_604.txt'}', header: [{', '.join(names)}], columns: {{body: c0}}"
        ),
    )
    assert sum(chunk.rows_read for chunk in found) >= 603
    assert rows(found, "body") == [[row[0]] for row in expected if len(row) == len(names) and row[0].strip()]
