"""What the compare page shows of runs: the leaderboard, and two of them side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection

from core.errors import DeskError
from core.intervals import mean_interval
from core.store.models import RunId
from core.store.queries.compare import (
    Basis,
    ComparedRun,
    basis_of,
    compared_runs,
    disagreements,
    fold_scores_by_class,
    right_apart,
)
from core.store.queries.held_out import said_of_both
from core.store.queries.live import HEADLINE_METRIC, champion, clock, confusion, run_scores
from core.store.rollups import FOLDS
from labeling.comparisons import comparisons

if TYPE_CHECKING:
    from dashboard.room import Room

PER_CLASS = "recall"
UNASKED = {"office": None, "share": 0.0, "verdicts": 0, "held": False}
KEPT_SECONDS = 30.0
"""Folds of a finished run never change; the office's verdicts, which McNemar's test looks at, come slowly."""

_kinds: WeakKeyDictionary[Room, dict[tuple[int, int], list[dict[str, Any]]]] = WeakKeyDictionary()
_kept: WeakKeyDictionary[Room, dict[tuple[int, int], tuple[float, dict[str, Any]]]] = WeakKeyDictionary()


def board(room: Room) -> dict[str, Any]:
    """The finished runs with what they are worth and cost, who is champion, the pair to begin with, all comparisons."""
    dataset = room.project.dataset_id
    with room.project.store.read() as connection:
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
    """The best first, with those marked that nobody beats in quality, size and speed at once."""
    from core.learning.compare import Standing, pareto_front  # here: scikit-learn comes with it, and takes seconds

    scored = [(run, *mean_interval(scores[run.run_id])) for run in runs if scores[run.run_id]]
    front = pareto_front([Standing(str(run.run_id), mean, run.size, run.predict_seconds) for run, mean, _ in scored])
    rows = [
        {
            "run": run.run_id,
            "title": run.title,
            "quality": mean,
            "half": half,
            "folds": len(scores[run.run_id]),
            "trained_on": run.train_size,
            "size": run.size,
            "fit_ms": _ms(run.fit_seconds),
            "predict_ms": _ms(run.predict_seconds),
            "front": str(run.run_id) in front,
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


def pair(room: Room, first: int, second: int) -> dict[str, Any]:
    """Two runs on the same folds, by class, by cell, on the office's verdicts; at most half a minute old.

    Raises:
        DeskError: one of them is no finished run.
    """
    kept = _kept.setdefault(room, {})
    made, found = kept.get((first, second), (0.0, {}))
    if not found or time.monotonic() - made > KEPT_SECONDS:
        with room.project.store.read() as connection:
            found = _pair(connection, room, first, second)
        if len(kept) > 100:
            kept.clear()
        kept[first, second] = (time.monotonic(), found)
    return found


def _pair(connection: Connection, room: Room, first: int, second: int) -> dict[str, Any]:
    from core.learning.compare import mcnemar

    runs = {run.run_id: run for run in compared_runs(connection, room.project.dataset_id, (first, second))}
    if {first, second} != set(runs):
        raise DeskError("only two finished runs of this room can be compared", fix="Choose two of the list.")
    one, other = runs[RunId(first)], runs[RunId(second)]
    basis = basis_of(connection, one.run_id, other.run_id)
    alone = mcnemar(*right_apart(connection, basis, one.run_id, other.run_id))
    same = one.trial == other.trial
    return {
        "first": one.title,
        "second": other.title,
        "second_fitted": other.size is not None,
        "basis": basis,
        "verdicts": asdict(alone) if alone else None,
        "folds": _folds(connection, one, other) if same else None,
        "classes": _classes(connection, one, other, room.project.classes) if same else [],
        "cells": _cells(connection, one, other) if same else [],
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


def _cells(connection: Connection, one: ComparedRun, other: ComparedRun) -> list[dict[str, Any]]:
    """The second's confusion matrix minus the first's, of messages that they were not trained on."""
    before, after = (confusion(connection, run.run_id, FOLDS) for run in (one, other))
    return [
        {"truth": truth, "predicted": klass, "n": after.get((truth, klass), 0) - before.get((truth, klass), 0)}
        for truth, klass in sorted(before.keys() | after.keys())
    ]


def kinds(room: Room, first: int, second: int) -> list[dict[str, Any]]:
    """Two runs by kind of message. Worked out once: a finished run says nothing new of what it was tried on."""
    from core.learning.compare import HeldOut, by_kind

    kept = _kinds.setdefault(room, {})
    if (first, second) not in kept:
        with room.project.store.read() as connection:
            rows = said_of_both(connection, RunId(first), RunId(second))
        found = by_kind(HeldOut(row.body, row.sender, row.first == row.truth, row.second == row.truth) for row in rows)
        kept[first, second] = [asdict(each) for each in found]
    return kept[first, second]


def apart(room: Room, first: int, second: int, after: int) -> list[dict[str, Any]]:
    """A page of the messages on which the two disagree, before the office is asked."""
    with room.project.store.read() as connection:
        basis = Basis(basis_of(connection, RunId(first), RunId(second)))
        rows = disagreements(connection, basis, RunId(first), RunId(second), after=after)
    return [{**asdict(row), "place": row.message_id, **UNASKED} for row in rows]
