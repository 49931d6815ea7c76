"""What is foretold follows from what was seen, and says when it cannot."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labeling.forecast import HOUR_MS, effect, forecast


def curve(noise: float, seed: int = 1, folds: int = 10) -> list[tuple[int, float, int, int, float]]:
    """A learning curve that is known: error = 0.05 + 0.1 (n / 1000)^-0.5."""
    generator = np.random.default_rng(seed)
    offset = generator.normal(0, noise, folds)
    return [
        (n, n / 1_000, 0, fold, float(0.95 - 0.1 * (n / 1_000) ** -0.5 + offset[fold] + generator.normal(0, noise / 4)))
        for n in (100, 300, 600, 1_000)
        for fold in range(folds)
    ]


def test_the_gain_of_a_hundred_more_verdicts_is_found_and_its_interval_holds_it() -> None:
    true = 0.1 - 0.1 * 1.1**-0.5
    found = effect(curve(0.004), np.random.default_rng(7))
    assert found is not None
    assert found.low <= true <= found.high
    assert abs(found.gain - true) < 0.002
    assert found.settled
    assert "expected to bring +" in found.sentence


def test_a_curve_of_two_points_or_none_tells_nothing() -> None:
    assert effect([], np.random.default_rng(7)) is None
    assert effect([row for row in curve(0.01) if row[0] > 500], np.random.default_rng(7)) is None


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0, 1_000), st.integers(0, 10**13))
def test_a_forecast_never_lies_in_the_past(given: int, goal: int, pace: float, now: int) -> None:
    ahead = forecast(given, goal, pace, now, now + HOUR_MS)
    assert ahead.left == max(0, goal - given)
    assert ahead.done_at is None or ahead.done_at >= now
    if ahead.left and pace >= 1 and ahead.left > pace + 1:
        assert ahead.in_time is False


def test_nobody_knows_when_without_a_pace_or_a_goal() -> None:
    assert forecast(3, None, 10.0, 0, None).done_at is None
    assert forecast(3, 9, 0.0, 0, HOUR_MS).in_time is None
    assert forecast(3, 9, 0.0, HOUR_MS, 0).in_time is False
