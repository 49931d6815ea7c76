"""Trials in several processes, from a cache and with a race: the same numbers, and nothing lost."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from candidates import Backwards, Endless, Killed, KilledOnce, Raising
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from core.corpus import CLASSES, Corpus
from core.errors import PipelineError
from core.learning import (
    ArrayCache,
    Candidate,
    FailedFold,
    FoldResult,
    Outcome,
    Race,
    Stopped,
    benchmark,
    repeated_stratified,
    trials,
)
from core.learning.matrices import Matrices
from core.learning.workers import Workers

ALL = [
    Candidate.parse(name)
    for name in ("word-cnb", "char-svc", "char(longest=4)-sgd", "both(words=0.5)-logreg", "cascade:word-svc(C=0.3)")
]
_drawn = list(Corpus(5, start_ms=1_790_000_000_000, every_ms=60_000).messages(0, 300))
TEXTS = [message.body for message in _drawn]
Y = np.array([CLASSES.index(message.label) for message in _drawn])
SPLITS = repeated_stratified(Y, folds=3, repeats=1, seed=3, classes=CLASSES)


def by_fold(outcomes: Iterable[Outcome]) -> dict[tuple[str, int, float], FoldResult]:
    return {(o.candidate, o.fold, o.fraction): o for o in outcomes if isinstance(o, FoldResult)}


def assert_same(ours: dict[Any, FoldResult], theirs: dict[Any, FoldResult]) -> None:
    assert ours.keys() == theirs.keys()
    for key, result in ours.items():
        assert result.margins.tobytes() == theirs[key].margins.tobytes(), key
        assert result.scores == theirs[key].scores


def no_making(*_: object) -> None:
    raise AssertionError("made although it is in the cache")


def test_two_processes_and_a_second_run_from_the_cache_give_the_same_to_the_last_digit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = by_fold(benchmark(TEXTS, Y, CLASSES, ALL, SPLITS, curve=(0.3, 1.0), seed=3))
    cache = ArrayCache(tmp_path)
    several = benchmark(TEXTS, Y, CLASSES, ALL, SPLITS, curve=(0.3, 1.0), seed=3, workers=2, cache=cache)
    assert_same(by_fold(several), plain)
    monkeypatch.setattr(Matrices, "_make", no_making)
    assert_same(by_fold(benchmark(TEXTS, Y, CLASSES, ALL, SPLITS, curve=(0.3, 1.0), seed=3, cache=cache)), plain)
    with pytest.raises(AssertionError, match="made although"):  # another text: other matrices
        list(benchmark([*TEXTS[:-1], "other"], Y, CLASSES, ALL, SPLITS, seed=3, cache=cache))


def test_a_killed_worker_s_fold_is_tried_again_and_who_fails_for_good_is_said_while_the_others_go_on(
    tmp_path: Path,
) -> None:
    good = Candidate("word", "cnb")
    odd = [
        KilledOnce("word", "svc", called="killed once", mark=str(tmp_path / "mark")),
        Killed("word", "svc", called="killed"),
        Raising("word", "svc", called="raising"),
    ]
    outcomes = list(trials(TEXTS, Y, CLASSES, [good, *odd], SPLITS[:1], seed=3, workers=2))
    found = by_fold(outcomes)
    found["word-svc", 0, 1.0] = found.pop(("killed once", 0, 1.0))
    assert_same(found, by_fold(benchmark(TEXTS, Y, CLASSES, [good, Candidate("word", "svc")], SPLITS[:1], seed=3)))
    failed = {outcome.candidate: outcome.sentence for outcome in outcomes if isinstance(outcome, FailedFold)}
    assert failed.pop("raising") == "ValueError: C must be positive"
    assert failed.pop("killed").startswith("a worker process was lost 3 times at the same work (SIGKILL)")
    assert not failed
    assert len(outcomes) == 4


def test_a_pool_serves_one_trial_after_another_and_one_that_is_called_off_in_the_midst_of_a_fit(tmp_path: Path) -> None:
    mark = tmp_path / "mark"

    def look() -> None:
        if mark.exists():
            raise KeyboardInterrupt

    good = Candidate("word", "cnb")
    plain = by_fold(benchmark(TEXTS, Y, CLASSES, [good], SPLITS, seed=3))
    with Workers(2) as pool:
        first = pool.pids
        assert_same(by_fold(trials(TEXTS, Y, CLASSES, [good], SPLITS, seed=3, pool=pool)), plain)
        assert pool.pids == first
        with pytest.raises(KeyboardInterrupt):
            list(trials(TEXTS, Y, CLASSES, [Endless("word", "svc", mark=str(mark))], SPLITS[:1], pool=pool, look=look))
        assert pool.free == 2
        assert len(set(pool.pids) & set(first)) == 1, "who was at it is replaced"
        assert_same(by_fold(trials(TEXTS, Y, CLASSES, [good], SPLITS, seed=3, pool=pool)), plain)


def test_texts_without_a_word_fail_every_candidate_in_a_sentence_in_several_processes_too() -> None:
    outcomes = list(trials([" "] * 300, Y, CLASSES, [Candidate("word", "cnb")], SPLITS[:1], workers=2))
    (failed,) = [outcome for outcome in outcomes if isinstance(outcome, FailedFold)]
    assert failed.sentence.startswith("there is no word in the 200 texts to learn from. See what")
    assert isinstance(failed.error, PipelineError)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_race_stops_the_hopeless_between_folds_and_says_so(workers: int) -> None:
    splits = repeated_stratified(Y, folds=5, repeats=1, seed=3, classes=CLASSES)
    hopeless = Backwards("char", "cnb", called="backwards")
    in_race = [Candidate("word", "cnb"), Candidate("word", "svc"), hopeless]
    outcomes = list(trials(TEXTS, Y, CLASSES, in_race, splits, curve=(0.5, 1.0), workers=workers, race=Race()))
    (stopped,) = [outcome for outcome in outcomes if isinstance(outcome, Stopped)]
    assert stopped.candidate == "backwards"
    assert stopped.after_folds in (3, 4)
    assert re.search(rf"behind word-(cnb|svc) after {stopped.after_folds} of 5 folds", stopped.reason)
    folds = [outcome for outcome in outcomes if isinstance(outcome, FoldResult)]
    assert sum(fold.candidate == "backwards" for fold in folds) == 2 * stopped.after_folds
    assert sum(fold.candidate != "backwards" for fold in folds) == 2 * 2 * 5
    last = max(number for number, outcome in enumerate(outcomes) if outcome.candidate == "backwards")
    assert outcomes[last] is stopped


def test_a_fold_that_cannot_be_vectorised_ends_no_race(monkeypatch: pytest.MonkeyPatch) -> None:
    make = Matrices._make

    def not_the_second(self: Matrices, vectoriser: Any, name: str, train: np.ndarray, test: np.ndarray) -> Any:
        if np.array_equal(test, SPLITS[1].test):
            raise MemoryError("no room for it")
        return make(self, vectoriser, name, train, test)

    monkeypatch.setattr(Matrices, "_make", not_the_second)
    outcomes = list(trials(TEXTS, Y, CLASSES, ALL[:2], SPLITS, race=Race()))
    failed = [(o.candidate, o.fold, o.sentence) for o in outcomes if isinstance(o, FailedFold)]
    assert failed == [(name, 1, "MemoryError: no room for it") for name in ("word-cnb", "char-svc")]
    assert {key[1] for key in by_fold(outcomes)} == {0, 2}
    assert len(outcomes) == 6


def test_words_and_characters_together_are_scikit_learns_union_bit_by_bit(tmp_path: Path) -> None:
    def union() -> FeatureUnion:
        words = TfidfVectorizer(token_pattern=r"\S+", sublinear_tf=True)
        chars = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3))
        return FeatureUnion([("words", words), ("chars", chars)], transformer_weights={"words": 0.3})

    documents, (train, test) = np.array(TEXTS, dtype=object), (SPLITS[0].train, SPLITS[0].test)
    plain = union()
    theirs = plain.fit_transform(documents[train]), plain.transform(documents[test])
    cache = ArrayCache(tmp_path)
    for made in (Matrices(documents), Matrices(documents, cache), Matrices(documents, cache)):
        for ours, their in zip(made.pair(union(), "both", train, test), theirs, strict=True):
            assert (type(ours), ours.shape) == (type(their), their.shape)
            for part in ("data", "indices", "indptr"):
                assert getattr(ours, part).dtype == getattr(their, part).dtype
                assert getattr(ours, part).tobytes() == getattr(their, part).tobytes()


def test_what_cannot_be_said_of_a_vectoriser_is_not_taken_from_another_run(tmp_path: Path) -> None:
    documents, numbers = np.array(TEXTS, dtype=object), (SPLITS[0].train, SPLITS[0].test)
    cache = ArrayCache(tmp_path)
    first = Matrices(documents, cache)
    first.pair(TfidfVectorizer(tokenizer=str.split), "own", *numbers)
    assert first.has(TfidfVectorizer(tokenizer=str.split), "own", *numbers)
    assert not Matrices(documents, cache).has(TfidfVectorizer(tokenizer=str.split), "own", *numbers)
