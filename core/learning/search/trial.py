"""One trial: a candidate on the folds, one after another, for as long as it may win and there is time."""

from __future__ import annotations

import enum
import pickle
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.learning.calibration import fit_temperature, probabilities
from core.learning.candidate import Candidate
from core.learning.search.ensemble import macro_f1
from core.learning.search.matrices import Matrices
from core.learning.splits import Split
from core.learning.trial import for_all_classes
from core.learning.weights import of

WEIGHT_BYTES = 4
"""On a phone a weight is a float of four bytes."""


@dataclass(frozen=True, slots=True)
class Material:
    """What all trials of a search share: n texts, their class codes, the k class names, the folds, the seed.

    `weights`: what each text weighs in training, None where all weigh the same.
    """

    documents: np.ndarray
    y: np.ndarray
    classes: tuple[str, ...]
    splits: list[Split]
    seed: int
    weights: np.ndarray | None = None

    def fold_of(self) -> np.ndarray:
        """The fold in which each message is tested, -1 where it is in none (folds in order of time)."""
        folds = np.full(len(self.y), -1)
        for number, split in enumerate(self.splits):
            folds[split.test] = number
        return folds


class Cut(enum.StrEnum):
    """Why a trial did not come to its last fold."""

    HOPELESS = "hopeless"
    TOO_LARGE = "too_large"
    OUT_OF_TIME = "out_of_time"


@dataclass(slots=True)
class Outcome:
    """How far a trial came: macro-F1 of each fold, seconds, the model's size; `cut` and `why` where it was stopped.

    `said` holds (n, k) probabilities of the messages tested, calibrated on them all, once all folds are there;
    `temperature` is what the margins were divided by for that.
    """

    folds: list[float] = field(default_factory=list)
    fold_seconds: list[float] = field(default_factory=list)
    model_bytes: int | None = None
    cut: Cut | None = None
    why: str | None = None
    said: np.ndarray | None = None
    temperature: float | None = None

    @property
    def macro_f1(self) -> float | None:
        """The mean over the folds so far."""
        return float(np.mean(self.folds)) if self.folds else None

    @property
    def seconds(self) -> float:
        """What the folds took, vectorising and all."""
        return float(sum(self.fold_seconds))


def try_candidate(
    candidate: Candidate,
    material: Material,
    matrices: Matrices,
    *,
    seconds_left: Callable[[], float],
    left_behind: Callable[[Sequence[float]], str | None] = lambda _folds: None,
    expected: float = 0.0,
    max_bytes: int | None = None,
    after_fold: Callable[[Outcome], None] = lambda _outcome: None,
) -> Outcome:
    """Cross-validate a candidate, and stop where it is hopeless, too large or out of time; the outcome says so.

    Args:
        candidate: what is tried.
        material: the texts, their classes, the folds.
        matrices: of those texts.
        seconds_left: of the budget.
        left_behind: given the folds so far, says why others leave no hope for it; None while there is some.
        expected: seconds of its first fold, from trials like it; 0 where nobody knows.
        max_bytes: the largest model that may win.
        after_fold: told after each fold.
    """
    outcome = Outcome()
    margins = np.zeros((len(material.y), len(material.classes)), dtype=np.float64)
    for fold in range(len(material.splits)):
        longest = max(outcome.fold_seconds[-3:], default=expected)
        if longest > seconds_left():
            outcome.cut = Cut.OUT_OF_TIME
            outcome.why = f"the budget would not have held another fold of {longest:.1f} s"
            return outcome
        began = time.perf_counter()
        found = on_fold(candidate, material, matrices, fold)
        margins[material.splits[fold].test] = found.margins
        outcome.folds.append(found.macro_f1)
        if fold == 0:
            outcome.model_bytes = found.model_bytes
        outcome.fold_seconds.append(time.perf_counter() - began)
        after_fold(outcome)
        if max_bytes is not None and outcome.model_bytes is not None and outcome.model_bytes > max_bytes:
            outcome.cut = Cut.TOO_LARGE
            outcome.why = f"a model of {outcome.model_bytes:,} bytes is larger than the {max_bytes:,} allowed"
            return outcome
        if why := left_behind(outcome.folds):
            outcome.cut, outcome.why = Cut.HOPELESS, why
            return outcome
    tested = material.fold_of() >= 0
    outcome.temperature = fit_temperature(margins[tested], material.y[tested])
    outcome.said = probabilities(margins, outcome.temperature)
    return outcome


@dataclass(frozen=True, slots=True)
class OnFold:
    """A candidate on one fold: its macro-F1, (n, k) margins of the n messages tested, bytes of its model."""

    macro_f1: float
    margins: np.ndarray
    model_bytes: int


def on_fold(candidate: Candidate, material: Material, matrices: Matrices, fold: int) -> OnFold:
    """Train a candidate on a fold, and score it on the messages that it had not seen."""
    split, k = material.splits[fold], len(material.classes)
    train, test = matrices(candidate, fold)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a solver that did not converge shows it in its score
        weights = of(material.weights, split.train)
        fitted = candidate.fit([train], material.y[split.train], material.seed, weights)
    return OnFold(
        macro_f1=macro_f1(material.y[split.test], fitted.predict([test]), k),
        margins=for_all_classes(fitted.margins([test]), fitted.classes, k),
        model_bytes=_size(candidate, fitted.classifier, train.shape[1], k),
    )


def _size(candidate: Candidate, fitted: Any, features: int, k: int) -> int:
    """Bytes of a model on a phone: a linear one has a weight a feature and class (two classes share theirs)."""
    if candidate.linear:
        return features * (1 if k == 2 else k) * WEIGHT_BYTES
    return len(pickle.dumps(fitted))  # only weighed, never loaded
