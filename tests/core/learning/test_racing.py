"""A race stops who is hopeless, says why, and hardly ever stops the best."""

from __future__ import annotations

import numpy as np
import pytest

from core.learning.racing import Race, hopeless


def raced(scores: np.ndarray, folds: int, race: Race) -> dict[str, int]:
    """After how many folds each candidate of (candidates, folds) scores was stopped."""
    alive, stopped = list(range(len(scores))), {}
    for m in range(1, folds + 1):
        so_far = {str(n): scores[n, :m].tolist() for n in alive}
        for name in hopeless(so_far, planned=folds, folds=folds, rivals=len(scores) - 1, race=race):
            stopped[name] = m
            alive.remove(int(name))
    return stopped


def drawn(rng: np.random.Generator, n: int, folds: int) -> np.ndarray:
    """Scores of n equal candidates: folds differ, and have a k-th of their noise in common, as their messages are."""
    own = rng.normal(size=(n, folds)) * np.sqrt(1 - 1 / folds) + rng.normal(size=(n, 1)) * np.sqrt(1 / folds)
    return 0.9 + 0.02 * rng.normal(size=folds) + 0.01 * own


@pytest.mark.parametrize(("n", "folds"), [(2, 5), (6, 10), (24, 5)])
def test_of_equal_candidates_the_best_is_stopped_in_no_more_races_than_was_said(n: int, folds: int) -> None:
    rng, races, race = np.random.default_rng(n), 400, Race(error=0.1)
    # All are equally good, so that any of them may be called the best.
    stopped = sum("0" in raced(drawn(rng, n, folds), folds, race) for _ in range(races))
    assert stopped <= 0.1 * races


@pytest.mark.parametrize(("n", "folds", "ends"), [(2, 5, 3.0), (6, 10, 4.0), (24, 10, 5.0)])
def test_a_candidate_worse_by_far_is_stopped_early(n: int, folds: int, ends: float) -> None:
    rng = np.random.default_rng(n)
    stopped = []
    for _ in range(20):
        scores = drawn(rng, n, folds)
        scores[1] -= 0.1
        stopped.append(raced(scores, folds, Race()))
    assert np.mean([each["1"] for each in stopped]) <= ends
    assert sum("0" in each for each in stopped) <= 1


def test_nobody_is_stopped_before_three_folds_or_after_the_last_or_alone() -> None:
    apart = {"good": [0.99] * 5, "bad": [0.1] * 5}
    stopped = {
        m: bool(hopeless({name: values[:m] for name, values in apart.items()}, planned=5, folds=5, rivals=1))
        for m in range(6)
    }
    assert stopped == {0: False, 1: False, 2: False, 3: True, 4: True, 5: False}
    assert not hopeless({"alone": [0.1, 0.2, 0.3]}, planned=5, folds=5, rivals=3)


def test_folds_that_agree_by_chance_prove_nothing() -> None:
    alike = {"a": [0.9, 0.9, 0.9], "b": [0.899, 0.899, 0.899]}
    assert not hopeless(alike, planned=10, folds=10, rivals=1)


def test_the_reason_is_a_sentence_with_its_numbers() -> None:
    scores = {"char-svc": [0.97, 0.98, 0.96, 0.97], "word-cnb": [0.71, 0.73, 0.71, 0.70]}
    (reason,) = hopeless(scores, planned=5, folds=5, rivals=1).values()
    assert reason == (
        "0.2575 macro_f1 behind char-svc after 4 of 5 folds (0.7125 against 0.9700): t = 38.0, more than the 3.2 that "
        "2 looks at 1 rival demand for an error of 5%"
    )
