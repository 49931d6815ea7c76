"""What the rules say together, weighed by how often each is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from core.rules import ABSTAIN, Hits, LabelModel, Rule, RuleSet, estimate, report, vote

CLASSES = ("personal", "notification", "spam")
UNKNOWN = -1


def ruleset(codes: list[int], weights: list[float] | None = None) -> RuleSet:
    weights = weights or [1.0] * len(codes)
    rules = [
        Rule(name=f"r{n}", klass=CLASSES[code], pattern="x", weight=weight)
        for n, (code, weight) in enumerate(zip(codes, weights, strict=True))
    ]
    return RuleSet(tuple(rules), CLASSES)


def hits(matrix: np.ndarray) -> Hits:
    return Hits(sparse.csr_matrix(matrix.astype(bool)), {})


def corpus(seed: int, accuracies: list[float], codes: list[int], n: int = 6_000) -> tuple[np.ndarray, np.ndarray]:
    """Messages of three classes, and rules of these accuracies that hit a quarter of their class's number."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, len(CLASSES), n)
    matrix = np.zeros((n, len(codes)), dtype=bool)
    for rule, (code, accuracy) in enumerate(zip(codes, accuracies, strict=True)):
        rate = np.where(truth == code, 0.4 * accuracy, 0.4 * (1 - accuracy) / (len(CLASSES) - 1))
        matrix[:, rule] = generator.random(n) < rate
    return matrix, truth


@st.composite
def small_rooms(draw: st.DrawFn) -> tuple[list[int], np.ndarray, np.ndarray]:
    codes = draw(st.lists(st.integers(0, 2), min_size=1, max_size=6))
    n = draw(st.integers(1, 40))
    seed = draw(st.integers(0, 10_000))
    generator = np.random.default_rng(seed)
    matrix = generator.random((n, len(codes))) < 0.4
    truth = np.where(generator.random(n) < 0.3, generator.integers(0, 3, n), UNKNOWN)
    return codes, matrix, truth


