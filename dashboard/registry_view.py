"""What the registry shows: the champion and why, its challengers, who was champion before, one model from near."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Connection

from core import Project
from core.errors import DeskError
from core.intervals import mean_interval
from core.store.models import RunId, RunState
from core.store.queries.compare import ComparedRun, compared_runs
from core.store.queries.live import clock, confusion, run_scores
from core.store.queries.models import model_content
from core.store.queries.promotions import PAGE, Promoted, promotions
from core.store.queries.registry import RegisteredRun, fitted, newest_of_each, registered_runs
from core.store.rollups import FOLDS

Terms = list[dict[str, Any]]
_DIGIT = re.compile(r"\d")


def registry(project: Project) -> dict[str, Any]:
    """The champion, the challengers with their distance from it, the newest promotions."""
    dataset = project.dataset_id
    with project.store.read() as connection:
        history = promotions(connection, dataset)
        chief = history[0].run_id if history else None
        former = [each.run_id for each in history]
        ids = {*newest_of_each(connection, dataset), *fitted(connection, dataset), *former}
        runs = _described(connection, project, sorted(ids), chief)
        at = clock(connection)
    champion = next((run for run in runs if run["run"] == chief), None)
    if champion is not None:
        champion = {**champion, "reason": history[0].reason, "by": history[0].by, "since": history[0].at}
    challengers = [run for run in runs if run["run"] != chief]
    return {
        "at": at,
        "champion": champion,
        "challengers": sorted(challengers, key=_rank),
        "history": [_told(each) for each in history],
        "more": len(history) == PAGE,
        "margin": project.settings.pipeline.settled_margin,
    }


def earlier(project: Project, before: int) -> dict[str, Any]:
    """A further page of promotions, those older than the promotion `before`."""
    with project.store.read() as connection:
        found = promotions(connection, project.dataset_id, before=before)
    return {"history": [_told(each) for each in found], "more": len(found) == PAGE}


def shown(
    project: Project, run_id: int, *, masks: bool, terms_of: Callable[[RunId], Terms | None] | None = None
) -> dict[str, Any]:
    """One model from near: what it was made with, its classes' top terms, how many it gets wrong on unseen messages.

    `terms` is None where no linear model is kept. `masks`: as a viewer may see it. `terms_of`: where they are kept.

    Raises:
        DeskError: there is no such run.
    """
    with project.store.read() as connection:
        history = promotions(connection, project.dataset_id, most=1)
        runs = _described(connection, project, [run_id], history[0].run_id if history else None)
        if not runs:
            raise DeskError(f"there is no run {run_id} here", fix="Choose one of the list.")
        cells = confusion(connection, RunId(run_id), FOLDS)
    wrong = sum(n for (truth, said), n in cells.items() if truth != said)
    look_into = terms_of or (lambda run: terms_by_class(project, run))
    terms = look_into(runs[0]["run"]) if runs[0]["size"] is not None else None
    return {
        **runs[0],
        "judged": sum(cells.values()),
        "wrong": wrong,
        "terms": _masked(terms) if masks and terms else terms,
    }


def _described(
    connection: Connection, project: Project, ids: Sequence[int], chief: RunId | None
) -> list[dict[str, Any]]:
    """Runs as JSON has them, those that can be paired with the champion held against it."""
    from core.learning.champion import is_linear  # here: scikit-learn comes with it, and takes seconds

    dataset = project.dataset_id
    wanted = [*ids, *([] if chief is None else [chief])]
    compared = {run.run_id: run for run in compared_runs(connection, dataset, wanted, most=len(wanted))}
    scores = {run_id: run_scores(connection, run_id) for run_id in compared}
    described = []
    for run in registered_runs(connection, dataset, ids):
        test, why_not = _against(run, compared, scores, chief, project.settings.pipeline.settled_margin)
        costs = compared.get(run.run_id)
        mean, half = mean_interval(scores[run.run_id]) if scores.get(run.run_id) else (None, None)
        fit_seconds = costs.fit_seconds * run.train_size if costs and costs.fit_seconds is not None else None
        described.append(
            {
                "run": run.run_id,
                "title": run.title,
                "candidate": run.candidate,
                "linear": is_linear(run.candidate),
                "state": run.state,
                "error": run.error,
                "quality": mean,
                "half": half,
                "folds": len(scores.get(run.run_id, ())),
                "against": test,
                "not_paired": why_not,
                "trained_on": run.train_size,
                "size": run.size,
                "fit_seconds": fit_seconds,
                "predict_ms": None if costs is None or costs.predict_seconds is None else 1e3 * costs.predict_seconds,
                "label_cutoff": run.label_cutoff,
                "label_set": run.label_set,
                "started_at": run.started_at,
                "finished_at": run.finished_at,
                "made_with": run.made_with,
            }
        )
    return described


def _against(
    run: RegisteredRun,
    compared: dict[RunId, ComparedRun],
    scores: dict[RunId, list[float]],
    chief: RunId | None,
    margin: float,
) -> tuple[dict[str, Any] | None, str]:
    """The run minus the champion on the same folds; or why there is no such difference."""
    from core.learning.compare import paired_folds

    mine, other = compared.get(run.run_id), compared.get(chief) if chief is not None else None
    if run.run_id == chief or other is None:
        return None, "the champion" if run.run_id == chief else "no champion"
    if mine is None:
        return None, "not tried to the end" if run.state == RunState.FAILED else "on trial"
    if mine.trial != other.trial:
        return None, "other labels" if mine.labels != other.labels else "other folds"
    test = paired_folds(np.array(scores[other.run_id]), np.array(scores[mine.run_id]), mine.test_share)
    if test is None:
        return None, "too few folds"
    settled = "better" if test.low > 0 and test.difference >= margin else "worse" if test.high < 0 else ""
    numbers = {"difference": test.difference, "low": test.low, "high": test.high}
    return {**numbers, "folds": test.folds, "settled": settled}, ""


def _rank(run: dict[str, Any]) -> tuple[bool, float, int]:
    """The nearest to the champion first; who cannot be paired with it below, the best first."""
    value = run["quality"] if run["quality"] is not None else -1.0
    return run["against"] is None, -value, -run["run"]


def _told(promoted: Promoted) -> dict[str, Any]:
    facts = asdict(promoted)
    del facts["person_id"]
    return {
        **facts,
        "title": promoted.title,
        "sentence": promoted.sentence,
        "by_person": promoted.person_id is not None,
    }


def terms_by_class(project: Project, run_id: RunId) -> Terms | None:
    """The top terms of each class; None where the model is not linear, or not to be read any more."""
    from core.errors import PipelineError
    from core.learning import Model
    from core.learning.why import top_terms

    try:
        model = Model.from_bytes(model_content(project.store, run_id))
        return [
            {"klass": klass, "terms": [asdict(term) for term in top_terms(model, code)]}
            for code, klass in enumerate(model.classes)
        ]
    except PipelineError:
        return None


def _masked(terms: Terms) -> Terms:
    """Without any digit: terms overlap, so that the ends of their numbers together would tell what is in between."""
    return [
        {"klass": each["klass"], "terms": [{**term, "term": _DIGIT.sub("•", term["term"])} for term in each["terms"]]}
        for each in terms
    ]
