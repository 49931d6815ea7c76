"""100,000 labels out of a million messages, in each format, on both databases.

Its cost follows the labels: the same export out of a room with a tenth of the messages takes as long (`ratio`).
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import Table, insert, text

import labeling.models
from bench.result import postgresql, report, timed
from core.store import Store, bulk
from core.store.models import DatasetId, Label, Message, Run, Truth
from core.store.records.datasets import dataset_id
from labeling.exchange import FORMATS, export, labels
from labeling.models import Lease, Person, Queue, Task, Verdict

CLASSES = ("personal", "notification", "spam")
LABELS = 100_000
MESSAGES = 1_000_000
PIECE = 50_000


def fill(store: Store, messages: int, labelled: int) -> DatasetId:
    """A room in which `labelled` of the messages were judged by one person each, spread over all of them."""
    dataset = store.write(lambda connection: dataset_id(connection, "messages"))
    for start in range(0, messages, PIECE):
        ids = np.arange(start + 1, min(start + PIECE, messages) + 1)
        bodies = [f"Your parcel {number} is on its way, see example.com/t/{number}" for number in ids]
        keys = {"source": "inbox", "key": [str(number) for number in ids]}
        texts = {"body": bodies, "text": bodies, "sent_at": 1_790_000_000_000 + ids}
        add(store, Message, pd.DataFrame({"id": ids, "dataset_id": int(dataset), **keys, **texts}))
    judged = np.arange(1, labelled + 1) * (messages // labelled)
    said = np.array(CLASSES, dtype=object)[judged % 3]
    store.write(lambda c: c.execute(insert(Person).values(id=1, name="Ada", role="reviewer")))
    run = {"candidate": "char-svc", "version": 1, "fingerprint": "f", "state": "done", "label_cutoff": 0}
    sizes = {"train_size": 0, "folds_planned": 5, "seed": 7, "params": {}}
    store.write(lambda c: c.execute(insert(Run).values(id=1, dataset_id=dataset, **run, **sizes)))
    queue = {"name": "review", "purpose": "training", "order_name": "random", "state": "open"}
    spec = {"overlap": 1, "blind_share": 0.1, "lease_ms": 1}
    store.write(lambda c: c.execute(insert(Queue).values(id=1, dataset_id=dataset, **queue, **spec)))
    ids = np.arange(1, labelled + 1)
    task = {"id": ids, "queue_id": 1, "message_id": judged, "rank": 0.0, "overlap": 1, "free": 0, "judged": 1}
    add(store, Task, pd.DataFrame(task))
    lease = {"id": ids, "task_id": ids, "slot": 0, "person_id": 1, "blind": False, "shown_run_id": 1}
    shown = {"shown_klass": said, "shown_confidence": 0.5, "expires_at": 0}
    add(store, Lease, pd.DataFrame({**lease, **shown}))
    places = {"lease_id": ids, "task_id": ids, "queue_id": 1, "message_id": judged, "person_id": 1}
    uuids = [f"{number:036d}" for number in ids]
    verdict = {"id": ids, "uuid": uuids, "kind": "label", "klass": said, "blind": False, "late": False}
    add(store, Verdict, pd.DataFrame({**verdict, **places}))
    label = {"id": ids, "message_id": judged, "origin": "verdict", "origin_ref": "queue:1", "klass": said}
    add(store, Label, pd.DataFrame({**label, "confidence": 1.0}))
    add(store, Truth, pd.DataFrame({"message_id": judged, "klass": said, "origin": "verdict", "label_id": ids}))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return dataset


def add(store: Store, model: type[labeling.models.Base], frame: pd.DataFrame) -> None:
    """Append rows in pieces."""
    table: Table = model.__table__  # type: ignore[assignment]
    for start in range(0, len(frame), PIECE):
        piece = frame.iloc[start : start + PIECE]
        store.write(lambda connection, piece=piece: bulk.append(connection, table, piece))  # type: ignore[misc]


def export_each(store: Store, dataset: DatasetId, folder: Path) -> dict[str, float]:
    """Seconds of each format; the number of labels is checked."""
    seconds = {}
    for form in FORMATS:
        target = folder / f"{store.dialect}-{form.name}{form.extension}"
        rows = labels(store, dataset, people=True)
        began = time.process_time()
        count, seconds[form.name] = timed(lambda t=target, f=form, r=rows: export(r, t, f(), CLASSES))  # type: ignore[misc]
        assert count == LABELS, f"{count} labels in {form.name}"
        used = time.process_time() - began
        print(
            f"{store.dialect}, {form.name}: {LABELS:,} labels in {seconds[form.name]:.2f} s, {used:.2f} s of this CPU"
        )
    return seconds


@contextmanager
def opened(dialect: str, folder: Path, name: str) -> Iterator[Store]:
    """A new store."""
    if dialect == "sqlite":
        with Store.open(f"sqlite:///{folder / name}.db", create=True) as store:
            yield store
    else:
        with postgresql() as url, Store.open(url, create=True) as store:
            yield store


def main() -> None:
    """Fill two rooms a database, export from each."""
    worst, ratio = 0.0, 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for dialect in ("sqlite", "postgresql"):
            each = {}
            for messages in (MESSAGES // 10, MESSAGES):
                with opened(dialect, Path(scratch), f"room{messages}") as store:
                    dataset = fill(store, messages, LABELS)
                    print(f"Out of {messages:,} messages:", flush=True)
                    each[messages] = export_each(store, dataset, Path(scratch))
            worst = max(worst, *each[MESSAGES].values())
            ratio = max(ratio, max(each[MESSAGES][name] / each[MESSAGES // 10][name] for name in FORMATS.names()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report("labels", ratio=ratio, equal=True, size=MESSAGES, seconds=worst, peak_mb=peak // 1024)
