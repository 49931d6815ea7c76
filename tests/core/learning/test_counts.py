"""Texts are cut into terms once; the matrices of every fold are scikit-learn's own, bit by bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from core.errors import PipelineError
from core.learning import FEATURES, Candidate, benchmark, repeated_stratified
from core.learning.matrices import Matrices

words = st.sampled_from(
    ["FREE", "free", "नमस्ते", "İstanbul", "ΣΟΣ", "สวัสดี", "a", "ok!", "😀😀", "aaaaaa", "\x1f", "ﬁn", "ß"]
)
messages = st.lists(words, max_size=8).map(" ".join)


def plain(vectoriser: TfidfVectorizer, train: np.ndarray, test: np.ndarray) -> tuple[Any, Any]:
    return vectoriser.fit_transform(train), vectoriser.transform(test)


def same_bits(ours: Any, theirs: Any) -> bool:
    parts = [(getattr(ours, name), getattr(theirs, name)) for name in ("data", "indices", "indptr")]
    return ours.shape == theirs.shape and all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in parts)


@pytest.mark.parametrize("features", FEATURES.names())
@settings(deadline=None, max_examples=60)
@given(texts=st.lists(messages, min_size=4, max_size=12), seed=st.integers(0, 99))
def test_each_fold_s_matrices_are_those_of_the_vectoriser(features: str, texts: list[str], seed: int) -> None:
    documents = np.array([*texts, "at least one word"], dtype=object)
    build = FEATURES.get(features)().build
    matrices = Matrices(documents)
    rng = np.random.default_rng(seed)
    for _ in range(3):
        order = rng.permutation(len(documents))
        train, test = np.append(order[:3], len(documents) - 1), order[3:]
        ours, theirs = matrices.pair(build(), features, train, test), plain(build(), documents[train], documents[test])
        assert same_bits(ours[0], theirs[0])
        assert same_bits(ours[1], theirs[1])


@pytest.mark.parametrize("odd", [{"min_df": 2}, {"max_features": 3}, {"binary": True}, {"dtype": np.float32}])
def test_a_vectoriser_that_drops_terms_is_asked_itself(odd: dict[str, Any]) -> None:
    documents = np.array(["a a b", "b c", "c d a", "d a e", "e f"], dtype=object)
    settings_ = {"token_pattern": r"\S+", **odd}
    train, test = np.array([3, 0, 1]), np.array([2, 4])
    ours = Matrices(documents).pair(TfidfVectorizer(**settings_), "odd", train, test)
    theirs = plain(TfidfVectorizer(**settings_), documents[train], documents[test])
    assert same_bits(ours[0], theirs[0])
    assert same_bits(ours[1], theirs[1])


def test_messages_without_a_word_cannot_be_learnt_from_and_it_says_so() -> None:
    y = np.array([0, 1] * 4)
    splits = repeated_stratified(y, folds=2, repeats=1, seed=1, classes=("a", "b"))
    with pytest.raises(PipelineError, match="no word in the 4 texts"):
        next(benchmark([" "] * 8, y, ("a", "b"), [Candidate("char", "svc")], splits))


def test_a_text_is_cut_once_however_many_folds_it_is_in(monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[str] = []

    class Watched(TfidfVectorizer):
        def build_analyzer(self) -> Any:
            analyse = super().build_analyzer()

            def watched(text: str) -> Any:
                cut.append(text)
                return analyse(text)

            return watched

    monkeypatch.setattr(FEATURES.get("word"), "build", lambda _: Watched(token_pattern=r"\S+"))
    texts = [f"word{number} and {'spam' if number % 2 else 'ham'}" for number in range(20)]
    y = np.arange(20) % 2
    splits = repeated_stratified(y, folds=5, repeats=2, seed=1, classes=("ham", "spam"))
    candidates = [Candidate("word", "svc"), Candidate("word", "cnb")]
    results = list(benchmark(texts, y, ("ham", "spam"), candidates, splits, curve=(0.3, 1.0)))
    assert len(results) == 2 * 10 * 2
    assert sorted(cut) == sorted(texts)
