"""Labels leave and come back whole; a row that cannot be taken is named."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rooms import CLASSES, add_messages, the_dataset
from sqlalchemy import event, select

from core.errors import SourceError
from core.frames import MESSAGES
from core.store import Store
from core.store.models import Message, Origin, Truth
from core.store.records.labels import set_label
from core.store.records.messages import store_messages
from labeling.exchange import ROWS, Format, import_labels, labels, write_labels

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


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_labels_written_and_read_again_are_the_same(store: Store, tmp_path: Path, form: Format) -> None:
    ids = add_keyed(store, KEYS)
    said = {key: CLASSES[n % 3] for n, key in enumerate(KEYS)}
    for key, klass in said.items():
        store.write(
            lambda c, key=key, klass=klass: set_label(c, ids[key], Origin.VERDICT, klass, ref="queue:1", confidence=1.0)
        )
    path = tmp_path / f"labels.{form}"
    with path.open("w", encoding="utf-8", newline="") as file:
        assert write_labels(labels(store, the_dataset(store)), file, form) == len(KEYS)
    for message_id in ids.values():  # the office withdraws all that it said
        store.write(lambda c, message_id=message_id: set_label(c, message_id, Origin.VERDICT, None))
    outcome = import_labels(store, the_dataset(store), path, CLASSES)
    assert (outcome.labels, outcome.refused) == (len(KEYS), ())
    with store.read() as connection:
        truth = connection.execute(select(Message.key, Truth.klass).join(Truth, Truth.message_id == Message.id))
        assert dict(tuple(row) for row in truth) == said


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


def test_an_export_looks_messages_up_by_their_ids(store: Store) -> None:
    if store.dialect == "postgresql":
        pytest.skip("PostgreSQL chooses by what it has counted")
    asked: list[tuple[str, Any]] = []
    with store.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values)))
        connection.execute(ROWS, {"these": [1, 2, 3]})
        plan = str(connection.exec_driver_sql("EXPLAIN QUERY PLAN " + asked[-1][0], asked[-1][1]).all())
    assert plan.count("USING INTEGER PRIMARY KEY (rowid=?)") == 3, plan


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
