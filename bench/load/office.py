"""A room with as many messages as are asked for, a model that explains itself, and servers on it."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
from sqlalchemy import Table, func, select

import labeling.models  # noqa: F401  # so that the metadata is whole
from core.corpus import Corpus
from core.learning import Candidate, fit
from core.store import Store, bulk
from core.store.models import HOUR_MS, Message, RunId
from core.store.records.datasets import dataset_id
from core.store.records.predictions import add_predictions
from core.store.records.runs import NewRun, add_model, finish_run, promote, start_run
from core.store.rollups import tally
from labeling.models import Role, Task
from labeling.people import add_person, issue_link
from labeling.queues import TRAINING, QueueSpec, create

CLASSES = ("personal", "notification", "spam")
DISTINCT = 20_000
PIECE = 50_000
EVERY_MS = 60_000
SETTINGS = """[room]
name = "Office"
classes = ["personal", "notification", "spam"]
[store]
url = "{url}"
[pipeline]
dataset = "smsdata"
[desk]
blind_share = 0.1
"""
_message: Table = Message.__table__  # type: ignore[assignment]
_task: Table = Task.__table__  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Office:
    """A room's folder and its store's address."""

    folder: Path
    url: str

    def store(self) -> Store:
        """The store, opened."""
        return Store.open(self.url)


def make_office(folder: Path, url: str, messages: int, *, overlap: int = 1) -> Office:
    """A room with that many messages, a prediction and a task for each, and one open queue.

    Filled by whole frames, with the same roll-ups that the pipeline keeps: 'tallyroom store check' finds no difference.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dictionaries").mkdir(exist_ok=True)
    (folder / "tallyroom.toml").write_text(SETTINGS.format(url=url))
    shipped = files("dashboard").joinpath("demo", "room")
    (folder / "dictionaries" / "smsdata.yaml").write_text(shipped.joinpath("dictionary.yaml").read_text("utf-8"))
    (folder / "rules.yaml").write_text(shipped.joinpath("rules.yaml").read_text("utf-8"))
    first_ms = int(time.time() * 1000) - EVERY_MS * messages
    with Store.open(url, create=True) as store:
        corpus = [*Corpus(7, start_ms=first_ms, every_ms=EVERY_MS).messages(0, min(messages, DISTINCT))]
        run_id = _champion(store, [sms.body for sms in corpus[:3_000]], [sms.truth for sms in corpus[:3_000]])
        dataset = store.write(lambda c: dataset_id(c, "smsdata"))
        spec = QueueSpec(TRAINING, order="random", overlap=overlap, blind_share=0.1)
        queue_id = store.write(lambda c: create(c, dataset, spec))
        bodies, said = [sms.body for sms in corpus], np.array([sms.label for sms in corpus], dtype=object)
        for first in range(0, messages, PIECE):
            numbers = range(first, min(first + PIECE, messages))
            _fill(store, int(dataset), run_id, queue_id, numbers, bodies, said, overlap, first_ms)
    return Office(folder, url)


def _champion(store: Store, texts: list[str], truth: list[str]) -> RunId:
    """A model fitted on some of the messages, so that hand-outs are explained as in earnest."""
    codes = np.array([CLASSES.index(klass) for klass in truth])
    content = fit(Candidate.parse("char-svc"), texts, codes, CLASSES, seed=7).to_bytes()
    dataset = store.write(lambda c: dataset_id(c, "smsdata"))
    run_id = store.write(lambda c: start_run(c, NewRun(dataset, "char-svc", "load", 0, len(texts), 5, 7, {})))
    store.write(lambda c: finish_run(c, run_id))
    store.write(lambda c: add_model(c, run_id, "linear-2", content))
    store.write(lambda c: promote(c, dataset, run_id, by="load", reason="the only one"))
    return run_id


def _fill(
    store: Store,
    dataset: int,
    run_id: RunId,
    queue_id: int,
    numbers: range,
    bodies: list[str],
    said: np.ndarray,
    overlap: int,
    first_ms: int,
) -> None:
    """A piece of the messages, with a prediction and a task for each."""
    rng = np.random.default_rng(numbers.start)
    texts = [f"{bodies[number % len(bodies)]} {number}" for number in numbers]
    sent_at = first_ms + EVERY_MS * np.arange(numbers.start, numbers.stop)
    frame = pd.DataFrame({"dataset_id": dataset, "source": "load", "key": [str(n) for n in numbers], "body": texts})
    frame = frame.assign(text=texts, sender="VM-SHOP", sent_at=sent_at)
    with store.read() as connection:
        before = connection.execute(select(func.coalesce(func.max(Message.id), 0))).scalar_one()
    store.write(lambda c: (bulk.append(c, _message, frame), tally(c, "messages", len(frame))))
    with store.read() as connection:
        ids = connection.execute(select(Message.id).where(Message.id > before).order_by(Message.id)).scalars().all()
    klass = said[np.arange(numbers.start, numbers.stop) % len(said)]
    predictions = pd.DataFrame({"message_id": ids, "klass": klass, "confidence": rng.uniform(0.4, 1, len(ids))})
    store.write(lambda c: add_predictions(c, run_id, predictions.assign(hour=sent_at // HOUR_MS)))
    tasks = pd.DataFrame({"message_id": ids, "rank": rng.random(len(ids)), "queue_id": queue_id})
    tasks = tasks.assign(overlap=overlap, free=overlap, drawn=True, draw_probability=1 / len(ids), drawn_at=first_ms)
    store.write(lambda c: (bulk.append(c, _task, tasks), tally(c, f"queue:{queue_id}:total", len(tasks))))


def settle(store: Store) -> None:
    """What a database does by itself in a quiet minute: count its rows for the planner, empty its log."""
    if store.dialect == "sqlite":
        with closing(sqlite3.connect(str(store.url.database), isolation_level=None)) as file:
            file.execute("ANALYZE")
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")


def links(store: Store, base: str, names: list[str]) -> list[str]:
    """A link a reviewer, that lets them in once."""
    return [f"{base}/door?token={issue_link(store, add_person(store, name, Role.REVIEWER).id)}" for name in names]


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Serving:
    """A server of the room, in a process of its own."""

    base: str
    process: subprocess.Popen[bytes]


@contextmanager
def serve(office: Office) -> Iterator[Serving]:
    """`tallyroom serve` on a free port, from when it answers until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "dashboard.command", "serve", "--room", str(office.folder), "--port", str(port)]
    with (office.folder / f"serve-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ)
        try:
            wait_for(f"http://127.0.0.1:{port}/room/healthz", process)
            yield Serving(f"http://127.0.0.1:{port}/room", process)
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    """Until somebody answers there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit("the server ended before it answered")
        with suppress(httpx.TransportError):
            httpx.get(url, timeout=5)
            return
        time.sleep(0.02)
    sys.exit("the server did not start")
