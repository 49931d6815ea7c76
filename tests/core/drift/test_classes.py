"""Drift of the classes: what is measured, and how often it cries wolf."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency, dirichlet_multinomial, multinomial

from core.drift import chance_band, day_drift, evidence, js_distance, newest_drift, overdispersion, psi
from core.drift.classes import SETTLED

CLASSES = ("personal", "notification", "spam")
counts = st.lists(st.integers(0, 5_000), min_size=3, max_size=3).filter(sum)


@given(counts, counts)
def test_distances_are_none_for_the_same_shares_and_never_negative(one: list[int], other: list[int]) -> None:
    assert js_distance(one, [3 * n for n in one]) == pytest.approx(0, abs=1e-7)
    assert 0 <= float(js_distance(one, other)) <= 1
    assert float(js_distance(one, other)) == pytest.approx(float(js_distance(other, one)))
    assert (psi(one, other) >= 0).all()


@given(counts, counts)
def test_the_evidence_is_that_of_scipys_distributions(reference: list[int], now: list[int]) -> None:
    half = [0.5] * 3
    total = np.add(reference, now)
    # SciPy's are of counts, ours of sequences: the number of orders is the same above and below.
    mixed = sum(dirichlet_multinomial.logpmf(x, half, sum(x)) for x in (reference, now))
    orders = sum(multinomial.logpmf(x, sum(x), total / total.sum()) for x in (reference, now))
    assert np.log(max(evidence(reference, now), 1e-300)) == pytest.approx(min(mixed - orders, 709.78), abs=1e-5) or (
        mixed - orders > 700
    )


@given(st.lists(st.lists(st.integers(1, 400), min_size=3, max_size=3), min_size=5, max_size=20))
def test_how_much_days_differ_is_pearsons_chi_squared(days: list[list[int]]) -> None:
    found = chi2_contingency(days, correction=False)
    assert overdispersion(days) == pytest.approx(max(1.0, found.statistic / found.dof))


def test_a_year_of_looking_all_day_raises_a_false_alarm_in_at_most_one_of_twenty() -> None:
    """400 years in which nothing happens, each of 365 days that are looked at 12 times while they fill."""
    draw = np.random.default_rng(11)
    alarmed = 0
    for _ in range(400):
        shares = draw.dirichlet([2.0, 2.0, 0.5])
        size = int(draw.choice([5, 40, 300]))
        hours = draw.multinomial(size, shares, size=(365 + 28, 12))
        days = hours.sum(axis=1)
        cumulative = np.cumsum(hours[28:], axis=1)
        sums = np.cumsum(np.vstack([np.zeros(3, int), days]), axis=0)
        reference = sums[28:-1] - sums[:-29]
        alarmed += bool((_evidence(reference[:, None, :], cumulative) >= np.log(SETTLED)).any())
    assert alarmed <= 0.05 * 400


def _evidence(reference: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Log of the evidence of many days at once; a test below holds it against the product's own."""
    from scipy.special import gammaln, xlogy

    def mixture(x: np.ndarray) -> np.ndarray:
        return gammaln(1.5) - gammaln(x.sum(-1) + 1.5) + (gammaln(x + 0.5) - gammaln(0.5)).sum(-1)

    both = reference + now
    return mixture(reference) + mixture(now) - xlogy(both, both).sum(-1) + xlogy(both.sum(-1), both.sum(-1))


@given(counts, counts)
def test_the_simulation_looks_at_the_products_own_number(reference: list[int], now: list[int]) -> None:
    ours = evidence(reference, now)
    if 1e-290 < ours < 1e290:
        assert np.log(ours) == pytest.approx(float(_evidence(np.array(reference), np.array(now))), abs=1e-6)


def test_days_that_differ_of_their_own_accord_raise_no_alarm() -> None:
    """Shares that wander from day to day, far more than chance: an uncorrected test would call it drift every day."""
    draw = np.random.default_rng(3)
    alarms = naive = 0
    for _ in range(8):
        shares = draw.dirichlet([120, 200, 20], size=120)
        days = {
            day: dict(zip(CLASSES, draw.multinomial(3_000, p).tolist(), strict=True)) for day, p in enumerate(shares)
        }
        for day in range(28, 120):
            found = day_drift(days, day, CLASSES)
            assert found is not None
            alarms += found.settled
            table = [[sum(days[at][k] for at in range(day - 28, day)) for k in CLASSES], list(days[day].values())]
            naive += chi2_contingency(table).pvalue < 0.05 / 365
    assert alarms == 0
    assert naive > 100


def test_a_day_on_which_spam_doubles_is_settled_within_its_first_hours() -> None:
    usual = {"personal": 1_000, "notification": 1_700, "spam": 300}
    days = {day: dict(usual) for day in range(28)} | {28: {"personal": 95, "notification": 150, "spam": 80}}
    found = newest_drift(days, 28, CLASSES)
    assert found is not None
    assert found.settled
    assert found.value == found.distance > found.chance
    assert found.grown.klass == "spam"
    assert found.grown.moved
    after_midnight = newest_drift({**days, 29: {"personal": 1}}, 29, CLASSES)
    assert after_midnight is not None
    assert after_midnight.day == 28


@given(counts, st.integers(1, 3_000))
def test_chance_gives_each_class_its_usual_share(reference: list[int], n: int) -> None:
    chance, low, high = chance_band(reference, n)
    shares = np.array(reference) / sum(reference)
    assert 0 <= chance <= 1
    one_message = 1 / min(n, sum(reference))
    assert (low <= shares + one_message).all()
    assert (high >= shares - one_message).all()


def test_a_room_without_a_past_says_nothing() -> None:
    assert day_drift({5: {"spam": 3}}, 5, CLASSES) is None
    assert day_drift({4: {"spam": 3}}, 5, CLASSES) is None
    assert newest_drift({}, 5, CLASSES) is None
