"""fit -> predict -> prediction: the champion judges what came, and what lies below in shards, the newest first."""

from __future__ import annotations

import luigi
import pandas as pd
from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.learning import Model
from core.pipeline.shards import Backlog, Chore, Mark, Shard, go_down, go_up, is_up_to_date, left_below
from core.pipeline.stage import LineTask
from core.pipeline.workshop import workshop
from core.project import Project
from core.slices import slices_of
from core.store import Store
from core.store.models import RunId
from core.store.paced import write_paced
from core.store.queries.lag import mark_of
from core.store.queries.live import champion
from core.store.queries.models import model_content
from core.store.queries.walk import newest_message
from core.store.records.predictions import add_predictions
from core.store.records.stretches import begin_stretch


class Predict(LineTask):
    """Let the champion judge the messages that came since it began."""

    def made_from(self) -> str:
        """The dataset: it follows the messages, whoever is champion."""
        return fingerprint("predicting", int(self.project.dataset_id))

    def complete(self) -> bool:
        """Whether the champion, where there is one, has judged every message above."""
        project = workshop.project(self.room)
        run_id = _champion(project)
        return run_id is None or is_up_to_date(project, mark_of(run_id))

    def work(self) -> int:
        """Gives how many were judged; `at_most` of the worker, so that a watcher can look at the labels in between."""
        run_id, store = _champion(self.project), self.project.store
        if run_id is None:
            return 0
        newest = newest_message(store)
        store.write(lambda connection: begin_stretch(connection, mark_of(run_id), "Predict", newest))
        judging = Judging(self.room, run_id)
        return go_up(store, self.project.dataset_id, judging, self.tell, workshop.worker(self.room).at_most)


class PredictShard(Shard):
    """Let the champion judge a stretch of the messages that were there before it, downwards."""

    model: int = luigi.IntParameter(description="the champion's run")

    def key(self) -> str:
        """The model's."""
        return mark_of(RunId(self.model))

    def made_from(self) -> str:
        """The model, and which stretch."""
        return fingerprint("predicting below", int(self.project.dataset_id), self.model, self.first)

    def work(self) -> int:
        """Gives how many were judged."""
        judging = Judging(self.room, RunId(self.model))
        return go_down(self.project.store, self.project.dataset_id, judging, self.first, self.tell)


class Unjudged(Backlog):
    """Shards that the champion has yet to judge."""

    model: int = luigi.IntParameter()

    def shard(self, first: int) -> PredictShard:
        """One of them."""
        return PredictShard(room=self.room, model=self.model, first=first)


def unjudged(project: Project, room: str, at_most: int | None) -> Unjudged | None:
    """What the champion has yet to judge of the messages before it, `at_most` so many of them; None: nothing."""
    run_id = _champion(project)
    if run_id is None or not (firsts := left_below(project, mark_of(run_id), at_most)):
        return None
    return Unjudged(room=room, firsts=firsts, model=int(run_id))


class Judging(Chore):
    """A model says what messages are. It is read once for all that this process judges."""

    def __init__(self, room: str, run_id: RunId) -> None:
        project = workshop.project(room)
        self.key = mark_of(run_id)
        self.page = project.settings.pipeline.predict_batch
        self._run_id = run_id
        self._model: Model = workshop.keep(
            room, f"model {run_id}", lambda: Model.from_bytes(model_content(project.store, run_id))
        )

    def do(self, store: Store, page: pd.DataFrame, mark: Mark) -> int:
        """Store what the model says of a page, piece by piece."""

        def store_piece(connection: Connection, piece: pd.DataFrame) -> None:
            add_predictions(connection, self._run_id, piece)
            mark(connection, piece)

        for _ in write_paced(store, self._said(page), store_piece):
            pass
        return len(page)

    def _said(self, page: pd.DataFrame) -> pd.DataFrame:
        said = self._model.predict(page["text"].tolist())
        return pd.DataFrame(
            {
                "message_id": page["message_id"],
                "klass": [self._model.classes[code] for code in said.codes],
                "confidence": said.confidence,
                "hour": page["hour"],
                "slices": [
                    slices_of(body, sender if isinstance(sender, str) else None)  # pandas has NaN for no sender
                    for body, sender in zip(page["body"], page["sender"], strict=True)
                ],
            }
        )


def _champion(project: Project) -> RunId | None:
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
    return None if current is None else current.run_id
