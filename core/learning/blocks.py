"""How a fitted model reads a text: blocks of TF-IDF columns beside each other, as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from core.learning.features.feature_set import Vectoriser, parts
from core.learning.terms import words_of
from core.learning.tfidf import Tfidf


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word of a text by code points, and its terms: (column, share) each."""

    start: int
    end: int
    terms: tuple[tuple[int, float], ...]


@dataclass(frozen=True, eq=False)
class Block:
    """A vectoriser: its `terms` in the order of the columns, their `idf`, and the `weight` that multiplies them."""

    tfidf: Tfidf
    terms: tuple[str, ...]
    idf: np.ndarray
    weight: float = 1.0

    @classmethod
    def of(cls, vectoriser: TfidfVectorizer, weight: float = 1.0) -> Block:
        """A fitted vectoriser's.

        Raises:
            PipelineError: it works in a way that a kept model cannot carry.
        """
        terms = tuple(vectoriser.get_feature_names_out().tolist())
        idf = np.asarray(vectoriser.idf_) if vectoriser.use_idf else np.ones(len(terms))
        return cls(Tfidf.of(vectoriser), terms, idf, weight)

    @cached_property
    def _column_of(self) -> dict[str, int]:
        return {term: column for column, term in enumerate(self.terms)}

    @cached_property
    def _vectoriser(self) -> TfidfVectorizer:
        vectoriser = self.tfidf.vectoriser().set_params(vocabulary=self._column_of)
        vectoriser.idf_ = self.idf
        return vectoriser

    def matrix(self, documents: np.ndarray) -> Any:
        """(n, terms) of n texts."""
        matrix = self._vectoriser.transform(documents)
        return matrix if self.weight == 1.0 else matrix * self.weight

    def words(self, text: str) -> list[ReadWord]:
        """The words of a text with the terms that are known."""
        column_of = self._column_of
        return [
            ReadWord(
                word.start,
                word.end,
                tuple((column_of[term], share) for term, share in word.terms if term in column_of),
            )
            for word in words_of(text, self._vectoriser)
        ]

    def row(self, words: Sequence[ReadWord]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The columns of a text's terms, how often it has each, and the row that `matrix` would give there.

        Without the vectoriser's checks of a whole matrix, which take longer than the rest.
        """
        times: defaultdict[int, float] = defaultdict(float)
        for column, share in chain.from_iterable(word.terms for word in words):
            times[column] += share
        columns, counts = np.fromiter(times, np.intp, len(times)), np.fromiter(times.values(), float, len(times))
        return columns, counts, self.tfidf.weigh(counts, self.idf[columns]) * self.weight


@dataclass(frozen=True, eq=False)
class Blocks:
    """The blocks of a model; their columns come one after the other."""

    each: tuple[Block, ...]

    @classmethod
    def of(cls, vectoriser: Vectoriser) -> Blocks:
        """Those of a fitted vectoriser, or of a union of some.

        Raises:
            PipelineError: one works in a way that a kept model cannot carry.
        """
        weights = (vectoriser.transformer_weights or {}) if isinstance(vectoriser, FeatureUnion) else {}
        names = [name for name, _ in vectoriser.transformer_list] if isinstance(vectoriser, FeatureUnion) else [""]
        return cls(
            tuple(Block.of(part, weights.get(name, 1.0)) for name, part in zip(names, parts(vectoriser), strict=True))
        )

    @property
    def width(self) -> int:
        """How many columns there are."""
        return sum(len(block.terms) for block in self.each)

    @property
    def starts(self) -> list[int]:
        """The first column of each block."""
        return [0, *accumulate(len(block.terms) for block in self.each[:-1])]

    def matrix(self, texts: Sequence[str]) -> Any:
        """(n, width) of n texts."""
        documents = np.array(list(texts), dtype=object)
        made = [block.matrix(documents) for block in self.each]
        return made[0] if len(made) == 1 else hstack(made, format="csr")
