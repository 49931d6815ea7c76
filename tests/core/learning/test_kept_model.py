"""A kept model is data: it reads texts as it was trained to, and nothing else can be loaded in its place."""

from __future__ import annotations

import io
import json
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from core.errors import PipelineError
from core.learning import ESTIMATORS, FEATURES, Candidate, Model, fit
from core.learning.calibration import probabilities

CLASSES = ("personal", "notification", "spam")
SAYINGS = (
    ("see you at home mum", "are you coming tonight ?", "lol ok call me later"),
    ("your code is 1234", "parcel 77 arrives today", "balance : 12 EUR"),
    ("WIN a FREE prize now", "claim your free gift , reply YES", "cheap loans , no questions"),
)
TEXTS = [f"{saying} {extra}" for extra in ("", "ok", "नमस्ते", "!!!") for of_class in SAYINGS for saying in of_class]
Y = np.array([code for _ in range(4) for code in range(3) for _ in range(3)])


def model_of(name: str) -> Model:
    return fit(Candidate.parse(name), TEXTS, Y, CLASSES, seed=1)


CONTENT = model_of("word-cnb").to_bytes()


def with_header(content: bytes, **changed: Any) -> bytes:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = dict(archive)
    header = {**json.loads(arrays.pop("header").tobytes()), **changed}
    file = io.BytesIO()
    np.savez(file, header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8), **arrays)
    return file.getvalue()


def test_a_kept_model_says_the_same_after_the_feature_set_s_code_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of("char-svc")
    content, margins, words = model.to_bytes(), model.margins(TEXTS), model.explain(TEXTS[0], 2)
    monkeypatch.setattr(
        FEATURES.get("char"), "build", lambda _: TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 2))
    )
    kept = Model.from_bytes(content)
    assert np.array_equal(kept.margins(TEXTS), margins)
    assert kept.explain(TEXTS[0], 2) == words


def test_a_model_that_an_earlier_version_kept_is_read() -> None:
    model = model_of("word-svc")
    block, head = model.blocks.each[0], model.head.arrays()
    header = {
        "format": "linear-2",
        "candidate": "word-svc",
        "classes": CLASSES,
        "tfidf": block.tfidf.to_json(),
        "temperature": 0.5,
        "terms": block.terms,
    }
    file = io.BytesIO()
    np.savez(file, header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8), idf=block.idf, **head)
    assert np.array_equal(Model.from_bytes(file.getvalue()).margins(TEXTS), model.margins(TEXTS))


@pytest.mark.parametrize("name", ["cascade:word-svc", "word-mlp"])
def test_what_a_model_that_is_not_flat_says_of_a_word_is_said_where_the_word_stands(name: str) -> None:
    model = model_of(name)
    text = "claim your FREE prize, mum"
    spans = model.explain(text, 2)
    assert [text[span.start : span.end] for span in spans] == text.split()
    assert max(spans, key=lambda span: span.weight).weight > 0
    assert sum(span.weight for span in spans) > sum(span.weight for span in model.explain(text, 0))


def test_the_same_model_is_the_same_bytes() -> None:
    assert model_of("word-svc").to_bytes() == model_of("word-svc").to_bytes()


@pytest.mark.parametrize("estimator", ESTIMATORS.names())
def test_a_class_without_a_message_is_never_predicted(estimator: str) -> None:
    kept = np.flatnonzero(Y != 1)
    model = fit(Candidate("word", estimator), [TEXTS[i] for i in kept], Y[kept], CLASSES, seed=1)
    said = model.predict([*TEXTS, "", "free " * 5000, " ".join(TEXTS)])
    assert set(said.codes) == {0, 2}
    assert said.probabilities[:, 1].max() < 1e-9


