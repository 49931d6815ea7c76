"""A linear model as one JSON document that scores the same in Python, in JavaScript and on Android."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.errors import PipelineError
from core.export.characters import casing, spaces
from core.export.cleaning import carried
from core.export.exporter import Exporter, Leaving, Scores
from core.export.folded import fold
from core.export.golden import TEXTS
from core.export.scorers import tallyroom
from core.learning.blocks import Block
from core.learning.features.word import PATTERNS
from core.learning.tfidf import Tfidf

TOKENS = {PATTERNS["glued"]: "spaces", PATTERNS["apart"]: "signs"}
"""What the scorers call the ways to cut words that they know."""


class LinearJson(Exporter):
    """Flat linear models, ensembles and cascades. Weights are float32: it moves no decision (docs/how-to/phones.md)."""

    name: ClassVar[str] = "linear_json"
    title: ClassVar[str] = "One JSON document with everything a scorer needs, and test cases; for phones and browsers"
    version: ClassVar[int] = 2

    def write(self, leaving: Leaving) -> bytes:
        """Words, weights, cleaning steps, sets of characters, and what the room says of made-up texts."""
        model = leaving.model
        if not model.linear:
            raise PipelineError(
                f"{leaving.title} is not linear, and {self.name} carries sums of weights only",
                fix="Export a linear model.",
            )
        folded = fold(model.head)
        parts = np.split(folded.weights, model.blocks.starts[1:])
        stages = {} if folded.stages is None else {"stages": folded.stages}
        document = {
            "format": tallyroom.FORMAT,
            "version": tallyroom.VERSION,
            "about": dict(leaving.about),
            "classes": model.classes,
            "cleaning": carried(leaving.steps),
            "space": spaces(),
            "casing": casing(),
            "blocks": [_block(*pair) for pair in zip(model.blocks.each, parts, strict=True)],
            "head": {
                "kind": "flat" if folded.stages is None else "cascade",
                "bias": folded.bias.tolist(),
                **stages,
                "temperature": model.temperature,
            },
            "golden": [
                {"text": text, "probabilities": expected}
                for text, expected in zip(TEXTS, leaving.probabilities(TEXTS).tolist(), strict=True)
            ],
        }
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def scorer(self, content: bytes) -> Scores:
        """The reference scorer in plain Python."""
        return tallyroom.Scorer(json.loads(content)).probabilities

    def examples(self, content: bytes) -> Sequence[str]:
        """The golden cases."""
        return [case["text"] for case in json.loads(content)["golden"]]


def _block(block: Block, weights: np.ndarray) -> dict[str, Any]:
    """A block of TF-IDF with its (terms, k - 1) weights; the names are scikit-learn's."""
    return {
        **_settings(block.tfidf),
        "terms": block.terms,
        "idf": _packed(block.idf),
        "weights": _packed(weights * block.weight),
    }


def _settings(tfidf: Tfidf) -> dict[str, Any]:
    odd = "strip_accents" if tfidf.strip_accents is not None else ""
    if tfidf.analyzer == "word" and tfidf.token_pattern not in TOKENS:
        odd = f"the token_pattern {tfidf.token_pattern}"
    if odd:
        raise PipelineError(
            f"the scorers outside do not know {odd}",
            fix=f"Use a feature set that cuts words by one of {', '.join(TOKENS)}, or characters, with no accents "
            "stripped: cleaning is the dictionary's work.",
        )
    return {
        "analyzer": tfidf.analyzer,
        **({"tokens": TOKENS[tfidf.token_pattern]} if tfidf.analyzer == "word" else {}),
        "ngram_range": tfidf.ngram_range,
        "lowercase": tfidf.lowercase,
        "binary": tfidf.binary,
        "sublinear_tf": tfidf.sublinear_tf,
        "norm": tfidf.norm,
    }


def _packed(numbers: np.ndarray) -> str:
    """float32, little endian, in base64; a matrix row by row."""
    return base64.b64encode(np.ascontiguousarray(numbers, dtype="<f4").tobytes()).decode()
