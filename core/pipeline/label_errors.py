"""The champion's folds -> labels that are probably wrong: what the office should look at again."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.learning import from_bytes
from core.learning.calibration import probabilities
from core.learning.label_errors import probable_errors
from core.pipeline.stage import LineTask
from core.pipeline.workshop import workshop
from core.project import Project
from core.store import Store
from core.store.models import Origin, RunId
from core.store.queries.fold_margins import fold_margins
from core.store.queries.live import champion
from core.store.queries.tried_before import classes_of
from core.store.records.stages import done, mark_done
from core.store.records.suspects import add_suspects

NAME = "LabelErrors"
MOST = 5_000
"""Kept of a run, the worst first."""


class LabelErrors(LineTask):
    """Look once for labels that the champion, held out, finds hard to believe.

    People's labels are heard, and never doubted here. It costs the labelled messages that the champion was tried on,
    whatever the store holds.
    """

    def made_from(self) -> str:
        """The champion's run, which names its folds; the dataset, where there is no champion."""
        current = _champion(self.project)
        return fingerprint(NAME, "nobody" if current is None else int(current))

    def complete(self) -> bool:
        """Whether this champion's folds have been looked through; there is nothing to do without one."""
        project = workshop.project(self.room)
        if _champion(project) is None:
            return True
        with project.store.read() as connection:
            return done(connection, self.made_from()) is not None

    def work(self) -> int:
        """Gives how many there are."""
        current = _champion(self.project)
        if current is None:
            return 0
        began = time.monotonic()
        frame, tried = _doubted(self.project.store, current)
        made_from = self.made_from()

        def keep(connection: Connection) -> None:
            if done(connection, made_from) is None:  # another machine may have been faster
                add_suspects(connection, current, frame)
                result = {"run": int(current), "tried": tried, "found": len(frame)}
                mark_done(connection, NAME, made_from, result, time.monotonic() - began)

        self.project.store.write(keep)
        return len(frame)


def _champion(project: Project) -> RunId | None:
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
    return None if current is None else current.run_id


def _doubted(store: Store, run_id: RunId) -> tuple[pd.DataFrame, int]:
    """The labels that are probably wrong, and of how many."""
    rows = [row for page in fold_margins(store, run_id) for row in page]
    if not rows:
        return pd.DataFrame(columns=["message_id", "given", "origin", "likely", "sure"]), 0
    with store.read() as connection:
        names = classes_of(connection, run_id)
    code = {klass: number for number, klass in enumerate(names)}
    said = probabilities(from_bytes([row.margins for row in rows], len(names)), 1.0)
    doubts = probable_errors(said, np.array([code[row.truth] for row in rows]))
    found = pd.DataFrame(
        {
            "message_id": [rows[number].message_id for number in doubts.messages],
            "given": [rows[number].truth for number in doubts.messages],
            "origin": [rows[number].origin for number in doubts.messages],
            "likely": np.array(names, dtype=object)[said[doubts.messages].argmax(axis=1)],
            "sure": doubts.sure,
        }
    )
    return found[found["origin"] != Origin.VERDICT].head(MOST), len(rows)
