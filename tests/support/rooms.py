"""Rooms for tests, filled through the same functions that the pipeline uses."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import select

from core.frames import MESSAGES
from core.store import Store
from core.store.models import DatasetId, Message, RunId
from core.store.records.datasets import dataset_id
from core.store.records.messages import store_messages
from core.store.records.predictions import add_predictions
from core.store.records.runs import NewRun, finish_run, promote, start_run
from labeling.queues import QueueSpec, create, fill

CLASSES = ("personal", "notification", "spam")


def add_messages(store: Store, bodies: Sequence[str], *, source: str = "inbox", label: str | None = None) -> list[int]:
    """Store messages with these texts; gives their ids."""
    n = len(bodies)
    frame = pd.DataFrame(
        {
            "source": pd.Series([source] * n, dtype="str"),
            "key": pd.Series([f"{number}" for number in range(n)], dtype="str"),
            "body": pd.Series(list(bodies), dtype="str"),
            "text": pd.Series(list(bodies), dtype="str"),
            "sender": pd.Series(["VM-SHOP"] * n, dtype="str"),
            "sent_at": pd.Series([1_790_000_000_000 + 60_000 * number for number in range(n)], dtype="Int64"),
            "label": pd.Series([label] * n, dtype="str"),
        }
    )
    dataset = the_dataset(store)
    store.write(lambda c: store_messages(c, dataset, MESSAGES.validate(frame)))
    with store.read() as connection:
        ids = connection.execute(select(Message.id).where(Message.source == source).order_by(Message.id))
        return list(ids.scalars())


def the_dataset(store: Store) -> DatasetId:
    """The test room's dataset."""
    return store.write(lambda connection: dataset_id(connection, "messages"))


def add_champion(store: Store, message_ids: Sequence[int], klass: str = "spam", confidence: float = 0.9) -> RunId:
    """A champion that says `klass` of these messages."""
    dataset = the_dataset(store)
    new = NewRun(dataset, "char-svc", f"fp{len(message_ids)}{klass}"[:16], 0, 0, 5, 7, {})
    run_id = store.write(lambda c: start_run(c, new))
    store.write(lambda c: finish_run(c, run_id))
    said = pd.DataFrame({"message_id": list(message_ids), "klass": klass, "confidence": confidence, "hour": 497_222})
    hours = [(1_790_000_000_000 + 60_000 * number) // 3_600_000 for number in range(len(said))]
    store.write(lambda c: add_predictions(c, run_id, said.assign(hour=hours)))
    store.write(lambda c: promote(c, dataset, run_id, by="test", reason="a test"))
    return run_id


def add_queue(store: Store, message_ids: Sequence[int], **spec: object) -> int:
    """An open queue with these messages in their order."""
    dataset = the_dataset(store)
    queue_id = store.write(lambda c: create(c, dataset, QueueSpec("review", **spec)))  # type: ignore[arg-type]
    frame = pd.DataFrame({"message_id": list(message_ids), "rank": [float(n) for n in range(len(message_ids))]})
    store.write(lambda c: fill(c, queue_id, frame))
    return queue_id
