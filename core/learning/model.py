"""A fitted linear model: data that predicts, explains itself, and is kept without code in it."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from core.errors import PipelineError
from core.learning.calibration import probabilities
from core.learning.candidate import Candidate
from core.learning.counts import fit_transform
from core.learning.estimators.estimator import Weights
from core.learning.terms import words_of
from core.learning.tfidf import Tfidf

BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model says of n texts: class codes (n,), how sure it is of each (n,), all probabilities (n, k)."""

    codes: np.ndarray
    confidence: np.ndarray
    probabilities: np.ndarray


@dataclass(frozen=True, slots=True)
class Span:
    """A word of a text, by code points from `start` to before `end`, and how far it moved the model to a class."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, eq=False)
class LinearModel:
    """TF-IDF and a linear classifier, as plain arrays.

    `terms` are the features in the order of the columns, `idf` is (features,), `coef` is (k, features), `intercept`
    is (k,). `temperature` turns margins into probabilities.
    """

    format: ClassVar[str] = "linear-2"

    candidate: str
    classes: tuple[str, ...]
    tfidf: Tfidf
    terms: tuple[str, ...]
    idf: np.ndarray
    coef: np.ndarray
    intercept: np.ndarray
    temperature: float

    @cached_property
    def _column_of(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms)}

    @cached_property
    def _vectoriser(self) -> TfidfVectorizer:
        vectoriser = self.tfidf.vectoriser().set_params(vocabulary=self._column_of)
        vectoriser.idf_ = self.idf
        return vectoriser

    def margins(self, texts: Sequence[str]) -> np.ndarray:
        """(n, k) scores; the largest of a row is the class predicted."""
        matrix = self._vectoriser.transform(np.array(list(texts), dtype=object))
        return np.asarray(np.asarray(matrix @ self.coef.T) + self.intercept)

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Predict texts, a batch at a time so that memory stays bounded."""
        if not len(texts):
            empty = np.empty(0)
            return Predictions(empty.astype(np.int64), empty, np.empty((0, len(self.classes))))
        batches = [self.margins(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        margins = np.concatenate(batches)
        codes = margins.argmax(axis=1)
        shares = probabilities(margins, self.temperature)
        return Predictions(codes, shares[np.arange(len(codes)), codes], shares)

    def explain(self, text: str, code: int) -> list[Span]:
        """How far each word moved the model towards the class of `code` (positive) or away from it.

        The weights of all words and `bias(code)` add up to the margin of the class over the mean of the others.
        """
        words = words_of(text, self._vectoriser)
        known = [
            [(self._column_of[term], share) for term, share in word.terms if term in self._column_of] for word in words
        ]
        times: defaultdict[int, float] = defaultdict(float)
        for column, share in chain.from_iterable(known):
            times[column] += share
        columns, counts = np.fromiter(times, np.intp, len(times)), np.fromiter(times.values(), float, len(times))
        # The row that the vectoriser would give, without its checks of a whole matrix: they take longer than the rest.
        row = self.tfidf.weigh(counts, self.idf[columns])
        pull = self.coef[code, columns] - np.delete(self.coef[:, columns], code, axis=0).mean(axis=0)
        moved = dict(zip(times, (pull * row / counts).tolist(), strict=True))
        return [
            Span(word.start, word.end, sum(moved[column] * share for column, share in shares))
            for word, shares in zip(words, known, strict=True)
        ]

    def bias(self, code: int) -> float:
        """What speaks for a class before any word is read."""
        others = np.delete(self.intercept, code)
        return float(self.intercept[code] - others.mean())

    def to_bytes(self) -> bytes:
        """The model as an npz archive with a JSON header; no code, no pickle."""
        header = {
            "format": self.format,
            "candidate": self.candidate,
            "classes": self.classes,
            "tfidf": self.tfidf.to_json(),
            "temperature": self.temperature,
            "terms": self.terms,
        }
        file = io.BytesIO()
        np.savez_compressed(
            file,
            header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8),
            idf=self.idf,
            coef=self.coef,
            intercept=self.intercept,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> LinearModel:
        """The model that `to_bytes` wrote, to the last bit.

        Raises:
            PipelineError: these bytes are no such model.
        """
        header, arrays = _unpacked(content)
        if header.get("format") != cls.format:
            raise PipelineError(
                f"the model has the format {header.get('format')!r}, this version reads {cls.format!r}",
                fix="Train it again with 'tallyroom run'.",
            )
        try:
            model = cls(
                candidate=header["candidate"],
                classes=tuple(header["classes"]),
                tfidf=Tfidf.from_json(header["tfidf"]),
                terms=tuple(header["terms"]),
                idf=arrays["idf"],
                coef=arrays["coef"],
                intercept=arrays["intercept"],
                temperature=float(header["temperature"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise PipelineError(f"this is no model of ours (a part of it is wrong: {error})") from None
        k, features = len(model.classes), len(model.terms)
        shapes = (model.idf.shape, model.coef.shape, model.intercept.shape)
        if shapes != ((features,), (k, features), (k,)):
            raise PipelineError(f"this is no model of ours (the shapes {shapes} do not fit {k} classes)")
        return model


def _unpacked(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The header and the arrays of an npz archive; no code in it is ever run."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        header = json.loads(arrays.pop("header").tobytes())
    except Exception as error:  # numpy, zipfile, zlib, lzma and json each fail on damage in ways of their own
        raise PipelineError(f"this is no model of ours ({error})") from None
    if not isinstance(header, dict):
        raise PipelineError("this is no model of ours (its header is not an object)")
    return header, arrays


def fit(
    candidate: Candidate,
    texts: Sequence[str],
    y: np.ndarray,
    classes: Sequence[str],
    *,
    seed: int,
    temperature: float = 1.0,
) -> LinearModel:
    """Train a candidate on n texts with class codes `y`.

    Raises:
        PipelineError: fewer than two classes have a message, no text has a word, or the candidate is not linear.
    """
    if len(np.unique(y)) < 2:
        raise PipelineError("a model needs messages of at least two classes", fix="Label some of another class.")
    estimator = candidate.classifier()
    if not estimator.linear:
        raise PipelineError(f"'{candidate.name}' is not linear", fix="Train a linear candidate.")
    vectoriser = candidate.feature_set().build()
    tfidf = Tfidf.of(vectoriser)
    matrix = fit_transform(vectoriser, np.array(list(texts), dtype=object))
    fitted = estimator.build(seed).fit(matrix, y)
    coef, intercept = _for_all_classes(estimator.weights(fitted), fitted.classes_, len(classes))
    return LinearModel(
        candidate=candidate.name,
        classes=tuple(classes),
        tfidf=tfidf,
        terms=tuple(vectoriser.get_feature_names_out().tolist()),
        idf=np.asarray(vectoriser.idf_) if vectoriser.use_idf else np.ones(matrix.shape[1]),
        coef=coef,
        intercept=intercept,
        temperature=temperature,
    )


def _for_all_classes(weights: Weights, seen: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Weights for all k classes, those without a message never winning.

    A row of TF-IDF has at most the length 1, so no margin falls below its intercept by more than the weights are long.
    """
    lowest = float((weights.intercept - np.linalg.norm(weights.coef, axis=1)).min())
    coef = np.zeros((k, weights.coef.shape[1]))
    intercept = np.full(k, lowest - 1e3)
    coef[seen] = weights.coef
    intercept[seen] = weights.intercept
    return coef, intercept
