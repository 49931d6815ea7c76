"""Several runs beside each other: each against the first on the same folds, and how well each knows its chances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from core import Project
from core.errors import DeskError
from core.store.models import RunId
from core.store.queries.apart import sure_and_right
from core.store.queries.compare import ComparedRun, compared_runs
from core.store.queries.live import HEADLINE_METRIC, run_scores
from dashboard.compare.together import Together, together


def field(project: Project, runs: Sequence[int]) -> dict[str, Any]:
    """The runs in the order asked for: fold by fold, each against the first, and their calibration.

    Raises:
        DeskError: one of them is no finished run.
    """
    with project.store.read() as connection:
        known = {run.run_id: run for run in compared_runs(connection, project.dataset_id, runs)}
        if not set(runs) <= set(known):
            raise DeskError("only finished runs of this room can be compared", fix="Choose from the list.")
        picked = [known[RunId(run)] for run in dict.fromkeys(runs)]
        alike = [Together.SAME, *(together(connection, picked[0], run) for run in picked[1:])]
        scores = [run_scores(connection, run.run_id) for run in picked]
        calibrated = [sure_and_right(connection, run.run_id) for run in picked]
    return {"metric": HEADLINE_METRIC, "runs": _rows(picked, alike, scores, calibrated)}


def _rows(
    picked: Sequence[ComparedRun], alike: Sequence[Together], scores: Sequence[list[float]], calibrated: Sequence[Any]
) -> list[dict[str, Any]]:
    from core.learning.compare import against_first, reliability  # here: scikit-learn comes with it

    paired = [np.array(each) if how is Together.SAME else None for each, how in zip(scores, alike, strict=True)]
    tests = against_first(np.array(scores[0]), paired[1:], picked[0].test_share)
    rows = []
    for run, how, folds, said, test in zip(picked, alike, scores, calibrated, [None, *tests], strict=True):
        known = reliability(*said)
        rows.append(
            {
                "run": run.run_id,
                "title": run.title,
                "together": how,
                "folds": folds,
                "mean": float(np.mean(folds)) if folds else None,
                "against": asdict(test) if test else None,
                "calibration": asdict(known) if known else None,
            }
        )
    return rows
