"""The search's pure parts: its space, a trial, the ensemble, what a collection is like."""

from __future__ import annotations

import math

import numpy as np
import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from core.corpus import Corpus
from core.learning import Candidate, repeated_stratified
from core.learning.search import (
    Collection,
    Cut,
    Material,
    Matrices,
    Space,
    choose_ensemble,
    choose_single,
    left_behind,
    make_pruner,
    make_sampler,
    meta_features,
    nearest,
    portfolio,
    try_candidate,
    warm_starts,
)
from core.learning.search.ensemble import MEMBERS, macro_f1, select

optuna.logging.set_verbosity(optuna.logging.ERROR)
STATE = {True: optuna.trial.TrialState.COMPLETE, False: optuna.trial.TrialState.PRUNED}
CLASSES = ("personal", "notification", "spam")


@pytest.fixture(scope="module")
def material() -> Material:
    messages = list(Corpus(5, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 240))
    texts = np.array([sms.body for sms in messages], dtype=object)
    y = np.array([CLASSES.index(sms.truth) for sms in messages])
    return Material(texts, y, CLASSES, repeated_stratified(y, folds=3, repeats=1, seed=1, classes=CLASSES), 1)


def matrices(material: Material) -> Matrices:
    return Matrices(material.documents, material.splits)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), classes=st.integers(2, 5))
def test_a_point_of_the_space_is_a_candidate_whose_name_leads_back_to_it(seed: int, classes: int) -> None:
    space = Space.whole(classes)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    candidate = space.suggest(study.ask())
    assert Candidate.parse(candidate.name) == candidate
    assert space.takes(candidate.name)
    study.enqueue_trial(space.point(candidate))
    assert space.suggest(study.ask()) == candidate
    assert classes > 2 or not candidate.cascade


def test_a_candidate_that_this_version_does_not_know_is_no_warm_start() -> None:
    space = Space.whole(2)
    assert not space.takes("future-forest(depth=3)")
    assert not space.takes("cascade:char-svc"), "two classes have nothing to decide in two stages"
    assert not Space(("word",), ("cnb",), 2).takes("char-svc")


def test_a_trial_has_the_scores_that_scikit_learn_has_on_the_same_folds(material: Material) -> None:
    outcome = try_candidate(Candidate.parse("word-svc"), material, matrices(material), seconds_left=lambda: math.inf)
    for fold, split in enumerate(material.splits):
        model = Candidate.parse("word-svc").build(1).fit(material.documents[split.train], material.y[split.train])
        said = model.predict(material.documents[split.test])
        assert outcome.folds[fold] == pytest.approx(f1_score(material.y[split.test], said, average="macro"))
    assert outcome.cut is None
    assert outcome.said is not None
    assert np.allclose(outcome.said.sum(axis=1), 1)


def test_a_trial_that_would_overrun_is_cut_between_folds_and_says_so(material: Material) -> None:
    left = iter([100.0, 0.0])
    outcome = try_candidate(
        Candidate.parse("word-cnb"), material, matrices(material), seconds_left=lambda: next(left), expected=1.0
    )
    assert (outcome.cut, len(outcome.folds), outcome.said) == (Cut.OUT_OF_TIME, 1, None)
    assert "budget" in str(outcome.why)


def test_a_model_too_large_for_the_phone_is_stopped_after_one_fold(material: Material) -> None:
    outcome = try_candidate(
        Candidate.parse("char-cnb"), material, matrices(material), seconds_left=lambda: math.inf, max_bytes=1_000
    )
    assert (outcome.cut, len(outcome.folds)) == (Cut.TOO_LARGE, 1)
    assert outcome.model_bytes is not None
    assert outcome.model_bytes > 1_000


def halved(trials: list[list[float]]) -> list[str | None]:
    """Why each of some trials with these folds was stopped, one after the other; None where it came to its end."""
    study = optuna.create_study(direction="maximize", pruner=make_pruner())
    found = []
    for folds in trials:
        trial = study.ask()
        reasons = (left_behind(trial, folds[: m + 1], len(folds)) for m in range(len(folds)))
        why = next((reason for reason in reasons if reason), None)
        study.tell(trial, sum(folds) / len(folds) if why is None else None, state=STATE[why is None])
        found.append(why)
    return found


def test_the_better_half_goes_on_from_each_rung_and_of_the_others_is_said_where_they_stood() -> None:
    good, better, bad, late = [0.96] * 5, [0.97] * 5, [0.70] * 5, [0.98, 0.5, 0.98, 0.98, 0.98]
    assert halved([good, bad, better, late]) == [
        None,
        "place 2 of 2 after 1 fold (0.7000, the best 0.9600): the better half goes on",
        None,
        "place 3 of 3 after 2 folds (0.7400, the best 0.9700): the better half goes on",
    ]
    behind_the_middle = [0.97, 0.97, 0.97, 0.1, 0.1]
    assert halved([good, good, behind_the_middle]) == [None, None, None], "the rest is worth more than it costs"


def test_what_is_left_behind_is_stopped_and_says_so(material: Material) -> None:
    stopped = try_candidate(
        Candidate.parse("word-cnb"),
        material,
        matrices(material),
        seconds_left=lambda: math.inf,
        left_behind=lambda folds: "too slow a horse" if len(folds) == 2 else None,
    )
    assert (stopped.cut, stopped.why, len(stopped.folds)) == (Cut.HOPELESS, "too slow a horse", 2)


