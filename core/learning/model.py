"""A fitted model: data that predicts, explains itself, and is kept without code in it."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

import numpy as np

from core.errors import PipelineError
from core.learning.blocks import Block, Blocks
from core.learning.calibration import probabilities
from core.learning.counts import fit_transform
from core.learning.ensemble import AnyCandidate
from core.learning.heads import HEADS, Head
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
class Model:
    """TF-IDF and what was learnt on it, as plain arrays. `temperature` turns margins into probabilities."""

    format: ClassVar[str] = "text-3"

    candidate: str
    classes: tuple[str, ...]
    blocks: Blocks
    head: Head
    temperature: float

    @property
    def linear(self) -> bool:
        """Whether the words' weights add up to what it says."""
        return self.head.linear

    def margins(self, texts: Sequence[str]) -> np.ndarray:
        """(n, k) scores; the largest of a row is the class predicted."""
        return self.head.margins(self.blocks.matrix(texts))

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

        Of a flat linear model the weights of all words and `bias(code)` add up to the margin of the class over the mean
        of the others. Of a cascade they add up to both stages' margins; of a network they are its slope where the text
        is.
        """
        words = [block.words(text) for block in self.blocks.each]
        rows = [block.row(of_block) for block, of_block in zip(self.blocks.each, words, strict=True)]
        columns = np.concatenate([start + row[0] for start, row in zip(self.blocks.starts, rows, strict=True)])
        values = np.concatenate([row for _, _, row in rows])
        pulls = self.head.pull(code, columns.astype(np.intp), values) * values
        moved: defaultdict[tuple[int, int], float] = defaultdict(float)
        before = 0
        for of_block, (known, counts, _) in zip(words, rows, strict=True):
            each = dict(zip(known.tolist(), (pulls[before : before + len(known)] / counts).tolist(), strict=True))
            before += len(known)
            for word in of_block:
                moved[word.start, word.end] += sum(each[column] * share for column, share in word.terms)
        return [Span(start, end, weight) for (start, end), weight in moved.items()]

    def bias(self, code: int) -> float:
        """What speaks for a class before any word is read."""
        return self.head.bias(code)

    def to_bytes(self) -> bytes:
        """The model as an npz archive with a JSON header; no code, no pickle."""
        blocks = [
            {"tfidf": block.tfidf.to_json(), "terms": block.terms, "weight": block.weight} for block in self.blocks.each
        ]
        header = {
            "format": self.format,
            "candidate": self.candidate,
            "classes": self.classes,
            "temperature": self.temperature,
            "blocks": blocks,
            "head": self.head.kind,
        }
        idf = {f"idf_{number}": block.idf for number, block in enumerate(self.blocks.each)}
        file = io.BytesIO()
        said = np.frombuffer(json.dumps(header).encode(), dtype=np.uint8)
        np.savez_compressed(file, header=said, **idf, **self.head.arrays())  # type: ignore[arg-type]
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Model:
        """The model that `to_bytes` wrote, to the last bit; also of the format before this one.

        Raises:
            PipelineError: these bytes are no such model.
        """
        header, arrays = _unpacked(content)
        if header.get("format") == "linear-2":
            header, arrays = _from_linear_2(header, arrays)
        if header.get("format") != cls.format:
            raise PipelineError(
                f"the model has the format {header.get('format')!r}, this version reads {cls.format!r}",
                fix="Train it again with 'tallyroom run'.",
            )
        try:
            return cls._of(header, arrays)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PipelineError(f"this is no model of ours (a part of it is wrong: {error})") from None

    @classmethod
    def _of(cls, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> Model:
        blocks = tuple(
            Block(Tfidf.from_json(said["tfidf"]), tuple(said["terms"]), arrays[f"idf_{number}"], float(said["weight"]))
            for number, said in enumerate(header["blocks"])
        )
        head = HEADS[header["head"]].of(arrays)
        model = cls(header["candidate"], tuple(header["classes"]), Blocks(blocks), head, float(header["temperature"]))
        width, k = head.shape()
        wrong = [block.idf.shape for block in blocks if block.idf.shape != (len(block.terms),)]
        if wrong or not blocks or (width, k) != (model.blocks.width, len(model.classes)):
            raise ValueError(f"{width} features of {k} classes do not fit {len(model.classes)} classes")
        return model


def _from_linear_2(
    header: dict[str, Any], arrays: dict[str, np.ndarray]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What earlier versions kept: one block, a linear head."""
    block = {"tfidf": header.get("tfidf"), "terms": header.get("terms"), "weight": 1.0}
    arrays = {("idf_0" if name == "idf" else name): array for name, array in arrays.items()}
    return {**header, "format": Model.format, "blocks": [block], "head": "linear"}, arrays


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
    candidate: AnyCandidate,
    texts: Sequence[str],
    y: np.ndarray,
    classes: Sequence[str],
    *,
    seed: int,
    temperature: float = 1.0,
    weights: np.ndarray | None = None,
) -> Model:
    """Train a candidate on n texts with class codes `y`, that weigh `weights` (None: all the same).

    Raises:
        PipelineError: fewer than two classes have a message, no text has a word, or the candidate cannot be kept.
    """
    if len(np.unique(y)) < 2:
        raise PipelineError("a model needs messages of at least two classes", fix="Label some of another class.")
    documents = np.array(list(texts), dtype=object)
    vectorisers = [vectoriser for vectoriser, _ in candidate.vectorisers()]
    matrices = [fit_transform(vectoriser, documents) for vectoriser in vectorisers]
    blocks = Blocks(tuple(chain.from_iterable(Blocks.of(vectoriser).each for vectoriser in vectorisers)))
    fitted = candidate.fit(matrices, y, seed, weights)
    return Model(candidate.name, tuple(classes), blocks, fitted.head(len(classes)), temperature)
