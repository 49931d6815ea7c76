"""The gate: is the room's configuration, as it stands, as good as the champion?

The candidate is tried on the very folds on which the champion's run was: the same labels, the same number of folds, the
same seed, whatever the settings say now. So what may differ is what is to be judged: features, estimators, their
parameters and their code. Nothing is written to the store.

The rule: of each fold the candidate's macro-F1 minus the champion's. The gate is closed where the upper end of the
one-sided 95 % interval of the mean difference (corrected resampled t, as on the Compare page) lies below minus the
margin: where the candidate is worse by more than the margin, and that is settled.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.learning import AnyCandidate, FoldResult, benchmark, candidate_of
from core.learning.champion import OnTrial, choose
from core.learning.compare import FoldTest, paired_folds
from core.pipeline.same_folds import TriedBefore, UnsureError, champions_trial
from core.pipeline.workshop import Progress, silent
from core.project import Project
from core.store.queries.live import HEADLINE_METRIC

NAME = "Gate"
MARGIN = 0.005
ONE_SIDED = 0.90
"""The two-sided level whose ends are those of one-sided 95 % intervals."""


class Answer(enum.StrEnum):
    """What the gate says."""

    OPEN = "open"
    CLOSED = "closed"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the gate says, why in a sentence, and the numbers: scores are macro-F1, means over the folds.

    `difference` is the candidate's minus the champion's; `low` and `high` are the ends of one-sided 95 % intervals.
    """

    answer: Answer
    sentence: str
    margin: float
    champion: str | None = None
    candidate: str | None = None
    champion_score: float | None = None
    score: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    folds: int = 0


def gate(
    project: Project, candidate: str | None = None, *, margin: float = MARGIN, progress: Progress = silent
) -> Judged:
    """Judge the candidate (else the one that would be chosen of all in the settings) against the champion.

    Raises:
        UnsureError: there is no champion, its folds cannot be made again, or a candidate cannot be trained.
        UnknownNameError: nothing is called like the candidate.
    """
    names = [candidate] if candidate else list(project.settings.pipeline.candidates)
    candidates = [candidate_of(name) for name in names]
    trial = champions_trial(project)
    tried = _tried(trial, candidates, progress)
    best = tried[0] if candidate else _best(tried, project.settings.pipeline.settled_margin, trial)
    test = paired_folds(trial.scores, best.scores, trial.test_share, level=ONE_SIDED)
    if test is None:
        raise UnsureError("a test needs two folds at least", fix="Raise [pipeline] folds, and train a champion anew.")
    return _judged(trial, best, test, margin)


def _judged(trial: TriedBefore, best: OnTrial, test: FoldTest, margin: float) -> Judged:
    closed = test.high < -margin
    how = "worse" if test.difference < 0 else "better"
    numbers = f"by {abs(test.difference):.4f} macro-F1 ({_signed(test.low)} to {_signed(test.high)})"
    head = f"{best.name} is {how} than the champion, {trial.champion.title}, {numbers} on {test.folds} folds"
    end = f"worse by more than the margin of {margin:g}, and that is settled"
    return Judged(
        answer=Answer.CLOSED if closed else Answer.OPEN,
        sentence=f"{head}: {end if closed else f'not {end}'}.",
        margin=margin,
        champion=trial.champion.title,
        candidate=best.name,
        champion_score=float(trial.scores.mean()),
        score=best.mean,
        difference=test.difference,
        low=test.low,
        high=test.high,
        folds=test.folds,
    )


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")


def _best(tried: Sequence[OnTrial], margin: float, trial: TriedBefore) -> OnTrial:
    """Who would be chosen if nobody reigned."""
    chosen = choose(tried, None, margin=margin, test_share=trial.test_share).candidate
    return next(each for each in tried if each.name == chosen)


def _tried(trial: TriedBefore, candidates: Sequence[AnyCandidate], progress: Progress) -> list[OnTrial]:
    """The candidates on the champion's folds."""
    found: dict[str, list[FoldResult]] = {}
    training = trial.training
    planned = len(candidates) * len(trial.splits)
    try:
        results = benchmark(
            training.texts,
            training.y,
            training.classes,
            candidates,
            trial.splits,
            curve=(1.0,),
            seed=trial.seed,
            weights=training.weights,
        )
        for number, result in enumerate(results, start=1):
            found.setdefault(result.candidate, []).append(result)
            progress(NAME, number, planned)
    except Exception as error:  # an estimator from outside may fail in any way
        raise UnsureError(f"a candidate cannot be trained: {type(error).__name__}: {error}") from error
    return [OnTrial.of(name, _scores(results)) for name, results in found.items()]


def _scores(results: Sequence[FoldResult]) -> NDArray[np.float64]:
    """Macro-F1 by fold, in the order in which the store has them."""
    ordered = sorted(results, key=lambda each: (each.repeat, each.fold))
    headline = (
        next(score.value for score in each.scores if score.metric == HEADLINE_METRIC and not score.klass)
        for each in ordered
    )
    return np.array(list(headline))
