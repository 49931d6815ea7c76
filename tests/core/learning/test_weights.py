"""What a training message weighs reaches every estimator, and comes out as scikit-learn has it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from core.corpus import CLASSES, Corpus
from core.errors import PipelineError
from core.learning import ESTIMATORS, Candidate, benchmark, fit, repeated_stratified
from core.learning.search import Material, Matrices, try_candidate
from core.learning.weights import fitted

ALL = [Candidate("word", name) for name in ESTIMATORS.names()]
ALL += [Candidate.parse(f"cascade:word-{each.name}") for each in ESTIMATORS if each.linear]
_drawn = list(Corpus(4, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 240))
TEXTS = [message.body for message in _drawn]
Y = np.array([CLASSES.index(message.label) for message in _drawn])
WEIGHTS = np.where(np.arange(len(Y)) % 3, 0.25, 1.0)
SPLITS = repeated_stratified(Y, folds=2, repeats=1, seed=3, classes=CLASSES)


@pytest.mark.parametrize("candidate", ALL, ids=lambda each: each.name)
def test_weights_give_what_the_same_weights_give_scikit_learns_pipeline(candidate: Candidate) -> None:
    texts = np.array(TEXTS, dtype=object)
    for result in benchmark(TEXTS, Y, CLASSES, [candidate], SPLITS, seed=3, weights=WEIGHTS):
        train = SPLITS[result.fold].train
        plain = candidate.build(3).fit(texts[train], Y[train], classifier__sample_weight=WEIGHTS[train])
        assert (plain.predict(texts[result.test]) == result.predicted).all()
        margins = candidate.classifier().margins(plain["classifier"], plain["features"].transform(texts[result.test]))
        assert np.allclose(margins, result.margins, atol=1e-12)
    whole = candidate.build(3).fit(texts, Y, classifier__sample_weight=WEIGHTS)
    model = fit(candidate, TEXTS, Y, CLASSES, seed=3, weights=WEIGHTS)
    assert (model.predict(TEXTS).codes == whole.predict(texts)).all()
    even = fit(candidate, TEXTS, Y, CLASSES, seed=3)
    assert not np.allclose(model.margins(TEXTS), even.margins(TEXTS)), "the weights did not reach it"


def test_a_trial_of_the_search_weighs_as_the_benchmark_does() -> None:
    candidate = Candidate.parse("word-logreg")
    material = Material(np.array(TEXTS, dtype=object), Y, CLASSES, SPLITS, 3, WEIGHTS)
    tried = try_candidate(candidate, material, Matrices(material.documents, SPLITS, None), seconds_left=lambda: 60.0)
    folds = [
        each.scores[0].value for each in benchmark(TEXTS, Y, CLASSES, [candidate], SPLITS, seed=3, weights=WEIGHTS)
    ]
    assert tried.folds == pytest.approx(folds, abs=1e-12)


def test_an_estimator_that_takes_no_weights_says_so_and_what_to_do() -> None:
    with pytest.raises(PipelineError, match=r"KNeighborsClassifier takes no sample weights.*weak_weight = 1"):
        fitted(KNeighborsClassifier(), np.zeros((3, 1)), np.array([0, 1, 1]), np.ones(3))
