"""The leaderboard: the finished runs with what they are worth and cost, and the pair to begin with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from core import Project
from core.intervals import mean_interval
from core.store.models import RunId
from core.store.queries.compare import ComparedRun, compared_runs
from core.store.queries.live import champion, clock, run_scores
from labeling.comparisons import comparisons


def board(project: Project) -> dict[str, Any]:
    """The finished runs with what they are worth and cost, who is champion, the pair to begin with, all comparisons."""
    dataset = project.dataset_id
    with project.store.read() as connection:
        reigning = champion(connection, dataset)
        runs = compared_runs(connection, dataset)
        if reigning is not None and all(run.run_id != reigning.run_id for run in runs):
            runs += compared_runs(connection, dataset, (reigning.run_id,))
        scores = {run.run_id: run_scores(connection, run.run_id) for run in runs}
        opened = [asdict(each) for each in comparisons(connection, dataset)]
        at = clock(connection)
    chief = reigning.run_id if reigning else None
    return {
        "at": at,
        "champion": chief,
        "runs": _ranked(runs, scores),
        "suggested": _suggested(runs, scores, chief),
        "comparisons": opened,
    }


def _ranked(runs: Sequence[ComparedRun], scores: dict[RunId, list[float]]) -> list[dict[str, Any]]:
    """The best first, with those marked that nobody beats in quality, size and speed at once.

    Scores on other folds are no scores to be beaten by: each `trial` has a front of its own.
    """
    from core.learning.compare import Standing, pareto_front  # here: scikit-learn comes with it, and takes seconds

    scored = [(run, *mean_interval(scores[run.run_id])) for run in runs if scores[run.run_id]]
    trials = list(dict.fromkeys(run.trial for run, _, _ in scored))
    labels = list(dict.fromkeys(run.labels for run, _, _ in scored))
    front: set[str] = set()
    for trial in trials:
        here = [(run, mean) for run, mean, _ in scored if run.trial == trial]
        front |= pareto_front([Standing(str(run.run_id), mean, run.size, run.predict_seconds) for run, mean in here])
    rows = [
        {
            "run": run.run_id,
            "title": run.title,
            "quality": mean,
            "half": half,
            "folds": len(scores[run.run_id]),
            "trained_on": run.train_size,
            "whose": {"origins": run.whose.named, "judged": run.whose.judged, "macro_f1": run.whose.macro_f1},
            "size": run.size,
            "fit_ms": _ms(run.fit_seconds),
            "predict_ms": _ms(run.predict_seconds),
            "front": str(run.run_id) in front,
            "trial": trials.index(run.trial),
            "labels": labels.index(run.labels),
        }
        for run, mean, half in scored
    ]
    return sorted(rows, key=lambda row: -row["quality"])


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else 1_000 * seconds


def _suggested(runs: Sequence[ComparedRun], scores: dict[RunId, list[float]], chief: RunId | None) -> list[int]:
    """The champion (else the best), and the best of the others, those on the same folds before all others."""
    ranked = sorted((run for run in runs if scores[run.run_id]), key=lambda run: -float(np.mean(scores[run.run_id])))
    first = next((run for run in ranked if run.run_id == chief), ranked[0] if ranked else None)
    others = [run for run in ranked if first is not None and run.run_id != first.run_id]
    if first is None or not others:
        return []
    return [first.run_id, sorted(others, key=lambda run: run.trial != first.trial)[0].run_id]