def believed(codes: list[int], matrix: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Accuracies and probabilities."""
    rules = ruleset(codes)
    estimates = estimate(rules, hits(matrix), truth)
    return estimates.accuracies, LabelModel.of(rules, estimates).probabilities(hits(matrix))


@given(small_rooms(), st.randoms(use_true_random=False))
def test_the_order_of_rules_and_messages_changes_nothing(room: tuple, random) -> None:  # type: ignore[no-untyped-def,type-arg]
    codes, matrix, truth = room
    rules, messages = list(range(len(codes))), list(range(len(truth)))
    random.shuffle(rules)
    random.shuffle(messages)
    accuracies, probabilities = believed(codes, matrix, truth)
    others = believed([codes[rule] for rule in rules], matrix[messages][:, rules], truth[messages])
    np.testing.assert_allclose(others[0], accuracies[rules], atol=1e-4)
    np.testing.assert_allclose(others[1], probabilities[messages], atol=0.05)  # an accuracy may round the other way


@given(small_rooms(), st.integers(0, 2))
def test_a_rule_that_never_hits_changes_nothing(room: tuple, code: int) -> None:  # type: ignore[type-arg]
    codes, matrix, truth = room
    accuracies, probabilities = believed(codes, matrix, truth)
    silent = np.column_stack([matrix, np.zeros(len(truth), dtype=bool)])
    more = believed([*codes, code], silent, truth)
    np.testing.assert_allclose(more[0][:-1], accuracies)
    np.testing.assert_allclose(more[1], probabilities)


@given(small_rooms())
def test_the_probabilities_of_a_message_sum_to_one(room: tuple) -> None:  # type: ignore[type-arg]
    _, probabilities = believed(*room)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@given(small_rooms())
def test_while_nothing_is_known_of_the_rules_it_is_the_vote_by_the_weights_in_the_file(room: tuple) -> None:  # type: ignore[type-arg]
    codes, matrix, _ = room
    rules = ruleset(codes, [1.0 + n % 3 for n in range(len(codes))])
    plain, said = vote(rules, hits(matrix)), LabelModel.plain(rules).vote(hits(matrix))
    assert said.codes.tolist() == plain.codes.tolist()
    assert said.rules.tolist() == plain.rules.tolist()
    assert LabelModel.plain(rules).fingerprint == ""


def test_with_all_messages_judged_the_accuracies_are_the_true_ones() -> None:
    accuracies, codes = [0.95, 0.6, 0.8, 0.35], [0, 1, 2, 2]
    matrix, truth = corpus(1, accuracies, codes, 60_000)
    estimates = estimate(ruleset(codes), hits(matrix), truth)
    np.testing.assert_allclose(estimates.accuracies, accuracies, atol=0.02)
    assert (estimates.low < estimates.accuracies).all()
    assert (estimates.accuracies < estimates.high).all()
    assert (estimates.high - estimates.low < 0.03).all()


def test_an_interval_holds_the_true_accuracy_as_often_as_it_says() -> None:
    # The shrinking draws rules that differ from the others; drawn from a common spread they are covered.
    inside, rules = 0, 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        accuracies, codes = list(generator.beta(7, 3, 5)), [0, 1, 2, 0, 1]
        matrix, truth = corpus(seed, accuracies, codes, 900)
        known = np.where(generator.random(len(truth)) < 0.5, truth, UNKNOWN)
        found = estimate(ruleset(codes), hits(matrix[known >= 0]), known[known >= 0])
        inside += int(((found.low <= accuracies) & (np.array(accuracies) <= found.high)).sum())
        rules += len(codes)
    assert inside / rules > 0.9


@pytest.mark.parametrize("judged", [0, 30, 300])
def test_it_beats_the_majority_where_rules_differ_in_how_often_they_are_right(judged: int) -> None:
    accuracies, codes = [0.97, 0.95, 0.6, 0.55, 0.5, 0.9, 0.45], [0, 1, 2, 0, 1, 2, 0]
    rules, gains = ruleset(codes), []
    for seed in range(10):
        matrix, truth = corpus(seed, accuracies, codes)
        known = np.where(np.arange(len(truth)) < judged, truth, UNKNOWN)
        model = LabelModel.of(rules, estimate(rules, hits(matrix), known))
        unseen = slice(judged, None)
        right = [
            (said.codes[unseen] == truth[unseen]).mean()
            for said in (model.vote(hits(matrix)), vote(rules, hits(matrix)))
        ]
        gains.append(right[0] - right[1])
    assert min(gains) > 0
    assert np.mean(gains) > 0.02


def test_where_nobody_has_judged_rules_that_agree_with_others_are_trusted_more() -> None:
    accuracies, codes = [0.95, 0.95, 0.9, 0.9, 0.4], [0, 1, 2, 0, 1]
    matrix, truth = corpus(3, accuracies, codes)
    found = estimate(ruleset(codes), hits(matrix), np.full(len(truth), UNKNOWN))
    assert found.accuracies.argmin() == 4
    assert (found.judged == 0).all()
    assert (found.high - found.low > 0.1).all(), "agreement alone is never sure"


def test_two_copies_of_a_rule_are_one_voice_and_are_told_of() -> None:
    matrix, truth = corpus(5, [0.7, 0.9], [0, 1])
    known = np.where(np.arange(len(truth)) < 2_000, truth, UNKNOWN)
    twice = matrix[:, [0, 0, 1]]
    once, both = ruleset([0, 1]), ruleset([0, 0, 1])
    probabilities = LabelModel.of(once, estimate(once, hits(matrix), known)).probabilities(hits(matrix))
    estimates = estimate(both, hits(twice), known)
    np.testing.assert_allclose(
        LabelModel.of(both, estimates).probabilities(hits(twice)), probabilities, atol=0.02, err_msg="it counts twice"
    )
    assert [each.copy_of for each in report(both, hits(twice), ["-"] * 3, known)] == ["", "r0", ""]


def test_rules_for_different_classes_that_hit_the_same_are_no_copies() -> None:
    matrix = np.ones((50, 2), dtype=bool)
    rules = ruleset([0, 1])
    said = LabelModel.of(rules, estimate(rules, hits(matrix), np.full(50, UNKNOWN))).vote(hits(matrix))
    assert set(said.codes) == {ABSTAIN}
    assert said.conflict.all()


def test_a_rule_that_is_mostly_wrong_labels_nothing() -> None:
    matrix, truth = np.ones((400, 1), dtype=bool), np.zeros(400, dtype=np.int64)
    rules = ruleset([2])
    model = LabelModel.of(rules, estimate(rules, hits(matrix), truth))
    assert set(model.vote(hits(matrix)).codes) == {ABSTAIN}


def test_a_room_without_messages_has_the_usual_accuracies() -> None:
    rules = ruleset([0, 1])
    found = estimate(rules, hits(np.zeros((0, 2))), np.zeros(0, dtype=np.int64))
    assert found.accuracies.tolist() == [0.75, 0.75]
    assert LabelModel.of(rules, found).vote(hits(np.zeros((0, 2)))).codes.tolist() == []
