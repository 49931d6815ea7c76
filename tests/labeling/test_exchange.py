"""Labels leave and come back whole; a row that cannot be taken is named."""

from __future__ import annotations

import io
import json
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from sqlalchemy import event, select

from core.errors import SourceError
from core.frames import MESSAGES
from core.store import Store
from core.store.models import Message, Origin, Truth
from core.store.records.labels import set_label
from core.store.records.messages import store_messages
from labeling.desk import Desk
from labeling.exchange import FORMATS, export, import_labels, labels, write_labels
from labeling.exchange.formats import label_studio
from labeling.exchange.labels import LABELLED_GIVEN, NEXT_OF, OPINIONS, ROWS
from labeling.models import VerdictKind
from labeling.people import add_person
from labeling.verdicts import Given

KEYS = ["plain", "=1+1", "+4900", "'quoted", "'=x", "-", "a,b", 'say "hi"', "two\nlines", "मराठी"]


def add_keyed(store: Store, keys: list[str]) -> dict[str, int]:
    frame = pd.DataFrame({name: pd.Series(keys, dtype="str") for name in ("key", "body", "text")})
    frame["source"], frame["sender"] = (
        pd.Series(["inbox"] * len(keys), dtype="str"),
        pd.Series([None] * len(keys), dtype="str"),
    )
    frame["sent_at"] = pd.Series([1_790_000_000_000] * len(keys), dtype="Int64")
    frame["label"] = pd.Series([None] * len(keys), dtype="str")
    dataset = the_dataset(store)
    frame = MESSAGES.validate(frame[["source", "key", "body", "text", "sender", "sent_at", "label"]])
    store.write(lambda c: store_messages(c, dataset, frame))
    with store.read() as connection:
        return {row.key: row.id for row in connection.execute(select(Message.key, Message.id))}


@pytest.mark.parametrize("form", FORMATS.names())
def test_labels_written_and_read_again_are_the_same(store: Store, tmp_path: Path, form: str) -> None:
    ids = add_keyed(store, KEYS)
    said = {key: CLASSES[n % 3] for n, key in enumerate(KEYS)}
    for key, klass in said.items():
        store.write(
            lambda c, key=key, klass=klass: set_label(c, ids[key], Origin.VERDICT, klass, ref="queue:1", confidence=1.0)
        )
    path = tmp_path / f"labels{FORMATS.get(form).extension}"
    assert export(labels(store, the_dataset(store)), path, FORMATS.get(form)(), CLASSES) == len(KEYS)
    for message_id in ids.values():  # the office withdraws all that it said
        store.write(lambda c, message_id=message_id: set_label(c, message_id, Origin.VERDICT, None))
    outcome = import_labels(store, the_dataset(store), path, CLASSES)
    assert (outcome.rows, outcome.labels, outcome.refused) == (len(KEYS), len(KEYS), ())
    with store.read() as connection:
        truth = connection.execute(select(Message.key, Truth.klass).join(Truth, Truth.message_id == Message.id))
        assert dict(tuple(row) for row in truth) == said
    again = import_labels(store, the_dataset(store), path, CLASSES)
    assert (again.labels, again.unchanged) == (0, len(KEYS))


@pytest.mark.parametrize("form", FORMATS.names())
def test_a_room_without_labels_gives_a_file_that_can_be_read(store: Store, tmp_path: Path, form: str) -> None:
    add_messages(store, ["a"])
    path = tmp_path / f"labels{FORMATS.get(form).extension}"
    assert export(labels(store, the_dataset(store)), path, FORMATS.get(form)(), CLASSES) == 0
    assert import_labels(store, the_dataset(store), path, CLASSES).rows == 0


def test_a_row_tells_how_many_judged_how_many_agree_what_they_saw_and_who_they_are(store: Store) -> None:
    ids = add_messages(store, ["a", "b"], label="personal")
    add_champion(store, ids, "spam")
    add_queue(store, ids[:1], overlap=3, blind_share=0.0)
    desk = Desk(store, CLASSES)
    for name, klass in (("Ada", "spam"), ("Bela", "spam"), ("Carla", "personal")):
        person = add_person(store, name)
        (message,) = desk.claim(person.id).result()
        verdict = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)
        desk.judge(person.id, verdict).result()
    judged, imported = labels(store, the_dataset(store), people=True)
    assert (judged.label, judged.verdicts, judged.agreed, judged.blind) == ("spam", 3, 2, 0)
    assert (judged.shown_run, judged.judged_by) == ("char-svc v1", "Ada, Bela, Carla")
    assert judged.confidence == pytest.approx(2 / 3)
    assert (imported.origin, imported.verdicts, imported.shown_run, imported.judged_by) == ("imported", 0, "", "")
    assert next(labels(store, the_dataset(store))).judged_by == ""
    desk.undo(add_person(store, "Carla").id, str(uuid.uuid4())).result()
    assert next(labels(store, the_dataset(store))).verdicts == 2