def test_trials_that_share_features_share_their_matrices(material: Material) -> None:
    shared = matrices(material)
    first = shared(Candidate.parse("word-svc"), 0)
    assert shared(Candidate.parse("word-cnb(alpha=0.5)"), 0) is first
    assert shared(Candidate.parse("word(longest=1)-svc"), 0)[0].shape != first[0].shape


@given(
    truth=st.lists(st.integers(0, 3), min_size=4, max_size=40),
    seed=st.integers(0, 1_000),
)
def test_macro_f1_is_scikit_learns(truth: list[int], seed: int) -> None:
    codes = np.array(truth)
    said = np.random.default_rng(seed).integers(0, 4, len(codes))
    wanted = f1_score(codes, said, average="macro", labels=range(4), zero_division=0)
    assert macro_f1(codes, said, 4) == pytest.approx(wanted)


def complementary(n: int = 600) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three trials, each sure and right on two thirds, unsure on its own third: together they are right everywhere."""
    rng = np.random.default_rng(3)
    truth, fold_of, part = rng.integers(0, 2, n), np.arange(n) % 5, rng.integers(0, 3, n)
    said = np.empty((3, n, 2))
    for trial in range(3):
        right = np.where(part == trial, rng.uniform(0.3, 0.6, n), 0.95)
        said[trial, np.arange(n), truth] = right
        said[trial, np.arange(n), 1 - truth] = 1 - right
    return said, truth, fold_of


def test_an_ensemble_takes_what_completes_one_another_and_its_estimate_is_honest() -> None:
    said, truth, fold_of = complementary()
    given = (["a", "b", "c"], np.log(said), truth, fold_of)
    found, single = choose_ensemble(*given), choose_single(*given)
    assert len(found.members) > 1
    assert sum(weight for _, weight in found.members) == pytest.approx(1)
    assert found.estimate.macro_f1 > single.estimate.macro_f1 + 0.1
    assert found.estimate.honest > single.estimate.honest + 0.1


def test_the_best_of_many_equal_trials_flatters_itself_and_the_honest_estimate_does_not() -> None:
    rng = np.random.default_rng(0)
    truth, fold_of = rng.integers(0, 2, 400), np.arange(400) % 5
    said = rng.uniform(size=(25, 400, 1))
    said = np.concatenate([said, 1 - said], axis=2)
    given = ([str(n) for n in range(25)], np.log(said), truth, fold_of)
    found, single = choose_ensemble(*given), choose_single(*given)
    assert len(found.members) <= MEMBERS, "each costs as much as a model"
    assert single.estimate.macro_f1 > 0.53, "chance, picked from 25"
    assert found.estimate.macro_f1 > single.estimate.macro_f1
    assert abs(single.estimate.honest - 0.5) < 0.04
    assert abs(found.estimate.honest - 0.5) < 0.06


def test_a_single_trial_that_nothing_helps_is_the_whole_ensemble() -> None:
    said, truth, _ = complementary(100)
    perfect = np.zeros((100, 2))
    perfect[np.arange(100), truth] = 1
    weights = select(np.log(np.maximum([perfect, said[0]], 1e-6)), truth)
    assert weights.tolist() == [1.0, 0.0]


def test_collections_of_one_language_are_nearer_than_those_of_another(material: Material) -> None:
    texts, y = list(material.documents), material.y
    half = len(texts) // 2
    one, two = meta_features(texts[:half], y[:half], 3), meta_features(texts[half:], y[half:], 3)
    arabic = meta_features(["مرحبا كيف الحال", "خصم كبير اليوم", "رمزك هو"] * 40, np.arange(120) % 3, 3)
    assert all(map(math.isfinite, [*one.values(), *arabic.values()]))
    known = [Collection("arabic", arabic, {"word-cnb": 0.9}), Collection("two", two, {"char-svc": 0.9})]
    assert [collection.name for _, collection in nearest(one, known)] == ["two", "arabic"]


def test_a_warm_start_begins_with_what_won_nearby_and_goes_on_with_what_completes_it() -> None:
    known = [
        Collection("far", {"x": 9.0}, {"word-cnb": 0.99, "char-svc": 0.90}),
        Collection("near", {"x": 1.0}, {"char-svc": 0.95, "char-sgd": 0.96, "both-svc": 0.94, "unknown-thing": 0.99}),
        Collection("nearer", {"x": 0.5}, {"both-svc": 0.98, "char-svc": 0.979, "char-sgd": 0.95}),
    ]
    found = warm_starts({"x": 0.0}, known, 4, usable=lambda name: not name.startswith("unknown"))
    assert sorted(found) == ["both-svc", "char-sgd", "char-svc", "word-cnb"]
    assert found[0] in ("char-svc", "both-svc"), "good on both that are near"
    assert found[-1] != "word-cnb", "what alone is good on the far one comes before a fourth of the same kind"
    assert warm_starts({"x": 0.0}, [], 4) == []


def test_what_is_shipped_as_a_warm_start_can_be_tried_and_leaves_a_family_out() -> None:
    shipped = portfolio()
    assert len(shipped) >= 4
    assert all(math.isfinite(value) for each in shipped for value in each.meta.values())
    for each in shipped:
        assert any(Space.whole(int(each.meta["classes"])).takes(name) for name in each.scores), each.name
    assert not {"uci", "smishing", "hindi"} & {each.name for each in portfolio(without="uci")}


def test_the_same_seed_proposes_the_same_and_another_worker_something_else() -> None:
    def proposed(seed: int) -> list[str]:
        study = optuna.create_study(sampler=make_sampler("tpe", seed))
        return [Space.whole(3).suggest(study.ask()).name for _ in range(4)]

    assert proposed(1) == proposed(1)
    assert proposed(1) != proposed(2)
