"""fit -> predict -> prediction: the champion judges what came, and what lies below, the newest first."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.learning import Model
from core.pipeline.stage import LineTask, Progress, silent, workshop
from core.project import Project
from core.slices import slices_of
from core.store import Store
from core.store.models import RunId
from core.store.paced import write_paced
from core.store.queries.lag import mark_of
from core.store.queries.live import champion
from core.store.queries.models import model_content
from core.store.queries.walk import above, below, newest_message
from core.store.records.predictions import add_predictions
from core.store.records.stages import done, set_progress

NAME = "Predict"


@dataclass(slots=True)
class Judged:
    """The stretch of message ids that a model has judged: all from `low` to `high`."""

    low: int
    high: int


class Predict(LineTask):
    """Let the champion judge the messages that it has not judged."""

    def made_from(self) -> str:
        """The dataset: it follows the messages, whoever is champion."""
        return fingerprint("predicting", int(self.project.dataset_id))

    def complete(self) -> bool:
        """Whether the champion, where there is one, has judged every message."""
        project = workshop.project(self.room)
        store, dataset = project.store, project.dataset_id
        with store.read() as connection:
            current = champion(connection, dataset)
        if current is None:
            return True
        judged = _judged(store, current.run_id)
        if above(store, dataset, judged.high, 1).empty:
            return below(store, dataset, judged.low, 1).empty
        return False

    def work(self) -> int:
        """Gives how many were judged."""
        at_most = workshop.worker(self.room).at_most
        return predict(self.project, lambda _stage, done, of: self.tell(done, of), at_most=at_most)


def predict(project: Project, progress: Progress = silent, *, at_most: int | None = None) -> int:
    """Let the champion judge the messages it has not judged; gives how many it judged.

    New messages come first, then the older ones downwards. Where it stands is written with each batch, so that it may
    be stopped at any moment.

    Args:
        project: the room.
        progress: told of work as it goes.
        at_most: stop after about so many messages, so that a watcher can look at the labels in between.
    """
    store = project.store
    with store.read() as connection:
        current = champion(connection, project.dataset_id)
    if current is None:
        return 0
    model = Model.from_bytes(model_content(store, current.run_id))
    judged = _judged(store, current.run_id)
    newest = newest_message(store)
    batch = project.settings.pipeline.predict_batch
    count = 0
    while at_most is None or count < at_most:
        page = above(store, project.dataset_id, judged.high, batch) if judged.high < newest else pd.DataFrame()
        if page.empty:
            page = below(store, project.dataset_id, judged.low, batch)
        if page.empty:
            break
        _judge(store, current.run_id, model, page, judged)
        count += len(page)
        progress(NAME, count, newest)
    return count


def _judged(store: Store, run_id: RunId) -> Judged:
    """Where the model stands; one that begins takes the newest messages first."""
    with store.read() as connection:
        found = done(connection, mark_of(run_id))
    if found is not None:
        return Judged(int(found["low"]), int(found["high"]))
    top = newest_message(store)
    return Judged(top + 1, top)


def _judge(store: Store, run_id: RunId, model: Model, page: pd.DataFrame, judged: Judged) -> None:
    said = model.predict(page["text"].tolist())
    rows = pd.DataFrame(
        {
            "message_id": page["message_id"],
            "klass": [model.classes[code] for code in said.codes],
            "confidence": said.confidence,
            "hour": page["hour"],
            "slices": [
                slices_of(body, sender if isinstance(sender, str) else None)  # pandas has NaN for no sender
                for body, sender in zip(page["body"], page["sender"], strict=True)
            ],
        }
    )

    def store_piece(connection: Connection, piece: pd.DataFrame) -> None:
        add_predictions(connection, run_id, piece)
        judged.low = min(judged.low, int(piece["message_id"].min()))
        judged.high = max(judged.high, int(piece["message_id"].max()))
        set_progress(connection, NAME, mark_of(run_id), {"low": judged.low, "high": judged.high})

    for _ in write_paced(store, rows, store_piece):
        pass
