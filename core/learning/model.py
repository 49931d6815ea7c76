"""A fitted linear model: data that predicts, explains itself, and is kept without code in it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from core.errors import PipelineError
from core.learning.calibration import probabilities
from core.learning.candidate import Candidate
from core.learning.terms import words_of

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


@dataclass(frozen=True)
class LinearModel:
    """TF-IDF and a linear classifier, as plain arrays.

    `terms` are the features in the order of the columns, `idf` is (features,), `coef` is (k, features), `intercept`
    is (k,). `temperature` turns margins into probabilities.
    """

    format: ClassVar[str] = "linear-1"

    candidate: str
    classes: tuple[str, ...]
    terms: tuple[str, ...]
    idf: np.ndarray
    coef: np.ndarray
    intercept: np.ndarray
    temperature: float

    @cached_property
    def _vectoriser(self) -> TfidfVectorizer:
        vectoriser = Candidate.parse(self.candidate).feature_set().build()
        vectoriser.set_params(vocabulary={term: column for column, term in enumerate(self.terms)})
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
        vectoriser = self._vectoriser
        row = vectoriser.transform([text])
        values = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
        others = [other for other in range(len(self.classes)) if other != code]
        columns = list(values)
        pull = self.coef[code, columns] - self.coef[np.ix_(others, columns)].mean(axis=0)
        moved = dict(zip(columns, pull * np.array(list(values.values())), strict=True))
        words = words_of(text, vectoriser)
        column_of = vectoriser.vocabulary_
        found = [[column_of[term] for term in word.terms if term in column_of] for word in words]
        times: dict[int, int] = {}
        for column in (column for columns_of_word in found for column in columns_of_word):
            times[column] = times.get(column, 0) + 1
        return [
            Span(word.start, word.end, float(sum(moved[column] / times[column] for column in columns_of_word)))
            for word, columns_of_word in zip(words, found, strict=True)
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
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                header = json.loads(arrays["header"].tobytes())
                idf, coef, intercept = arrays["idf"], arrays["coef"], arrays["intercept"]
        except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
            raise PipelineError(f"this is no model of ours ({error})") from None
        if header.get("format") != cls.format:
            raise PipelineError(
                f"the model has the format {header.get('format')!r}, this version reads {cls.format!r}",
                fix="Train it again with 'tallyroom run'.",
            )
        return cls(
            candidate=header["candidate"],
            classes=tuple(header["classes"]),
            terms=tuple(header["terms"]),
            idf=idf,
            coef=coef,
            intercept=intercept,
            temperature=float(header["temperature"]),
        )


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
        PipelineError: fewer than two classes have a message.
    """
    if len(np.unique(y)) < 2:
        raise PipelineError("a model needs messages of at least two classes", fix="Label some of another class.")
    vectoriser = candidate.feature_set().build()
    matrix = vectoriser.fit_transform(np.array(list(texts), dtype=object))
    estimator = candidate.classifier()
    fitted = estimator.build(seed).fit(matrix, y)
    weights = estimator.weights(fitted)
    coef = np.zeros((len(classes), matrix.shape[1]))
    intercept = np.full(len(classes), float(weights.intercept.min()) - 1e3)  # a class without a message cannot win
    coef[fitted.classes_] = weights.coef
    intercept[fitted.classes_] = weights.intercept
    return LinearModel(
        candidate=candidate.name,
        classes=tuple(classes),
        terms=tuple(vectoriser.get_feature_names_out().tolist()),
        idf=np.asarray(vectoriser.idf_),
        coef=coef,
        intercept=intercept,
        temperature=temperature,
    )
