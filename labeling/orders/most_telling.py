"""The messages whose labels would tell the most, by ActiveLab (Goh and Mueller 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from sqlalchemy import Connection, select

from core.store.models import Prediction
from labeling.adaptive import Array, prior
from labeling.models import Task, Verdict
from labeling.orders.order import Asked, Order, in_order, unsure
from labeling.orders.random import Random
from labeling.selection import most_telling
from labeling.tasks import labelling

if TYPE_CHECKING:
    import pandas as pd

POOL = 8
POOL_MOST = 4_000
JUDGED_MOST = 2_000


class MostTelling(Order):
    """The lowest ActiveLab scores first: the model unsure, weighed by how far model and office can be trusted."""

    name: ClassVar[str] = "most_telling"
    title: ClassVar[str] = "Messages whose labels would tell the most come first (ActiveLab, cleanlab)."
    sentence: ClassVar[str] = "What would teach the model most first."

    def pick(self, connection: Connection, asked: Asked) -> pd.DataFrame:
        """Scored over a pool of eight times as many as are asked for, 4,000 at the most; at random with no champion."""
        if asked.champion is None:
            return Random().pick(connection, asked)
        pool = connection.execute(unsure(asked, min(POOL_MOST, max(asked.most, asked.most * POOL)))).all()
        said = _verdicts(connection, asked)
        classes = sorted({row.klass for row in pool} | {*said["klass"], *said["said"]})
        if not pool or len(classes) < 2 or len(said) < len(classes):
            return in_order([row.message_id for row in pool[: asked.most]])
        place = {klass: index for index, klass in enumerate(classes)}
        waiting = np.stack([prior(len(classes), place[row.klass], row.confidence) for row in pool])
        scores = _scores(said, place, waiting)
        best = np.argsort(scores, kind="stable")[: asked.most]
        return in_order([pool[index].message_id for index in best])


def _verdicts(connection: Connection, asked: Asked) -> pd.DataFrame:
    """The newest verdicts on messages with a prediction, a row a person.

    Columns message_id, person_id, klass; and what the champion says: said, confidence.
    """
    import pandas as pd  # here: pandas takes a second to import

    newest = (
        select(Verdict.message_id, Verdict.person_id, Verdict.klass, Verdict.task_id)
        .where(labelling())
        .order_by(Verdict.id.desc())
        .limit(JUDGED_MOST)
        .subquery()
    )
    query = (
        select(
            newest.c.message_id,
            newest.c.person_id,
            newest.c.klass,
            Prediction.klass.label("said"),
            Prediction.confidence,
        )
        .join(Task, Task.id == newest.c.task_id)
        .join(Prediction, Prediction.message_id == newest.c.message_id)
        .where(Prediction.run_id == asked.champion, ~Task.gold)
    )
    columns = ["message_id", "person_id", "klass", "said", "confidence"]
    rows = [tuple(row) for row in connection.execute(query)]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(["message_id", "person_id"])


def _scores(said: pd.DataFrame, place: dict[str, int], waiting: Array) -> Array:
    """How much each label would tell of what waits, given what people have said of other messages."""
    labels = said.assign(klass=said["klass"].map(place)).pivot(index="message_id", columns="person_id", values="klass")
    known = said.drop_duplicates("message_id").set_index("message_id").loc[labels.index]
    judged = np.stack(
        [prior(len(place), place[klass], sure) for klass, sure in zip(known["said"], known["confidence"], strict=True)]
    )
    return most_telling(labels.to_numpy(float), judged, waiting)
