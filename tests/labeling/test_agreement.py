"""Agreement beyond chance, held against published worked examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from labeling import agreement
from labeling.agreement import WEEK_MS, alpha, alpha_of_classes, alpha_of_weeks, cohen_of_pairs, fleiss, in_words

# Fleiss 1971 as worked in every textbook: ten subjects, fourteen raters, five categories.
Statistic = Callable[[pd.DataFrame, Sequence[str]], agreement.Agreement | None]
SUBJECTS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def frame(rows: list[tuple[int, int, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["message_id", "person_id", "klass"])


def krippendorffs() -> pd.DataFrame:
    """2011, "Computing Krippendorff's alpha-reliability", example C: four observers, twelve units."""
    data = {
        1: [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        2: [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        3: [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        4: [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    }
    return frame([(unit, who, str(said)) for who, row in data.items() for unit, said in enumerate(row) if said])


def test_alpha_is_krippendorffs() -> None:
    found = alpha(krippendorffs(), "12345")
    assert found is not None
    assert round(found.value, 3) == 0.743
    assert found.messages == 11
    assert found.low < 0.743 < found.high


def test_fleiss_kappa_is_fleisss() -> None:
    rows = [
        (subject, int(rater), str(category))
        for subject, counts in enumerate(SUBJECTS)
        for rater, category in enumerate(np.repeat(range(5), counts))
    ]
    found = fleiss(frame(rows), "01234")
    assert found is not None
    assert round(found.value, 3) == 0.210
    assert found.low < found.value < found.high


def test_cohens_kappa_of_two_people_is_the_textbooks() -> None:
    cells = [("yes", "yes", 20), ("yes", "no", 5), ("no", "yes", 10), ("no", "no", 15)]
    pairs = [pair for *pair, n in cells for _ in range(n)]
    rows = [(message, who, pair[who - 1]) for message, pair in enumerate(pairs) for who in (1, 2)]
    found = cohen_of_pairs(frame(rows), ("yes", "no"))
    assert list(found) == [(1, 2)]
    assert round(found[1, 2].value, 3) == 0.4
    assert found[1, 2].messages == 50


@pytest.mark.parametrize("statistic", [alpha, fleiss])
def test_an_interval_holds_the_truth_about_as_often_as_it_says(statistic: Statistic) -> None:
    """An office whose alpha is known: 0.64 with pairs of people right in 80 of 100 coins."""
    chance = np.random.default_rng(1)
    held = 0
    for _ in range(60):
        truth = chance.integers(0, 2, 80)
        said = np.where(chance.random((80, 2)) < 0.9, truth[:, None], 1 - truth[:, None])
        rows = [(m, p, "ab"[said[m, p]]) for m in range(80) for p in range(2)]
        found = statistic(frame(rows), "ab")
        assert found is not None
        held += found.low <= 0.64 <= found.high
    assert held >= 50


def test_the_point_and_the_draws_are_one_statistic() -> None:
    counted = agreement.counts(krippendorffs(), "12345")
    messages = [row for row in counted for _ in range(3)]
    rows = [
        (m, int(p), klass)
        for m, row in enumerate(messages)
        for p, klass in enumerate(np.repeat(list("12345"), row.astype(int)))
    ]
    found = alpha(frame(rows), "12345")
    assert found is not None
    assert found.low < found.value < found.high


def test_the_class_that_people_mean_differently_stands_out() -> None:
    chance = np.random.default_rng(2)
    rows = []
    for message in range(300):
        true = "abc"[message % 3]
        for person in range(2):
            said = "bc"[chance.integers(0, 2)] if true != "a" else "a"
            rows.append((message, person, said))
    found = alpha_of_classes(frame(rows), "abc")
    assert found["a"].value == 1.0
    assert max(found["b"].value, found["c"].value) < 0.5


def test_weeks_begin_on_monday_and_a_message_counts_in_the_week_of_its_first_verdict() -> None:
    monday = 1_790_553_600_000  # 2026-09-28
    rows = [
        (m, p, "a" if m % 2 else "b", monday - 1 + p * 2 + (m >= 20) * WEEK_MS) for m in range(40) for p in range(2)
    ]
    weeks = alpha_of_weeks(pd.DataFrame(rows, columns=["message_id", "person_id", "klass", "at"]), "ab")
    assert list(weeks) == [monday - WEEK_MS, monday]
    assert [each.messages for each in weeks.values()] == [20, 20]


def test_too_little_judged_twice_gives_no_number_but_a_sentence() -> None:
    few = frame([(m, p, "a") for m in range(5) for p in range(2)])
    assert alpha(few, "ab") is None
    assert fleiss(few, "ab") is None
    assert cohen_of_pairs(few, "ab") == {}
    assert alpha(frame([(m, 1, "a") for m in range(50)]), "ab") is None
    assert "Too few" in in_words(None)


def test_where_nobody_ever_disagreed_agreement_is_full() -> None:
    same = frame([(m, p, "a") for m in range(30) for p in range(3)])
    for found in (alpha(same, "ab"), fleiss(same, "ab"), cohen_of_pairs(same, "ab")[0, 1]):
        assert found is not None
        assert (found.value, found.low, found.high) == (1.0, 1.0, 1.0)
    assert "mean the same" in in_words(alpha(same, "ab"))