@given(st.one_of(st.binary(max_size=200), st.integers(0, 1000).map(lambda at: CONTENT[: at * len(CONTENT) // 1001])))
def test_damaged_bytes_are_refused_with_a_sentence(damaged: bytes) -> None:
    with pytest.raises(PipelineError, match="no model of ours"):
        Model.from_bytes(damaged)


@settings(deadline=None, max_examples=300)
@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_refused_or_changes_nothing(at: int, flip: int) -> None:
    damaged = bytearray(CONTENT)
    damaged[at] ^= flip
    try:
        model = Model.from_bytes(bytes(damaged))
    except PipelineError:
        return
    assert np.array_equal(model.margins(TEXTS), Model.from_bytes(CONTENT).margins(TEXTS))


class Trap:
    """Unpickling it runs code: it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_a_pickle_in_a_model_s_place_is_not_run(tmp_path: Path) -> None:
    trap = Trap(tmp_path / "code_ran")
    file = io.BytesIO()
    np.savez(file, header=np.array([trap], dtype=object))
    for content in (pickle.dumps(trap), file.getvalue()):
        with pytest.raises(PipelineError, match="no model of ours"):
            Model.from_bytes(content)
        assert not trap.folder.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format": "linear-9"}, "has the format 'linear-9'"),
        ({"classes": ["only", "two"]}, "do not fit 2 classes"),
        ({"blocks": [{"tfidf": {"analyzer": "word"}, "terms": [], "weight": 1}]}, "part of it is wrong"),
        ({"blocks": []}, "do not fit"),
        ({"blocks": None}, "part of it is wrong"),
        ({"head": "network"}, "part of it is wrong"),
        ({"head": "__class__"}, "part of it is wrong"),
    ],
)
def test_a_model_whose_parts_do_not_fit_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(PipelineError, match=words):
        Model.from_bytes(with_header(model_of("word-svc").to_bytes(), **changed))


@pytest.mark.parametrize(
    "odd", [{"tokenizer": str.split}, {"stop_words": ["the"]}, {"analyzer": "char"}, {"norm": None}], ids=str
)
def test_a_vectoriser_that_data_cannot_describe_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, odd: dict[str, Any]
) -> None:
    monkeypatch.setattr(FEATURES.get("word"), "build", lambda _: TfidfVectorizer(**odd))
    with pytest.raises(PipelineError, match=f"its own {next(iter(odd))}"):
        model_of("word-svc")


@pytest.mark.parametrize(
    "own",
    [
        {"token_pattern": r"(?u)\b\w\w+\b", "ngram_range": (1, 3)},
        {"token_pattern": r"\S+", "ngram_range": (2, 2), "sublinear_tf": True},
        {"token_pattern": r"\w+", "lowercase": False, "norm": "l1"},
        {"token_pattern": r"\w+", "strip_accents": "unicode", "use_idf": False, "binary": True},
        {"analyzer": "char_wb", "ngram_range": (1, 2), "min_df": 2},
    ],
    ids=str,
)
def test_the_words_weights_add_up_for_other_vectorisers_too(
    monkeypatch: pytest.MonkeyPatch, own: dict[str, Any]
) -> None:
    monkeypatch.setattr(FEATURES.get("word"), "build", lambda _: TfidfVectorizer(**own))
    model = model_of("word-svc")
    pipeline = Candidate("word", "svc").build(1).fit(TEXTS, Y)
    for text in (*TEXTS, "e-mail me: you@home, Élan ﬁn", "İ"):
        margins = model.margins([text])[0]
        assert margins == pytest.approx(pipeline.decision_function([text])[0], abs=1e-12)
        for code in range(3):
            said = sum(span.weight for span in model.explain(text, code)) + model.bias(code)
            assert said == pytest.approx(margins[code] - np.delete(margins, code).mean(), abs=1e-9)


def test_the_word_that_speaks_for_spam_is_found_where_it_stands() -> None:
    text = "😀 mum, a FREE prize tonight"
    spans = model_of("char-svc").explain(text, 2)
    strongest = max(spans, key=lambda span: span.weight)
    assert text[strongest.start : strongest.end] in {"FREE", "prize"}
    assert len(spans) == 6


def test_a_pair_of_words_is_credited_to_both_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FEATURES.get("word"), "build", lambda _: TfidfVectorizer(ngram_range=(2, 2)))
    free, prize = model_of("word-svc").explain("free prize", 2)
    assert free.weight == pytest.approx(prize.weight)
    assert free.weight > 0


def test_no_message_gives_no_prediction_and_many_come_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of("word-svc")
    assert model.predict([]).probabilities.shape == (0, 3)
    whole = model.predict(TEXTS)
    monkeypatch.setattr("core.learning.model.BATCH", 5)
    assert np.array_equal(model.predict(TEXTS).probabilities, whole.probabilities)


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=4), min_size=1, max_size=5), st.floats(0.01, 100.0))
def test_probabilities_sum_to_one_and_keep_the_order_of_the_margins(
    rows: list[list[float]], temperature: float
) -> None:
    margins = np.array(rows)
    shares = probabilities(margins, temperature)
    assert shares.sum(axis=1) == pytest.approx(1)
    best = shares[np.arange(len(rows)), margins.argmax(axis=1)]
    assert (best == shares.max(axis=1)).all()
