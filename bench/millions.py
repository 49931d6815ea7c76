"""A room with millions of messages, each predicted, a tenth with a label of its own, some judged by people.

The rows are made inside the database from 400 seeds, and counted there into the roll-ups by the same keys as the works
count them: `tallyroom store check` finds no difference. The same 90 days hold all of them, however many: a room with
more messages has more in an hour. Indexes are built after the rows, as for any large load.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import URL, Connection, Index, Table, create_engine, select, text

import labeling.models  # noqa: F401  # so that the metadata is whole
from bench.load.office import CLASSES, SETTINGS
from core.corpus import Corpus
from core.slices import slices_of
from core.store import Store
from core.store.models import ClassCount, Label, Message, Prediction, RunId, Slice, SliceCount, Truth
from core.store.queries.lag import mark_of
from core.store.records.datasets import dataset_id
from core.store.records.runs import FoldRecord, NewRun, add_fold, finish_run, promote, start_run
from core.store.records.stages import set_progress
from core.store.rollups import PREDICTED, add_rows, add_whole_rows, tally
from labeling.desk import Desk
from labeling.models import VerdictKind
from labeling.people import add_person
from labeling.queues import QueueSpec, create, fill
from labeling.verdicts import Given

SEEDS = 400
SPAN_MS = 90 * 86_400_000
PIECE = 1_000_000
JUDGED = 600
LABELLED_EVERY = 10
QUICK = {
    "sqlite": [
        f"PRAGMA {each}" for each in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000", "temp_store=FILE")
    ],
    "postgresql": [
        f"SET {each}"
        for each in ("session_replication_role=replica", "synchronous_commit=off", "maintenance_work_mem='1GB'")
    ],
}
AFTER = (Prediction, Truth, Label)
"""The tables whose indexes are built after the rows. (A message's key grows with its id: its index is appended to.)"""


def make_millions(folder: Path, url: str, size: int) -> Path:
    """A room's folder, and its store with that many messages and predictions."""
    (folder / "dictionaries").mkdir(parents=True)
    (folder / "tallyroom.toml").write_text(SETTINGS.format(url=url))
    source = "  - {name: load, kind: csv, path: in/*.csv, columns: {body: text}}\n"
    (folder / "dictionaries" / "smsdata.yaml").write_text(f"version: 1\ndataset: smsdata\nsources:\n{source}")
    with Store.open(url, create=True) as store:
        dataset = store.write(lambda c: dataset_id(c, "smsdata"))
        run_id = _champion(store, int(dataset))
        address = store.url
    with _filling(address) as connection:
        _fill(connection, int(dataset), run_id, size)
        counts = _counts(connection)
    with Store.open(url) as store:
        store.write(lambda c: _add(c, run_id, size, *counts))
        store.write(lambda c: set_progress(c, "predict", mark_of(run_id), {"high": size}))
        _judge(store, int(dataset), size)
    return folder


def _champion(store: Store, dataset: int) -> RunId:
    run_id = store.write(lambda c: start_run(c, NewRun(dataset, "char-svc", "millions", 0, 900, 5, 7, {})))  # type: ignore[arg-type]
    for number, fraction in enumerate((0.25, 0.5, 1.0)):
        for fold in range(5):
            score = [("macro_f1", "", 0.9 + number / 50 + fold / 1000)]
            record = FoldRecord(0, fold, fraction, round(900 * fraction), 100, 0.1, 0.1, score)
            store.write(lambda c, record=record: add_fold(c, run_id, record))  # type: ignore[misc]
    store.write(lambda c: finish_run(c, run_id))
    store.write(lambda c: promote(c, dataset, run_id, by="bench", reason="the only one"))  # type: ignore[arg-type]
    return run_id


@contextmanager
def _filling(address: URL) -> Iterator[Connection]:
    """A connection that loads without looking back: it is not what is measured, and begins anew if the power fails."""
    indexes: list[Index] = [index for model in AFTER for index in model.__table__.indexes]  # type: ignore[attr-defined]
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        for setting in QUICK[engine.dialect.name]:
            connection.exec_driver_sql(setting)
        for index in indexes:
            index.drop(connection)
        yield connection
        for index in indexes:
            index.create(connection)
        if sqlite:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("ANALYZE" if sqlite else "VACUUM ANALYZE")
    engine.dispose()


def _fill(connection: Connection, dataset: int, run_id: RunId, size: int) -> None:
    first_ms = int(time.time() * 1000) - SPAN_MS
    seeds = [
        {"k": k, "body": sms.body, "sender": sms.sender, "klass": sms.label}
        for k, sms in enumerate(Corpus(7, start_ms=0, every_ms=60_000).messages(0, SEEDS))
    ]
    connection.exec_driver_sql("CREATE TEMPORARY TABLE seed (k INT PRIMARY KEY, body TEXT, sender TEXT, klass TEXT)")
    connection.execute(text("INSERT INTO seed VALUES (:k, :body, :sender, :klass)"), seeds)
    facts = {"dataset": dataset, "run": int(run_id), "first": first_ms, "size": size, "every": LABELLED_EVERY,
             "seeds": SEEDS, "span": SPAN_MS}  # fmt: skip
    for low in range(1, size + 1, PIECE):
        piece = {**facts, "low": low, "high": min(low + PIECE - 1, size)}
        for statement in ROWS:
            words = statement.replace("{numbers}", NUMBERS[connection.dialect.name])
            used = {name: value for name, value in piece.items() if f":{name}" in words}
            connection.execute(text(words), used)
    if connection.dialect.name == "postgresql":
        for table in ("message", "label"):
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(i) AS (VALUES(:low) UNION ALL SELECT i + 1 FROM numbers WHERE i < :high)",
    "postgresql": "WITH numbers(i) AS (SELECT generate_series(CAST(:low AS bigint), CAST(:high AS bigint)))",
}
ROWS = (
    """INSERT INTO message (id, dataset_id, source, key, body, text, sender, sent_at, arrived_at)
    {numbers} SELECT i, :dataset, 'load', substr(CAST(1000000000 + i AS text), 2), body, body, sender,
    :first + i * :span / :size, :first + i * :span / :size
    FROM numbers JOIN seed ON k = i % :seeds""",
    """INSERT INTO prediction (run_id, message_id, klass, confidence, at)
    {numbers} SELECT :run, i, klass, 0.4 + 0.6 * ((i * 7919) % 100003) / 100003.0, :first + i * :span / :size
    FROM numbers JOIN seed ON k = i % :seeds""",
    """INSERT INTO label (id, message_id, origin, origin_ref, klass)
    {numbers} SELECT i / :every, i, 'imported', 'bench', klass
    FROM numbers JOIN seed ON k = (i * 7) % :seeds WHERE i % :every = 0""",
    """INSERT INTO truth (message_id, klass, origin, label_id)
    {numbers} SELECT i, klass, 'imported', i / :every
    FROM numbers JOIN seed ON k = (i * 7) % :seeds WHERE i % :every = 0""",
)


