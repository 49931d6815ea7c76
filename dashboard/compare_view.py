"""What the compare page shows of runs: the leaderboard, and two of them side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Connection

from core import Project
from core.errors import DeskError
from core.intervals import mean_interval
from core.store.models import RunId
from core.store.queries.apart import Joint, joint_counts
from core.store.queries.compare import ComparedRun, basis_of, compared_runs, fold_scores_by_class, right_apart
from core.store.queries.held_out import said_of_both
from core.store.queries.live import HEADLINE_METRIC, champion, clock, run_scores
from dashboard.compare_field import Together, together
from labeling.comparisons import comparisons

PER_CLASS = "recall"


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


def pair(project: Project, first: int, second: int) -> dict[str, Any]:
    """Two runs on the same folds, by class, by cell, on the office's verdicts.

    Raises:
        DeskError: one of them is no finished run.
    """
    with project.store.read() as connection:
        return _pair(connection, project, first, second)


def _pair(connection: Connection, project: Project, first: int, second: int) -> dict[str, Any]:
    from core.learning.compare import mcnemar

    runs = {run.run_id: run for run in compared_runs(connection, project.dataset_id, (first, second))}
    if {first, second} != set(runs):
        raise DeskError("only two finished runs of this room can be compared", fix="Choose two of the list.")
    one, other = runs[RunId(first)], runs[RunId(second)]
    basis = basis_of(connection, one.run_id, other.run_id)
    alone = mcnemar(*right_apart(connection, basis, one.run_id, other.run_id))
    joint = joint_counts(connection, one.run_id, other.run_id)
    alike = together(connection, one, other, joint)
    same = alike is Together.SAME
    return {
        "first": one.title,
        "second": other.title,
        "second_fitted": other.size is not None,
        "together": alike,
        "basis": basis,
        "verdicts": asdict(alone) if alone else None,
        "folds": _folds(connection, one, other) if same else None,
        "classes": _classes(connection, one, other, project.classes) if same else [],
        "cells": _cells(joint) if same else [],
        "held_out": sum(each.n for each in joint),
    }


def _folds(connection: Connection, one: ComparedRun, other: ComparedRun) -> dict[str, Any]:
    from core.learning.compare import paired_folds

    scores = [run_scores(connection, run.run_id) for run in (one, other)]
    pairs = list(zip(*scores, strict=False))
    table = np.array(pairs, float).reshape(-1, 2)
    test = paired_folds(table[:, 0], table[:, 1], one.test_share)
    return {"metric": HEADLINE_METRIC, "pairs": pairs, "test": asdict(test) if test else None}


def _classes(
    connection: Connection, one: ComparedRun, other: ComparedRun, classes: Sequence[str]
) -> list[dict[str, Any]]:
    from core.learning.compare import per_class

    scores = [fold_scores_by_class(connection, run.run_id, PER_CLASS) for run in (one, other)]
    first, second = ({klass: np.array(each[klass]) for klass in classes if klass in each} for each in scores)
    return [asdict(each) for each in per_class(first, second, one.test_share)]


def _cells(joint: Sequence[Joint]) -> list[dict[str, Any]]:
    """The second's confusion matrix minus the first's; `apart` messages are behind a cell, which open from it."""
    found: dict[tuple[str, str], list[int]] = {}
    for each in joint:
        if each.first == each.second:
            continue
        for said, sign in ((each.first, -1), (each.second, 1)):
            cell = found.setdefault((each.truth, said), [0, 0])
            cell[0] += sign * each.n
            cell[1] += each.n
    return [{"truth": truth, "predicted": said, "n": n, "apart": m} for (truth, said), (n, m) in sorted(found.items())]


def kinds(project: Project, first: int, second: int) -> list[dict[str, Any]]:
    """Two runs by kind of message."""
    from core.learning.compare import HeldOut, by_kind

    with project.store.read() as connection:
        rows = said_of_both(connection, RunId(first), RunId(second))
    found = by_kind(HeldOut(row.body, row.sender, row.first == row.truth, row.second == row.truth) for row in rows)
    return [asdict(each) for each in found]