def test_a_spreadsheet_runs_nothing_of_an_export(store: Store) -> None:
    ids = add_keyed(store, ["=cmd|' /C calc'!A0"])
    store.write(lambda c: set_label(c, next(iter(ids.values())), Origin.VERDICT, "spam"))
    out = io.StringIO()
    write_labels(labels(store, the_dataset(store)), out, "csv")
    cells = out.getvalue().splitlines()[1].split(",")
    assert not any(cell.strip('"').startswith(("=", "+", "-", "@")) for cell in cells)


def test_an_export_can_be_of_verdicts_alone(store: Store) -> None:
    ids = add_messages(store, ["a", "b"], label="personal")
    store.write(lambda c: set_label(c, ids[0], Origin.VERDICT, "spam", ref="queue:1"))
    (row,) = labels(store, the_dataset(store), Origin.VERDICT)
    assert (row.key, row.label, row.origin, row.origin_ref) == ("0", "spam", "verdict", "queue:1")
    assert [row.label for row in labels(store, the_dataset(store))] == ["spam", "personal"]


EVERYWHERE = {"last_verdict": 9, "last_withdrawal": 9}


@pytest.mark.parametrize(
    ("statement", "values", "along"),
    [
        (ROWS, {"these": [1, 2, 3]}, ["truth USING INTEGER PRIMARY KEY", "message USING INTEGER PRIMARY KEY"]),
        (NEXT_OF, {"this_origin": "verdict", "this_class": "spam", "after": 0, "most": 9}, ["ix_truth_origin_klass"]),
        (LABELLED_GIVEN, {"after": 0, "most": 9, "up_to": 9}, ["ix_label_given"]),
        (OPINIONS, {"these": [1, 2], **EVERYWHERE}, ["ix_verdict_message_id", "lease USING INTEGER PRIMARY KEY"]),
    ],
)
def test_an_export_goes_along_the_labels_and_looks_messages_up_by_their_ids(
    store: Store, statement: Any, values: dict[str, Any], along: list[str]
) -> None:
    if store.dialect == "postgresql":
        pytest.skip("PostgreSQL chooses by what it has counted")
    asked: list[tuple[str, Any]] = []
    with store.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, given, *_: asked.append((sql, given)))
        connection.execute(statement, values)
        plan = str(connection.exec_driver_sql("EXPLAIN QUERY PLAN " + asked[-1][0], asked[-1][1]).all())
    assert "SCAN" not in plan, plan
    for index in along:
        assert index in plan, plan


def test_a_bad_row_is_named_with_its_line_and_the_others_are_taken(store: Store, tmp_path: Path) -> None:
    add_messages(store, ["a", "b"])
    path = tmp_path / "labels.csv"
    path.write_text(
        "source,key,label\ninbox,0,spam\ninbox,1,eggs\ninbox,99,spam\n,1,spam\ninbox,1\n", encoding="utf-8-sig"
    )
    outcome = import_labels(store, the_dataset(store), path, CLASSES)
    assert outcome.labels == 1
    assert [line for line, _ in outcome.refused] == [3, 4, 5, 6]
    lines = tmp_path / "labels.jsonl"
    good = '{"source": "inbox", "key": "1", "label": "personal"}'
    lines.write_text(
        f'{good}\n[1, 2]\n{{"source": \nnull\n{{"source": "in\\ud800\\u0000box", "key": "1", "label": "spam"}}\n'
    )
    outcome = import_labels(store, the_dataset(store), lines, CLASSES)
    assert outcome.labels == 1
    assert [line for line, _ in outcome.refused] == [2, 3, 4, 5]


