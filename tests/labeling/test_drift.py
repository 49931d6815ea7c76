"""A break is suggested where a person's own measure has drifted, and hardly ever else."""

from __future__ import annotations

import numpy as np
import pytest

from labeling.drift import PAUSE_MS, Reason, suggests_break


def day(seed: int, n: int = 400, *, drift: float = 1.0, agreement: float = 0.95, later: float = 0.95, last: int = 40):
    """Seconds, agreement and times of a day's verdicts; the last of them drifted."""
    draw = np.random.default_rng(seed)
    seconds = 2.5 * draw.lognormal(0, 0.4, n)
    seconds[-last:] *= drift
    agreed = (draw.random(n) < np.r_[np.full(n - last, agreement), np.full(last, later)]).astype(float)
    return seconds, agreed, np.cumsum(seconds * 1000)


def test_a_person_who_works_as_usual_is_left_alone_nearly_always() -> None:
    bothered = 0
    for seed in range(40):
        seconds, agreed, at = day(seed, 1_000)
        bothered += any(
            suggests_break(
                seconds[max(0, end - 300) : end], agreed[max(0, end - 300) : end], at[max(0, end - 300) : end]
            )
            for end in range(100, 1_001, 5)
        )
    assert bothered <= 4


@pytest.mark.parametrize(
    ("drifted", "reason"),
    [({"drift": 1.8}, Reason.SLOWER), ({"agreement": 0.97, "later": 0.6}, Reason.LESS_AGREED)],
)
def test_a_drift_is_seen(drifted: dict[str, float], reason: Reason) -> None:
    found = [suggests_break(*day(seed, **drifted)) for seed in range(20)]  # type: ignore[arg-type]
    assert sum(each is not None and each.reason == reason for each in found) >= 18


def test_after_a_pause_nothing_is_suggested_until_there_is_something_to_tell_from() -> None:
    seconds, agreed, at = day(3, drift=2.5)
    assert suggests_break(seconds, agreed, at) is not None
    at[-5:] += PAUSE_MS
    assert suggests_break(seconds, agreed, at) is None


def test_few_or_unknown_verdicts_suggest_nothing() -> None:
    seconds, agreed, at = day(5, drift=3.0, later=0.2)
    assert suggests_break([], [], []) is None
    assert suggests_break(seconds[-70:], agreed[-70:], at[-70:]) is None
    unknown = np.full(len(at), np.nan)
    assert suggests_break(unknown, unknown, at) is None