def _counts(connection: Connection) -> tuple[pd.DataFrame, dict[int, tuple[str, ...]]]:
    """Predictions by hour, class and seed (columns hour, klass, k, n); and the slices that each seed is in."""
    counted = text(
        "SELECT sent_at / 3600000 AS hour, klass, k, count(*) AS n FROM message JOIN seed ON k = id % :seeds "
        "GROUP BY sent_at / 3600000, klass, k"
    )
    rows = connection.execute(counted, {"seeds": SEEDS}).all()
    seeds = connection.execute(text("SELECT k, body, sender FROM seed")).all()
    return pd.DataFrame(rows, columns=["hour", "klass", "k", "n"]), {k: slices_of(b, s) for k, b, s in seeds}


def _add(connection: Connection, run_id: RunId, size: int, frame: pd.DataFrame, slices: dict[int, Any]) -> None:
    """The roll-ups of the predictions, by the works' own functions."""
    run = {"run_id": int(run_id)}
    hours = frame.groupby(["hour", "klass"], as_index=False)["n"].sum()
    add_rows(connection, _table(ClassCount), [{**run, "series": PREDICTED, **row} for row in _plain(hours)])
    sliced = frame.assign(day=frame["hour"] // 24, slice=frame["k"].map(slices)).explode("slice")
    days = sliced.groupby(["slice", "day", "klass"], as_index=False)["n"].sum()
    add_whole_rows(connection, _table(SliceCount), [{**run, **row} for row in _plain(days)])
    names = sliced.groupby("slice", as_index=False)["n"].sum().rename(columns={"slice": "name"})
    add_whole_rows(connection, _table(Slice), _plain(names))
    tally(connection, "messages", size)
    tally(connection, "predictions", size)


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.astype(object).to_dict("records")  # type: ignore[return-value]


def _judge(store: Store, dataset: int, size: int) -> None:
    """Some hundred verdicts of two people at the real desk, on messages all over the room."""
    desk, people = Desk(store, CLASSES), [add_person(store, f"Judge {n}").id for n in range(2)]
    step = max(1, size // (JUDGED + 200))
    frame = pd.DataFrame({"message_id": range(1, size + 1, step)}).head(JUDGED + 200)
    frame = frame.assign(rank=frame.index.astype(float))
    queue_id = store.write(lambda c: create(c, dataset, QueueSpec("review", blind_share=0.2)))  # type: ignore[arg-type]
    store.write(lambda c: fill(c, queue_id, frame))
    for number in range(JUDGED):
        judge(desk, people[number % 2], CLASSES[number % 3 and 2])


def judge(desk: Desk, person: Any, klass: str) -> int:
    """One verdict on the next message; gives its id."""
    (message, *_) = desk.claim(person, 1).result()
    given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=2.0)
    return int(desk.judge(person, given).result().verdict_id)


def largest(store: Store) -> int:
    """How many messages there are, counted."""
    with store.read() as connection:
        return int(connection.execute(select(Message.id).order_by(Message.id.desc()).limit(1)).scalar_one())
