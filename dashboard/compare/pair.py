"""Two runs side by side: fold by fold, by class, by cell, on the office's verdicts, by kind of message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Connection

from core import Project
from core.errors import DeskError
from core.store.models import RunId
from core.store.queries.apart import Joint, joint_counts
from core.store.queries.compare import ComparedRun, basis_of, compared_runs, fold_scores_by_class, right_apart
from core.store.queries.held_out import said_of_both
from core.store.queries.live import HEADLINE_METRIC, run_scores
from dashboard.compare.together import Together, together

PER_CLASS = "recall"


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
