"""An ensemble of linear candidates: its name tells it, and it is one linear model again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.corpus import Corpus
from core.errors import UnknownNameError
from core.learning import ArrayCache, Candidate, Ensemble, Model, benchmark, candidate_of, fit, repeated_stratified
from core.learning.why import top_terms

CLASSES = ("personal", "notification", "spam")
SMS = list(Corpus(5, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 240))
TEXTS = [sms.body for sms in SMS]
Y = np.array([CLASSES.index(sms.truth) for sms in SMS])
NAME = "ensemble:0.6*char-svc+1.25*both(words=0.5)-logreg(C=3.0)+12300*char-svc(C=0.03)"


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(candidate_of(NAME), TEXTS, Y, CLASSES, seed=5, temperature=0.7)


def test_a_name_leads_back_to_its_ensemble() -> None:
    ensemble = candidate_of(NAME)
    assert isinstance(ensemble, Ensemble)
    assert candidate_of(ensemble.name) == ensemble
    assert [(weight, each.features) for weight, each in ensemble.members] == [
        (0.6, "char"),
        (1.25, "both"),
        (12300, "char"),
    ]
    assert Ensemble.of([(0.60001, "char-svc"), (2, "word-cnb")]).name == "ensemble:0.231*char-svc+0.769*word-cnb"
    assert candidate_of("char-svc") == Candidate("char", "svc")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ensemble:0.6*char-svc", "two different members"),
        ("ensemble:0.6*char-svc+0.4*char-svc", "two different members"),
        ("ensemble:0.6*char-svc+0.4*cascade:word-svc", "not flat and linear"),
        ("ensemble:0.6*char-svc+0.4*word-mlp", "not flat and linear"),
        ("ensemble:-1*char-svc+0.4*word-svc", "no weight above 0"),
        ("ensemble:inf*char-svc+0.4*word-svc", "no weight above 0"),
        ("ensemble:char-svc+word-svc", "no weight above 0"),
        ("ensemble:0.5*char-gone+0.5*word-svc", "gone"),
        ("ensemble:", "names no candidate"),
    ],
)
def test_what_is_no_ensemble_is_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(UnknownNameError, match=why):
        candidate_of(name)


def test_its_margins_are_the_weighted_sum_of_its_members_margins(model: Model) -> None:
    members = [(w, fit(each, TEXTS, Y, CLASSES, seed=5)) for w, each in Ensemble.parse(NAME).members]
    assert np.allclose(model.margins(TEXTS), sum(weight * each.margins(TEXTS) for weight, each in members))
    assert model.linear
    assert model.blocks.width == members[0][1].blocks.width + members[1][1].blocks.width, "same features, same columns"


def test_it_is_kept_to_the_last_bit_and_its_words_weights_add_up(model: Model) -> None:
    kept = Model.from_bytes(model.to_bytes())
    assert kept.candidate == NAME
    assert (kept.predict(TEXTS).probabilities == model.predict(TEXTS).probabilities).all()
    for text in [*TEXTS[:20], "नमस्ते दुनिया", ""]:
        margins = kept.margins([text])[0]
        for code in range(len(CLASSES)):
            said = sum(span.weight for span in kept.explain(text, code)) + kept.bias(code)
            assert said == pytest.approx(margins[code] - np.delete(margins, code).mean(), abs=1e-9)
    assert all(top_terms(kept, code) for code in range(len(CLASSES)))


def test_it_is_tried_on_the_same_folds_as_its_members_with_or_without_matrices_kept(tmp_path: Path) -> None:
    splits = repeated_stratified(Y, folds=3, repeats=1, seed=1, classes=CLASSES)
    ensemble = Ensemble.of([(0.6, "char-svc"), (0.4, "word-logreg")])
    trial = [ensemble, *(each for _, each in ensemble.members)]
    found = {
        workers: {
            (each.candidate, each.fold): each.margins
            for each in benchmark(TEXTS, Y, CLASSES, trial, splits, seed=5, workers=workers, cache=cache)
        }
        for workers, cache in ((1, None), (2, ArrayCache(tmp_path)))
    }
    for (name, fold), margins in found[1].items():
        assert np.array_equal(margins, found[2][name, fold])
        if name == ensemble.name:
            summed = 0.6 * found[1]["char-svc", fold] + 0.4 * found[1]["word-logreg", fold]
            assert np.allclose(margins, summed)
    assert len(found[1]) == 9
