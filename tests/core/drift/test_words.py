"""Drift of the words: what came up, and that chance alone brings nothing up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency

from core.drift.words import _moved, word_drift

USUAL = ["meet", "lunch", "code", "parcel", "bank", "home", "late", "train", "order", "balance"]


def messages(seed: int, n: int, *extra: str) -> list[str]:
    draw = np.random.default_rng(seed)
    return [" ".join([*draw.choice(USUAL, 4), *extra]) for _ in range(n)]


def test_the_words_of_a_new_campaign_come_up_and_those_that_left_go() -> None:
    new = [*messages(1, 300), *messages(2, 60, "crypto", "bonus"), "4711 4711"]
    found = word_drift(new, [*messages(3, 900), *messages(4, 200, "voucher")])
    assert found is not None
    assert found.moved
    assert found.p < 0.01
    assert {each.word for each in found.risen} == {"crypto", "bonus"}
    assert [each.word for each in found.gone] == ["voucher"]
    assert found.risen[0].now == pytest.approx(60 / 361)


def test_without_drift_words_come_up_in_hardly_any_look() -> None:
    looks = [word_drift(messages(2 * n, 200), messages(2 * n + 1, 500)) for n in range(40)]
    assert sum(bool(each and (each.risen or each.gone)) for each in looks) <= 2
    assert sum(bool(each and each.moved) for each in looks) <= 6


def test_a_words_statistic_is_the_chi_squared_of_its_table() -> None:
    table = [[40, 60], [10, 190]]
    assert chi2_contingency(table, correction=False).pvalue < 1e-6
    assert _moved(np.array([40.0]), np.array([10.0]), 100, 200) == [0]
    assert _moved(np.array([6.0]), np.array([10.0]), 100, 200) == []


def test_too_few_messages_or_no_words_say_nothing() -> None:
    assert word_drift(["one"] * 10, ["one"] * 500) is None
    assert word_drift(["12345"] * 100, ["67890"] * 100) is None
