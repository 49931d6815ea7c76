"""Whoever looks after every verdict is wrong no more often than was promised."""

from __future__ import annotations

import numpy as np
import pytest

from core.learning.settle import (
    LEVEL,
    Pool,
    State,
    Winner,
    interval,
    log_evidence,
    log_wealth,
    settle,
)

NULLS, VERDICTS = 10_000, 1_000
A, N, B = Winner.A, Winner.NEITHER, Winner.B


def draws(shares: tuple[float, float, float], runs: int, verdicts: int, seed: int) -> np.ndarray:
    """A row a comparison: -1, 0 or 1 a verdict, in these shares."""
    return np.random.default_rng(seed).choice([-1, 0, 1], size=(runs, verdicts), p=shares)


def paths(drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often A, neither and B by each verdict."""
    return tuple(np.cumsum(drawn == each, axis=1) for each in (-1, 0, 1))  # type: ignore[return-value]


@pytest.mark.parametrize("neither", [0.0, 0.2])
def test_of_ten_thousand_equal_pairs_looked_at_after_every_verdict_at_most_one_in_twenty_is_settled(
    neither: float,
) -> None:
    half = (1 - neither) / 2
    a, _, b = paths(draws((half, neither, half), NULLS, VERDICTS, seed=1))
    settled = (log_evidence(a, b) >= -np.log(LEVEL)).any(axis=1).mean()
    assert 0.005 < settled <= LEVEL, "and the promise is not kept by never settling anything"


def test_a_p_value_looked_at_after_every_verdict_would_not_keep_the_promise() -> None:
    a, _, b = paths(draws((0.5, 0.0, 0.5), 2_000, VERDICTS, seed=1))
    n = a + b
    looks_good = np.abs(b - a) / np.sqrt(n) > 1.96
    assert looks_good[:, 9:].any(axis=1).mean() > 0.3


def test_drawing_without_replacement_from_a_small_pool_is_only_safer() -> None:
    pool = np.repeat([-1, 0, 1], [80, 40, 80])
    chance = np.random.default_rng(2)
    a, _, b = paths(np.array([chance.permutation(pool) for _ in range(5_000)]))
    settled = (log_evidence(a, b) >= -np.log(LEVEL)).any(axis=1).mean()
    assert settled <= LEVEL


@pytest.mark.parametrize("shares", [(0.5, 0.0, 0.5), (0.3, 0.1, 0.6), (0.05, 0.15, 0.8), (0.02, 0.96, 0.02)])
def test_the_interval_holds_the_truth_at_all_moments_at_once(shares: tuple[float, float, float]) -> None:
    mean, left_out = shares[2] + shares[1] / 2, []
    for row in draws(shares, 500, 200, seed=3):
        a, neither, b = paths(row[None])
        left_out.append((log_wealth(np.full(a.shape, mean), a, neither, b) >= -np.log(LEVEL)).any())
    assert np.mean(left_out) <= LEVEL


def test_the_interval_is_where_the_wealth_is_small() -> None:
    chance = np.random.default_rng(4)
    for _ in range(40):
        a, neither, b = (int(n) for n in chance.integers(0, 80, 3))
        low, high = interval(a, neither, b)
        for end in (low, high):
            if abs(end) < 1:
                assert float(log_wealth((1 + end) / 2, a, neither, b)) == pytest.approx(-np.log(LEVEL), abs=1e-5)
        assert low <= (b - a) / max(1, a + b + neither) <= high
        assert (low > 0 or high < 0) == (float(log_evidence(a, b)) > -np.log(LEVEL)), "one answer, told twice"


def test_the_evidence_is_the_beta_binomial_one_and_neither_adds_nothing() -> None:
    for a, neither, b in ((0, 0, 0), (3, 9, 5), (140, 20, 90)):
        assert float(log_wealth(0.5, a, neither, b)) == pytest.approx(float(log_evidence(a, b)), abs=1e-8)


def test_a_better_model_is_found_and_named_and_the_points_are_of_all_messages() -> None:
    drawn = [B, B, N, A, B, B] * 20
    found = settle(drawn, Pool(compared=10_000, disagree=400))
    assert (found.state, found.leader, found.verdicts) == (State.SETTLED, B, 120)
    assert found.difference == pytest.approx(0.04 * (80 - 20) / 120)
    assert 0 < found.low < found.difference < found.high < 0.04
    assert found.settled_at is not None
    assert settle(drawn[: found.settled_at - 1], Pool(10_000, 400)).state is State.GOING_ON


def test_what_was_settled_stays_settled_whatever_comes_after() -> None:
    found = settle([B] * 20 + [A] * 30, Pool(1_000, 100))
    assert (found.state, found.leader) == (State.SETTLED, B)
    assert found.evidence < 20


def test_equal_models_are_given_up_and_a_pool_runs_dry() -> None:
    alike = [A, B] * 400
    assert settle(alike, Pool(100_000, 1_000)).state is State.EQUAL
    assert settle(alike, Pool(1_000, 1_000)).state is State.GOING_ON
    assert settle(alike, Pool(800, 800)).state is State.ALL_JUDGED
    assert settle([], Pool(10_000, 10)).state is State.EQUAL, "ten of ten thousand cannot make a difference"


def test_the_forecast_is_about_right() -> None:
    drawn = draws((0.25, 0.1, 0.65), 100, 1_000, seed=6)
    promised, needed = [], []
    for row in drawn:
        found = settle(row[:15], Pool(10_000, 1_000))
        if found.to_go is not None:
            promised.append(found.to_go)
            rest = settle(row, Pool(10_000, 1_000)).settled_at
            assert rest is not None
            needed.append(rest - 15)
    assert np.median(needed) / 2 < np.median(promised) < 2 * np.median(needed)
    assert settle([A, B] * 8, Pool(100, 50)).to_go is None, "no end in sight"
