"""The benchmark's numbers are scikit-learn's; a model says the same wherever it is loaded, and can say why."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from core.corpus import CLASSES, Corpus
from core.dictionary import load_dictionary, read
from core.errors import PipelineError, UnknownNameError
from core.learning import (
    ESTIMATORS,
    FEATURES,
    Candidate,
    Model,
    benchmark,
    fit,
    fit_temperature,
    repeated_stratified,
)
from core.learning.calibration import probabilities
from core.learning.heads import CascadeHead
from core.learning.parameters import Choice, Whole
from core.learning.splits import curve_points
from core.learning.tfidf import Tfidf

FLAT = [Candidate(features, each.name) for features in ("word", "char") for each in ESTIMATORS if each.linear]
FLAT += [
    Candidate.parse(name)
    for name in ("word-mlp(units=4)", "both(words=0.5)-svc", "word(signs=apart)-sgd(loss=log_loss)")
]
CASCADES = [Candidate.parse(name) for name in ("cascade:word-logreg", "cascade:both-svc")]
_messages = list(Corpus(3, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 900))
TEXTS = [message.body for message in _messages]
Y = np.array([CLASSES.index(message.label) for message in _messages])


@pytest.mark.parametrize("k", [2, 3])
def test_out_of_fold_predictions_are_scikit_learns_to_the_last_one(k: int) -> None:
    y = np.minimum(Y, k - 1)
    trial = FLAT + CASCADES if k > 2 else FLAT
    classes = CLASSES[:k]
    splits = repeated_stratified(y, folds=3, repeats=1, seed=5, classes=classes)
    found: dict[str, np.ndarray] = {candidate.name: np.full(len(y), -1) for candidate in trial}
    for result in benchmark(TEXTS, y, classes, trial, splits, seed=5):
        found[result.candidate][result.test] = result.predicted
        assert (result.margins.argmax(axis=1) == result.predicted).all()
        macro_f1 = f1_score(y[result.test], result.predicted, average="macro")
        assert result.scores[0].value == pytest.approx(macro_f1, abs=1e-12)
    fold_of = np.empty(len(y), dtype=int)
    for split in splits:
        fold_of[split.test] = split.fold
    for candidate in trial:
        texts = np.array(TEXTS, dtype=object)
        plain = cross_val_predict(candidate.build(5), texts, y, cv=PredefinedSplit(fold_of))
        assert (found[candidate.name] == plain).all(), candidate.name


@pytest.mark.parametrize("candidate", FLAT + CASCADES, ids=lambda c: c.name)
def test_a_model_predicts_as_its_pipeline_and_the_same_after_it_was_kept(candidate: Candidate) -> None:
    model = fit(candidate, TEXTS, Y, CLASSES, seed=5, temperature=0.7)
    pipeline = candidate.build(5).fit(np.array(TEXTS, dtype=object), Y)
    assert (model.predict(TEXTS).codes == pipeline.predict(np.array(TEXTS, dtype=object))).all()
    kept = Model.from_bytes(model.to_bytes())
    assert (kept.predict(TEXTS).probabilities == model.predict(TEXTS).probabilities).all()


@pytest.mark.parametrize("features", FEATURES.names())
def test_the_words_weights_add_up_to_what_the_model_says(features: str) -> None:
    model = fit(Candidate(features, "svc"), TEXTS, Y, CLASSES, seed=5)
    for text in [*TEXTS[:40], "a b", "ΣΟΣ", "नमस्ते दुनिया", "  x  ", ""]:
        margins = model.margins([text])[0]
        for code in range(len(CLASSES)):
            said = sum(span.weight for span in model.explain(text, code)) + model.bias(code)
            assert said == pytest.approx(margins[code] - np.delete(margins, code).mean(), abs=1e-9)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("sublinear", [True, False])
@pytest.mark.parametrize("binary", [True, False])
def test_a_row_is_weighed_as_the_vectoriser_weighs_it(norm: str, sublinear: bool, binary: bool) -> None:
    settings = {"norm": norm, "sublinear_tf": sublinear, "binary": binary}
    vectoriser = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 2), **settings)
    rows = vectoriser.fit_transform(TEXTS)
    counts = CountVectorizer(analyzer="char_wb", ngram_range=(1, 2), vocabulary=vectoriser.vocabulary_).transform(TEXTS)
    for row, counted in zip(rows, counts, strict=True):
        weighed = Tfidf.of(vectoriser).weigh(counted.data.astype(float), vectoriser.idf_[counted.indices])
        assert dict(zip(row.indices, row.data, strict=True)) == pytest.approx(
            dict(zip(counted.indices, weighed, strict=True))
        )


def test_shuffled_labels_teach_nothing() -> None:
    y = np.random.default_rng(1).permutation(Y)
    splits = repeated_stratified(y, folds=3, repeats=1, seed=1, classes=CLASSES)
    values = [result.scores[0].value for result in benchmark(TEXTS, y, CLASSES, [Candidate("char", "svc")], splits)]
    assert np.mean(values) < 0.40


@given(st.integers(0, 1000), st.lists(st.floats(0.05, 0.95), min_size=1, max_size=4, unique=True))
def test_the_points_of_a_curve_lie_within_one_another(seed: int, fractions: list[float]) -> None:
    y = np.arange(200) % 3
    (split, *_) = repeated_stratified(y, folds=4, repeats=1, seed=2, classes=CLASSES)
    points = [part for _, part in curve_points(split, y, [*sorted(fractions), 1.0], seed)]
    for smaller, larger in pairwise(points):
        assert set(smaller) <= set(larger)
    assert (points[-1] == split.train).all()
    assert all(len(set(y[part])) == 3 for part in points if len(part) >= 9)


@pytest.mark.parametrize("name", ["cascade:word-logreg", "cascade:char-svc", "cascade:word-cnb"])
def test_a_cascade_s_probabilities_sum_to_one_and_its_first_stage_is_the_first_class(name: str) -> None:
    model = fit(Candidate.parse(name), TEXTS, Y, CLASSES, seed=5)
    said = model.predict(TEXTS)
    assert said.probabilities.sum(axis=1) == pytest.approx(1)
    assert (said.codes == said.probabilities.argmax(axis=1)).all()
    head = model.head
    assert isinstance(head, CascadeHead)
    first = probabilities(head.first.margins(model.blocks.matrix(TEXTS)), head.temperatures[0])[:, 1]
    assert said.probabilities[:, 0] == pytest.approx(first)
    assert f1_score(Y, said.codes, average="macro") > 0.95


def test_a_cascade_of_two_classes_is_refused_with_what_to_do() -> None:
    with pytest.raises(PipelineError, match=r"first class and of two others.*without cascade:"):
        fit(Candidate.parse("cascade:word-svc"), TEXTS, np.minimum(Y, 1), CLASSES[:2], seed=1)


candidates = st.builds(
    lambda features, estimator, cascade: Candidate(features[0], estimator[0], features[1], estimator[1], cascade),
    *(
        st.sampled_from(list(registry)).flatmap(
            lambda cls: st.fixed_dictionaries(
                {},
                optional={
                    each.name: st.sampled_from(each.options)
                    if isinstance(each, Choice)
                    else st.integers(each.low, each.high)
                    if isinstance(each, Whole)
                    else st.floats(each.low, each.high)
                    for each in cls.parameters
                },
            ).map(lambda values: (cls.name, cls.unusual(values)))
        )
        for registry in (FEATURES, ESTIMATORS)
    ),
    st.booleans(),
)


@given(candidates)
def test_a_candidate_is_all_in_its_name(candidate: Candidate) -> None:
    assert Candidate.parse(candidate.name) == candidate
    values = candidate.feature_set().values
    assert all(values[name] == value for name, value in candidate.feature_values)


def test_probabilities_sum_to_one_and_the_temperature_helps() -> None:
    splits = repeated_stratified(Y, folds=3, repeats=1, seed=1, classes=CLASSES)
    folds = list(benchmark(TEXTS, Y, CLASSES, [Candidate("char", "svc")], splits))
    margins = np.concatenate([fold.margins for fold in folds])
    truth = np.concatenate([Y[fold.test] for fold in folds])
    temperature = fit_temperature(margins, truth)

    def surprise(t: float) -> float:
        return float(-np.log(probabilities(margins, t)[np.arange(len(truth)), truth]).mean())

    assert probabilities(margins, temperature).sum(axis=1) == pytest.approx(1)
    assert surprise(temperature) <= min(surprise(1.0), surprise(temperature * 1.2), surprise(temperature / 1.2))


def test_a_class_with_too_few_messages_is_named() -> None:
    with pytest.raises(PipelineError, match=r"spam has 1.*lower \[pipeline\] folds"):
        repeated_stratified(np.array([0] * 9 + [1] * 9 + [2]), folds=3, repeats=1, seed=1, classes=CLASSES)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("char-scv", "Did you mean 'svc'"),
        ("chars-svc", "'char'"),
        ("x", "features-"),
        ("char-svc(c=1)", "Known here: C, classes"),
        ("char-svc(C=-1)", "C is 0.03 to 100"),
        ("char(longest=9)-svc", "longest is 4 to 7"),
        ("char-svc(C=nan)", "C is 0.03"),
    ],
)
def test_a_mistyped_candidate_suggests_the_right_one(name: str, words: str) -> None:
    with pytest.raises(UnknownNameError, match=words):
        Candidate.parse(name)


def test_bytes_that_are_no_model_are_refused() -> None:
    with pytest.raises(PipelineError, match="no model"):
        Model.from_bytes(b"PK\x03\x04 not a model")


@pytest.mark.real_data
def test_the_best_linear_model_reaches_what_was_promised_on_the_uci_collection(tmp_path: Path, sms_data: Path) -> None:
    (tmp_path / "uci.yaml").write_text(
        f"""version: 1
dataset: uci
sources:
  - {{name: uci, kind: tsv, path: {sms_data / "SMSSpamCollection"}, quoting: none, header: [l, t],
      columns: {{body: t, label: l}}, labels: {{ham: personal, spam: spam}}}}
cleaning: [nfc, controls, whitespace]
"""
    )
    classes = ("personal", "spam")
    (chunk,) = read(load_dictionary(tmp_path / "uci.yaml", classes), tmp_path)
    texts, y = chunk.frame["text"].tolist(), (chunk.frame["label"] == "spam").to_numpy().astype(int)
    splits = repeated_stratified(y, folds=10, repeats=1, seed=7, classes=classes)
    predicted = np.empty(len(y), dtype=int)
    for result in benchmark(texts, y, classes, [Candidate("char", "svc")], splits, seed=7):
        predicted[result.test] = result.predicted
    assert f1_score(y, predicted, average="macro") >= 0.97
