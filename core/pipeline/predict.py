"""fit -> predict -> prediction: the champion judges what came, and what lies below in shards, the newest first."""

from __future__ import annotations

from collections.abc import Callable

import luigi
import pandas as pd
from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.learning import Model
from core.pipeline.stage import LineTask, workshop
from core.project import Project
from core.slices import slices_of
from core.store import Store
from core.store.models import RunId
from core.store.paced import write_paced
from core.store.queries.live import champion
from core.store.queries.models import model_content
from core.store.queries.walk import above, below, newest_message
from core.store.records.judged import (
    SHARD,
    begin_judging,
    down_to,
    judged,
    judged_down_to,
    judged_up_to,
    shard_of,
)
from core.store.records.predictions import add_predictions


class Predict(LineTask):
    """Let the champion judge the messages that came since it began."""

    def made_from(self) -> str:
        """The dataset: it follows the messages, whoever is champion."""
        return fingerprint("predicting", int(self.project.dataset_id))

    def complete(self) -> bool:
        """Whether the champion, where there is one, has judged every message above."""
        project = workshop.project(self.room)
        run_id = _champion(project)
        if run_id is None:
            return True
        with project.store.read() as connection:
            stretch = judged(connection, run_id)
        return stretch is not None and above(project.store, project.dataset_id, stretch.high, 1).empty

    def work(self) -> int:
        """Gives how many were judged; `at_most` of the worker, so that a watcher can look at the labels in between."""
        run_id, store, dataset = _champion(self.project), self.project.store, self.project.dataset_id
        if run_id is None:
            return 0
        newest = newest_message(store)
        high = store.write(lambda connection: begin_judging(connection, run_id, newest)).high
        model, at_most, count = model_of(self.room, run_id), workshop.worker(self.room).at_most, 0
        while at_most is None or count < at_most:
            page = above(store, dataset, high, self.project.settings.pipeline.predict_batch)
            if page.empty:
                break
            _judge(store, run_id, model, page, lambda c, piece: judged_up_to(c, run_id, int(piece["message_id"].max())))
            high = int(page["message_id"].max())
            count += len(page)
            self.tell(count, max(newest - high + count, count))
        return count


class PredictShard(LineTask):
    """Let the champion judge a stretch of the messages that were there before it, downwards."""

    model: int = luigi.IntParameter(description="the champion's run")
    first: int = luigi.IntParameter(description="the lowest id of the stretch")

    @property
    def priority(self) -> int:  # type: ignore[override]
        """The newest first."""
        return self.first

    def made_from(self) -> str:
        """The model, and which stretch."""
        return fingerprint("predicting below", int(self.project.dataset_id), self.model, self.first)

    def complete(self) -> bool:
        """Whether the stretch is judged."""
        store = workshop.project(self.room).store
        with store.read() as connection:
            stretch = judged(connection, RunId(self.model))
            low = stretch.low if stretch else self.first + SHARD
            return low <= self.first or down_to(connection, RunId(self.model), self.first, low) <= self.first

    def work(self) -> int:
        """Gives how many were judged. Killed at any moment, it goes on where it was."""
        store, dataset, run_id = self.project.store, self.project.dataset_id, RunId(self.model)
        with store.read() as connection:
            stretch = judged(connection, run_id)
            low = stretch.low if stretch else self.first + SHARD
            at = down_to(connection, run_id, self.first, low)
        top, model, count = at, model_of(self.room, run_id), 0
        while at > self.first:
            page = below(store, dataset, at, self.project.settings.pipeline.predict_batch)
            page = page[page["message_id"] >= self.first]
            if page.empty:
                break
            _judge(store, run_id, model, page, self._down)
            at = int(page["message_id"].min())
            count += len(page)
            self.tell(top - at, top - self.first)
        if at > self.first:  # no message has the lowest id
            store.write(lambda connection: judged_down_to(connection, run_id, self.first, self.first))
        return count

    def _down(self, connection: Connection, piece: pd.DataFrame) -> None:
        judged_down_to(connection, RunId(self.model), self.first, int(piece["message_id"].min()))


class Backlog(luigi.WrapperTask):
    """Shards that several processes may share: what one holds the others leave for now."""

    room: str = luigi.Parameter()
    model: int = luigi.IntParameter()
    firsts: tuple[int, ...] = luigi.TupleParameter()

    def requires(self) -> list[PredictShard]:
        """A task a shard."""
        return [PredictShard(room=self.room, model=self.model, first=first) for first in self.firsts]


def backlog(project: Project, room: str, at_most: int | None) -> Backlog | None:
    """The shards that the champion has yet to judge, the newest first, `at_most` so many messages of them, about.

    None where it has judged everything.
    """
    run_id = _champion(project)
    if run_id is None:
        return None
    with project.store.read() as connection:
        stretch = judged(connection, run_id)
    lowest = above(project.store, project.dataset_id, 0, 1)
    if stretch is None or lowest.empty or int(lowest["message_id"].iloc[0]) >= stretch.low:
        return None
    firsts = range(shard_of(stretch.low - 1), shard_of(int(lowest["message_id"].iloc[0])) - 1, -SHARD)
    most = None if at_most is None else max(1, at_most // SHARD)
    return Backlog(room=room, model=int(run_id), firsts=tuple(firsts[:most]))


def model_of(room: str, run_id: RunId) -> Model:
    """A run's model, read once for all shards that this process judges."""
    store = workshop.project(room).store
    kept: Model = workshop.keep(room, f"model {run_id}", lambda: Model.from_bytes(model_content(store, run_id)))
    return kept


def _champion(project: Project) -> RunId | None:
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
    return None if current is None else current.run_id


def _judge(
    store: Store,
    run_id: RunId,
    model: Model,
    page: pd.DataFrame,
    mark: Callable[[Connection, pd.DataFrame], None],
) -> None:
    """Store what the model says of a page, piece by piece, each with the mark that says how far it is."""
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
        mark(connection, piece)

    for _ in write_paced(store, rows, store_piece):
        pass
