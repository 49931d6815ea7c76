"""How TF-IDF reads a text: settings that are data, so that a kept model does not depend on code that may change."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from core.errors import PipelineError

_ANALYZERS = ("word", "char_wb")
_NORMS = ("l1", "l2")
_CODE = ("preprocessor", "tokenizer", "stop_words")


@dataclass(frozen=True, slots=True)
class Tfidf:
    """Everything that turns a text into a row, but the terms and their idf; the names are scikit-learn's."""

    analyzer: str
    ngram_range: tuple[int, int]
    token_pattern: str
    lowercase: bool
    strip_accents: str | None
    binary: bool
    sublinear_tf: bool
    norm: str

    @classmethod
    def of(cls, vectoriser: TfidfVectorizer) -> Tfidf:
        """The settings of a vectoriser.

        Raises:
            PipelineError: it works in a way that a kept model cannot carry.
        """
        settings = vectoriser.get_params()
        odd = [name for name in _CODE if settings[name] is not None]
        odd += [name for name, known in (("analyzer", _ANALYZERS), ("norm", _NORMS)) if settings[name] not in known]
        odd += ["strip_accents"] if callable(settings["strip_accents"]) else []
        if odd:
            raise PipelineError(
                f"a model cannot keep a vectoriser with its own {', '.join(odd)}",
                fix=f"Use an analyzer of {', '.join(_ANALYZERS)}, a norm of {', '.join(_NORMS)}, and no "
                f"{', '.join(_CODE)}: cleaning is the dictionary's work.",
            )
        return cls(**{name: settings[name] for name in cls.__slots__})

    def weigh(self, counts: np.ndarray, idf: np.ndarray) -> np.ndarray:
        """A text's row: how often it has each of its (n,) terms, and their idf, made what the vectoriser makes them."""
        tf = np.minimum(counts, 1.0) if self.binary else counts
        row = (1.0 + np.log(tf) if self.sublinear_tf else tf) * idf
        length = np.abs(row).sum() if self.norm == "l1" else np.sqrt(row @ row)
        return np.asarray(row / length if length else row)

    def to_json(self) -> dict[str, Any]:
        """As JSON can say it."""
        return asdict(self)

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Tfidf:
        """What `to_json` gave."""
        least, most = said["ngram_range"]
        return cls(**{**said, "ngram_range": (int(least), int(most))})

    def vectoriser(self) -> TfidfVectorizer:
        """A vectoriser with these settings, not fitted."""
        return TfidfVectorizer(**asdict(self))