def test_a_file_without_its_columns_or_in_another_encoding_is_refused_in_a_sentence(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "labels.csv"
    for content, reason in (
        (b"key,klass\n", "label, source are missing"),
        (b"source,key,label\n\xff\xfe\n", "understood"),
    ):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=reason):
            import_labels(store, the_dataset(store), path, CLASSES)
    with pytest.raises(SourceError, match="cannot be read"):
        import_labels(store, the_dataset(store), tmp_path / "nowhere.csv", CLASSES)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("utf16.csv", "source,key,label\ninbox,0,spam\n".encode("utf-16"), "Save it as UTF-8"),
        ("open.csv", b'source,key,label\ninbox,"0,spam\n' + b"x" * 14_000_000 + b"\n", "missing quote"),
        ("long.jsonl", b'{"source": "' + b"x" * 17_000_000, "line 1 is longer"),
        ("object.json", b'{"source": "inbox"}', "not a JSON array"),
        ("cut.json", b'[{"data": {}, "annotations": []}, {"data"', "task 2 is not JSON"),
        ("deep.json", b"[" * 100_000, "task 1 is not JSON"),
        ("open.json", b'[{"data": {}, "annotations": []}', "not closed"),
        ("comma.json", b'[{"data": {}} {"data": {}}]', "no comma behind task 1"),
        ("text.parquet", b"PAR1 and no more", "no Parquet file"),
        ("labels.xlsx", b"PK", "no format has this ending"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole_in_a_sentence(
    store: Store, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    add_messages(store, ["a"])
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=says):
        import_labels(store, the_dataset(store), tmp_path / name, CLASSES)
    assert list(labels(store, the_dataset(store))) == []


def test_a_parquet_file_that_swells_is_refused_before_it_is_unpacked(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    row = pa.array(["x" * 1_000_000]).take(pa.array([0] * 700))  # 700 MB in a few kilobytes
    columns = dict.fromkeys(("source", "key", "label"), row)
    pq.write_table(pa.table(columns), path, compression="zstd", use_dictionary=False, row_group_size=700)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(SourceError, match="claims"):
        import_labels(store, the_dataset(store), path, CLASSES)


def test_a_text_that_is_repeated_a_million_times_is_held_once(store: Store, tmp_path: Path) -> None:
    add_messages(store, ["a"])
    path = tmp_path / "many.parquet"
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["k" * 1_500_000])
    short = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), ["spam"])
    pq.write_table(pa.table({"source": short, "key": long, "label": short}), path)
    outcome = import_labels(store, the_dataset(store), path, CLASSES)
    assert (outcome.rows, outcome.refused_rows, len(outcome.refused)) == (100_000, 100_000, 1_000)
    assert "longer than 1,000,000" in outcome.refused[0][1]


def test_every_row_is_counted_once_and_the_last_word_on_a_message_counts(store: Store, tmp_path: Path) -> None:
    add_messages(store, ["a", "b", "c"])
    path = tmp_path / "labels.csv"
    rows = ["0,spam", "1,personal", "0,personal", "2,Spam", "7,spam", "1,personal", "2,"]
    path.write_text("\n".join(["source,key,label", *(f"inbox,{row}" for row in rows)]))
    done = import_labels(store, the_dataset(store), path, CLASSES)
    assert (done.rows, done.labels, done.unchanged, done.repeated, done.refused_rows) == (7, 2, 0, 2, 3)
    assert done.refused == (
        (5, "'Spam' is no class of this room. Did you mean 'spam'?"),
        (6, "there is no message inbox/7"),
        (8, "the label is missing"),
    )
    assert [row.label for row in labels(store, the_dataset(store))] == ["personal", "personal"]
    again = import_labels(store, the_dataset(store), path, CLASSES)
    assert (again.labels, again.unchanged) == (0, 2)


def test_label_studios_annotations_that_disagree_or_were_cancelled_are_not_taken(store: Store, tmp_path: Path) -> None:
    add_messages(store, ["a", "b", "c", "d"])

    def task(key: str, *choices: str, **more: object) -> dict[str, object]:
        said = [{"result": [{"type": "choices", "value": {"choices": [choice]}}], **more} for choice in choices]
        return {"data": {"source": "inbox", "key": key}, "annotations": said}

    tasks = [
        task("0", "spam", "spam", "personal"),
        task("1", "spam", "personal"),
        task("2", "spam", was_cancelled=True),
    ]
    tasks += [task("3"), {"source": "inbox", "key": "3", "label": "spam"}, {"data": 1}]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks, indent=2))
    outcome = import_labels(store, the_dataset(store), path, CLASSES)
    assert (outcome.labels, [line for line, _ in outcome.refused]) == (2, [2, 3, 4, 6])
    assert "disagree" in outcome.refused[0][1]


@given(st.lists(st.sampled_from(["{}", '{"a": [1, "]"]}', "12", '"x,]"', "null", "[[]]", "true"])), st.integers(1, 9))
def test_a_json_array_is_read_in_pieces_as_in_one(items: list[str], size: int) -> None:
    text = "[" + " ,\n ".join(items) + " ]"
    original = label_studio.PIECE
    label_studio.PIECE = size
    try:
        assert list(label_studio._items(io.StringIO(text), Path("x"))) == json.loads(text)
    finally:
        label_studio.PIECE = original
