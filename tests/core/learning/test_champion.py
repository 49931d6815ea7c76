"""Linear first: who becomes champion, whatever the order in which they come, and the sentence that says why."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PipelineError
from core.learning.champion import Choice, OnTrial, choose, is_linear
from core.learning.compare import paired_folds

SHARE = 1 / 9
BASE = np.array([0.95, 0.951, 0.949, 0.95, 0.952])


def on_trial(name: str, gain: float = 0.0, *, linear: bool = True, noise: float = 0.0, seed: int = 1) -> OnTrial:
    return OnTrial(
        name, linear, BASE + gain + np.random.default_rng(seed).normal(0, noise, 5) if noise else BASE + gain
    )


def chosen(*trial: OnTrial, reigning: str | None = None, margin: float = 0.002) -> Choice:
    return choose(trial, reigning, margin=margin, test_share=SHARE)


def test_a_nonlinear_candidate_takes_over_only_by_a_settled_margin() -> None:
    linear = on_trial("word-svc")
    forest = on_trial("word-forest", 0.01, linear=False, noise=0.001)
    better = chosen(linear, forest, reigning="word-svc")
    assert better.candidate == "word-forest"
    assert (
        "It is not linear, and better than word-svc by 0.0102 macro-F1 (+0.0088 to +0.0116): settled" in better.reason
    )
    noisy = chosen(linear, on_trial("word-forest", 0.004, linear=False, noise=0.02), reigning="word-svc")
    assert noisy.candidate == "word-svc"
    assert "word-forest is not linear and was not taken" in noisy.reason
    assert "5 folds do not settle" in noisy.reason
    little = chosen(linear, on_trial("word-forest", 0.001, linear=False), reigning="word-svc")
    assert little.candidate == "word-svc"
    assert "better than word-svc by 0.0010 macro-F1 (+0.0010 to +0.0010), which is less than 0.0020" in little.reason
    worse = chosen(linear, on_trial("word-forest", -0.01, linear=False))
    assert "worse than word-svc by 0.0100" in worse.reason


def test_an_ensemble_takes_over_only_by_a_settled_margin_over_the_best_single_one() -> None:
    single = OnTrial.of("char-svc", BASE)
    ensemble = OnTrial.of("ensemble:0.5*char-svc+0.5*word-svc", BASE + 0.001)
    assert (ensemble.linear, ensemble.first, single.first) == (True, False, True)
    kept = chosen(single, ensemble)
    assert kept.candidate == "char-svc", "where nobody reigns too: it was chosen on these folds"
    assert "is an ensemble and was not taken" in kept.reason
    better = chosen(single, OnTrial.of(ensemble.name, BASE + 0.01), reigning="char-svc")
    assert better.candidate == ensemble.name
    assert "It is an ensemble, and better than char-svc by 0.0100" in better.reason


def test_it_must_beat_the_best_linear_one_not_the_one_that_reigns() -> None:
    trial = (on_trial("a-svc"), on_trial("b-svc", 0.008, noise=0.01), on_trial("c-forest", 0.006, linear=False))
    assert chosen(*trial, reigning="a-svc").candidate == "a-svc", "better than a by a settled margin, not than b"


def test_a_nonlinear_champion_falls_as_soon_as_its_lead_is_not_settled_any_more() -> None:
    trial = (on_trial("a-svc"), on_trial("b-forest", 0.004, linear=False, noise=0.02))
    assert chosen(*trial, reigning="b-forest").candidate == "a-svc"


def test_the_reigning_one_stays_until_another_is_better_for_certain() -> None:
    reigning, other = on_trial("a-svc"), on_trial("b-svc", 0.003, noise=0.02)
    assert chosen(reigning, other, reigning="a-svc").candidate == "a-svc"
    assert chosen(reigning, other).candidate == "b-svc", "where nobody reigns, the best"
    assert chosen(reigning, other, reigning="gone-svc").candidate == "b-svc"
    sure = chosen(reigning, on_trial("b-svc", 0.01, noise=0.001), reigning="a-svc")
    assert sure.candidate == "b-svc"
    assert "settled on 5 folds" in sure.reason


def test_one_fold_is_too_few_for_a_test_and_it_says_so() -> None:
    trial = [OnTrial("a-svc", True, BASE[:1]), OnTrial("b-svc", True, BASE[:1] + 0.01)]
    kept = choose(trial, "a-svc", test_share=SHARE)
    assert kept.candidate == "a-svc"
    assert "two folds at least" in kept.reason
    forest = choose([trial[0], OnTrial("f", False, BASE[:1] + 0.1)], None, test_share=SHARE)
    assert (forest.candidate, "two folds at least" in forest.reason) == ("a-svc", True)


def test_without_a_linear_candidate_nobody_can_be_chosen() -> None:
    with pytest.raises(PipelineError, match="no single linear candidate is on trial"):
        chosen(on_trial("a-forest", linear=False))


def test_a_candidate_that_is_gone_is_neither_linear_nor_not() -> None:
    assert is_linear("char-svc") is True
    assert is_linear("char-gone") is None
    assert is_linear("gone") is None


scores = st.lists(st.integers(0, 6).map(lambda n: n / 6), min_size=4, max_size=4)
trials = st.lists(st.tuples(st.booleans(), scores), min_size=1, max_size=6)


@given(trials, st.integers(0, 7), st.randoms())
def test_the_order_of_the_candidates_does_not_matter_and_the_rule_always_holds(
    drawn: list[tuple[bool, list[float]]], reigns: int, chance: random.Random
) -> None:
    """Ties and candidates with equal scores among them."""
    trial = [OnTrial(f"c{n}", linear or n == 0, np.array(each)) for n, (linear, each) in enumerate(drawn)]
    reigning = f"c{reigns}" if reigns < len(trial) else None
    found = chosen(*trial, reigning=reigning)
    shuffled = list(trial)
    chance.shuffle(shuffled)
    assert chosen(*shuffled, reigning=reigning) == found
    champion = next(each for each in trial if each.name == found.candidate)
    best = max((each for each in trial if each.linear), key=lambda each: each.mean)
    if not champion.linear:
        test = paired_folds(best.scores, champion.scores, SHARE)
        assert test is not None
        assert test.low > 0
        assert test.difference >= 0.002
    elif reigning not in {each.name for each in trial if each.linear}:
        assert champion.mean == best.mean
    if reigning == best.name and champion.linear:
        assert champion.name == reigning
