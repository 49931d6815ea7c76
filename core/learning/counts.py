"""Term counts of texts: each text is cut into terms once, however many folds it is in.

Cutting texts into terms is nearly all of the cost of TF-IDF, and the same in every fold; what differs is which terms
the training part knows and what they weigh. scikit-learn's matrices are remade here from the counts to the last bit.
That includes the order of the entries within a row: a solver that adds up in another order ends on other digits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, hstack
from sklearn.feature_extraction.text import TfidfTransformer, TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from core.errors import PipelineError
from core.learning.features.feature_set import Vectoriser

Row = tuple[np.ndarray, np.ndarray]
"""The terms of a text by number, in the order in which it brings them, and how often it brings each."""

KEEPS_EVERY_TERM = {
    "input": "content",
    "min_df": 1,
    "max_df": 1.0,
    "max_features": None,
    "vocabulary": None,
    "binary": False,
    "dtype": np.float64,
}
"""The settings of a vectoriser under which counts are enough; one with others is asked to do the work itself."""


class Counts:
    """The terms of n texts, as a vectoriser cuts them; each text is cut when it is first needed.

    Args:
        vectoriser: not fitted.
        documents: n texts.
    """

    def __init__(self, vectoriser: TfidfVectorizer, documents: np.ndarray) -> None:
        self._vectoriser = vectoriser
        self._documents = documents
        self._terms_of = vectoriser.build_analyzer()
        self._number_of: defaultdict[str, int] = defaultdict()
        self._number_of.default_factory = self._number_of.__len__
        self._rows: dict[int, Row] = {}
        self._alphabetical = np.empty(0, dtype=np.int32)

    def matrices(self, train: np.ndarray, test: np.ndarray) -> tuple[Any, Any]:
        """TF-IDF of the texts numbered `train`, fitted on them, and of those numbered `test`.

        Raises:
            PipelineError: there is no term in any training text.
        """
        settings = self._vectoriser.get_params()
        if any(settings[name] != value for name, value in KEEPS_EVERY_TERM.items()):
            matrix = fit_transform(self._vectoriser, self._documents[train])
            return matrix, self._vectoriser.transform(self._documents[test])
        names = ("norm", "use_idf", "smooth_idf", "sublinear_tf")
        weigh = TfidfTransformer(**{name: settings[name] for name in names})
        counted, columns = self._train(train)
        return weigh.fit_transform(counted), weigh.transform(self._test(test, columns), copy=False)

    def _train(self, train: np.ndarray) -> tuple[csr_array, np.ndarray]:
        """Counts of the training part, and the column of each term numbered so far (-1: not in it)."""
        rows = [self._row(number) for number in train.tolist()]
        terms = np.concatenate([terms for terms, _ in rows])
        if not len(terms):
            raise _no_word(len(train))
        met_at = np.full(len(self._number_of), -1)
        met_at[terms[::-1]] = np.arange(len(terms))[::-1]  # of a term's places, the one written last stays: its first
        known = np.flatnonzero(met_at >= 0)
        columns = _numbered(known[np.argsort(self._alphabet()[known])], len(met_at))
        by_meeting = known[np.argsort(met_at[known])]
        meeting = _numbered(by_meeting, len(met_at))
        # scikit-learn sorts each row by when its terms were first met, and renames them by alphabet only then.
        counted = _as_matrix([(meeting[terms], times) for terms, times in rows], len(known))
        counted.indices = columns[by_meeting].astype(counted.indices.dtype)[counted.indices]
        return counted, columns

    def _test(self, test: np.ndarray, columns: np.ndarray) -> csr_array:
        rows = [self._row(number) for number in test.tolist()]
        every = np.full(len(self._number_of), -1, dtype=np.int32)  # the test part may have brought new terms
        every[: len(columns)] = columns
        known = []
        for terms, times in rows:
            found = every[terms]
            known.append((found[found >= 0], times[found >= 0]))
        return _as_matrix(known, int(columns.max()) + 1)

    def _row(self, number: int) -> Row:
        if number not in self._rows:
            times = Counter(map(self._number_of.__getitem__, self._terms_of(self._documents[number])))
            n = len(times)
            self._rows[number] = (
                np.fromiter(times.keys(), np.int32, n),
                np.fromiter(times.values(), np.int32, n),
            )
        return self._rows[number]

    def _alphabet(self) -> np.ndarray:
        """The place of each term in the alphabet of those met so far."""
        if len(self._alphabetical) != len(self._number_of):
            terms = list(self._number_of)
            self._alphabetical = _numbered(np.array(sorted(range(len(terms)), key=terms.__getitem__)), len(terms))
        return self._alphabetical


class UnionCounts:
    """The same for vectorisers beside each other, as scikit-learn's union puts their columns."""

    def __init__(self, union: FeatureUnion, documents: np.ndarray) -> None:
        weights = union.transformer_weights or {}
        self._parts = [(Counts(part, documents), weights.get(name, 1.0)) for name, part in union.transformer_list]

    def matrices(self, train: np.ndarray, test: np.ndarray) -> tuple[Any, Any]:
        """As `Counts.matrices`."""
        made = [counts.matrices(train, test) for counts, _ in self._parts]
        weights = [weight for _, weight in self._parts]
        return tuple(
            hstack([part[side] * weight for part, weight in zip(made, weights, strict=True)], format="csr")
            for side in (0, 1)
        )


def counts_of(vectoriser: Vectoriser, documents: np.ndarray) -> Counts | UnionCounts:
    """The term counts of n texts, as a vectoriser or a union of some cuts them."""
    return UnionCounts(vectoriser, documents) if isinstance(vectoriser, FeatureUnion) else Counts(vectoriser, documents)


def _as_matrix(rows: Sequence[Row], width: int) -> csr_array:
    """Rows of counts as a sparse matrix (rows, width), the entries of each row sorted by column."""
    ends = np.cumsum([0, *(len(terms) for terms, _ in rows)], dtype=np.int64)
    index = np.int32 if ends[-1] <= np.iinfo(np.int32).max else np.int64  # liblinear takes 32 bits only
    none = np.empty(0, dtype=np.int32)
    columns = np.concatenate([none, *(terms for terms, _ in rows)]).astype(index, copy=False)
    times = np.concatenate([none, *(times for _, times in rows)]).astype(np.float64)
    matrix = csr_array((times, columns, ends.astype(index)), shape=(len(rows), width))
    matrix.sort_indices()
    return matrix


def fit_transform(vectoriser: Vectoriser, documents: np.ndarray) -> Any:
    """Fit a vectoriser on n texts; gives their matrix (n, features).

    Raises:
        PipelineError: there is no term in any text.
    """
    try:
        return vectoriser.fit_transform(documents)
    except ValueError as error:
        if "empty vocabulary" in str(error):
            raise _no_word(len(documents)) from None
        raise


def _no_word(n: int) -> PipelineError:
    """The error of a training part without a single term."""
    return PipelineError(
        f"there is no word in the {n} texts to learn from",
        fix="See what the dictionary's cleaning steps leave of the messages.",
    )


def _numbered(order: np.ndarray, size: int) -> np.ndarray:
    """The place of each of `size` numbers in `order`, -1 where it is not in it."""
    place = np.full(size, -1, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place
