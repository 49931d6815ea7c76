"""An ensemble selected from trials by what they said of messages that they had not seen (Caruana et al. 2004).

Logarithms of calibrated probabilities are added up, as `core.learning.ensemble` adds up margins.

The estimate beside it is honest about the choosing: what is chosen on some folds is scored on the others, for the
ensemble and for the best single trial alike. The best of many trials flatters itself otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LIBRARY = 25
"""Trials to choose from, the best first: worse ones are chosen rarely, and each costs as much."""
ROUNDS = 25
SAMPLE = 20_000
"""Messages at most on which the choice is made."""
MEMBERS = 4
"""Different trials at most: each is a model that has to be trained and, with features of its own, carried along."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mean macro-F1 over the folds: as chosen on all of them, and chosen on the others of each (`honest`)."""

    macro_f1: float
    honest: float


@dataclass(frozen=True, slots=True)
class Selection:
    """Trials by name with their shares, which add up to one, the heaviest first; and how good they are together."""

    members: tuple[tuple[str, float], ...]
    estimate: Estimate


def macro_f1(truth: np.ndarray, predicted: np.ndarray, k: int) -> float:
    """scikit-learn's macro-F1 over k classes, absent ones scoring 0, ten times as fast."""
    counts = np.bincount(truth * k + predicted, minlength=k * k).reshape(k, k)
    hits, both = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    return float(np.mean(np.divide(2.0 * hits, both, out=np.zeros(k), where=both > 0)))


def select(said: np.ndarray, truth: np.ndarray, rounds: int = ROUNDS) -> np.ndarray:
    """Weights (m,) of m trials, adding up to one: each round takes in the one that helps most, again if need be.

    Args:
        said: (m, n, k) logarithms of probabilities.
        truth: n class codes.
        rounds: how many are taken in; the best prefix counts.
    """
    m, n, k = said.shape
    total = np.zeros((n, k), dtype=np.float32)
    taken: list[int] = []
    reached: list[float] = []
    for _ in range(rounds):
        gains = [macro_f1(truth, (total + each).argmax(axis=1), k) for each in said]
        if len(set(taken)) == MEMBERS:
            gains = [gain if each in taken else -1.0 for each, gain in enumerate(gains)]
        best = int(np.argmax(gains))
        taken.append(best)
        reached.append(gains[best])
        total += said[best]
    upto = int(np.argmax(reached)) + 1
    return np.bincount(taken[:upto], minlength=m) / upto


def choose_single(names: Sequence[str], said: np.ndarray, truth: np.ndarray, fold_of: np.ndarray) -> Selection:
    """The best of m trials alone; what it is given is what `choose_ensemble` is given."""
    per_fold = _per_fold(said, truth, _folds(fold_of))
    best = int(np.argmax(per_fold.mean(axis=1)))
    honest = []
    for number in range(per_fold.shape[1]):
        winner = int(np.argmax(np.delete(per_fold, number, axis=1).mean(axis=1)))
        honest.append(per_fold[winner, number])
    return Selection(((names[best], 1.0),), Estimate(float(per_fold[best].mean()), float(np.mean(honest))))


def choose_ensemble(
    names: Sequence[str], said: np.ndarray, truth: np.ndarray, fold_of: np.ndarray, *, rounds: int = ROUNDS
) -> Selection:
    """Select an ensemble of m trials, and say how good it is.

    Args:
        names: m names.
        said: (m, n, k) logarithms of out-of-fold probabilities.
        truth: n class codes.
        fold_of: the fold in which each of the n messages was tested, -1 where it was in none.
        rounds: of the selection.
    """
    folds, k = _folds(fold_of), said.shape[2]
    order = np.argsort(-_per_fold(said, truth, folds).mean(axis=1), kind="stable")[:LIBRARY]
    said = said[order].astype(np.float32)
    weights = select(*_sampled(said, truth, np.concatenate(folds)), rounds)
    whole, honest = [], []
    for number, rows in enumerate(folds):
        whole.append(macro_f1(truth[rows], _mixed(weights, said, rows).argmax(axis=1), k))
        others = np.concatenate([each for place, each in enumerate(folds) if place != number])
        chosen = select(*_sampled(said, truth, others), rounds)
        honest.append(macro_f1(truth[rows], _mixed(chosen, said, rows).argmax(axis=1), k))
    heaviest = [place for place in np.argsort(-weights, kind="stable") if weights[place] > 0]
    return Selection(
        members=tuple((names[order[place]], float(weights[place])) for place in heaviest),
        estimate=Estimate(float(np.mean(whole)), float(np.mean(honest))),
    )


def _folds(fold_of: np.ndarray) -> list[np.ndarray]:
    """The messages of each fold."""
    return [np.flatnonzero(fold_of == fold) for fold in np.unique(fold_of[fold_of >= 0])]


def _per_fold(said: np.ndarray, truth: np.ndarray, folds: Sequence[np.ndarray]) -> np.ndarray:
    """(m, folds) macro-F1."""
    k = said.shape[2]
    return np.array([[macro_f1(truth[rows], each[rows].argmax(axis=1), k) for rows in folds] for each in said])


def _mixed(weights: np.ndarray, said: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.asarray(np.tensordot(weights.astype(np.float32), said[:, rows], axes=1))


def _sampled(said: np.ndarray, truth: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(0).choice(rows, SAMPLE, replace=False))
    return said[:, rows], truth[rows]
