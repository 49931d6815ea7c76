"""Term counts of texts: each text is cut into terms once, however many folds it is in.

Cutting texts into terms is nearly all of the cost of TF-IDF, and the same in every fold; what differs is which terms
the training part knows and what they weigh. scikit-learn's matrices are remade here from the counts to the last bit.
That includes the order of the entries within a row: a solver that adds up in another order ends on other digits.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer

from core.errors import PipelineError
from core.learning.features.feature_set import Vectoriser

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
    """The terms of n texts, as a vectoriser cuts them.

    Args:
        vectoriser: not fitted; its settings say how terms are weighed.
        arrays: what `count` gave, read only: `ends` (n + 1), the texts' places in the next two; `terms`, their terms by
            number, in the order in which each brings them; `times`, how often it brings each; `alphabet`, the place of
            each term in the alphabet.
    """

    def __init__(self, vectoriser: TfidfVectorizer, arrays: Mapping[str, np.ndarray]) -> None:
        self._vectoriser = vectoriser
        self._alphabet = arrays["alphabet"]
        shape = (len(arrays["ends"]) - 1, len(self._alphabet))
        self._rows = csr_array((arrays["times"], arrays["terms"], arrays["ends"]), shape=shape)

    @staticmethod
    def are_enough(vectoriser: Any) -> bool:
        """Whether counts are all that the vectoriser makes its matrices from."""
        if not isinstance(vectoriser, TfidfVectorizer):
            return False
        settings = vectoriser.get_params()
        return all(settings[name] == value for name, value in KEEPS_EVERY_TERM.items())

    def matrices(self, train: np.ndarray, test: np.ndarray) -> tuple[csr_array, csr_array]:
        """TF-IDF of the texts numbered `train`, fitted on them, and of those numbered `test`.

        Raises:
            PipelineError: there is no term in any training text.
        """
        settings = self._vectoriser.get_params()
        names = ("norm", "use_idf", "smooth_idf", "sublinear_tf")
        weigh = TfidfTransformer(**{name: settings[name] for name in names})
        counted, columns = self._train(train)
        return weigh.fit_transform(counted), weigh.transform(self._test(test, columns), copy=False)

    def _train(self, train: np.ndarray) -> tuple[csr_array, np.ndarray]:
        """Counts of the training part, and the column of each term (-1: not in it)."""
        rows = self._rows[train]
        terms = rows.indices
        if not len(terms):
            raise no_word(len(train))
        met_at = np.full(len(self._alphabet), -1)
        met_at[terms[::-1]] = np.arange(len(terms))[::-1]  # of a term's places, the one written last stays: its first
        known = np.flatnonzero(met_at >= 0)
        columns = _numbered(known[np.argsort(self._alphabet[known])], len(met_at))
        by_meeting = known[np.argsort(met_at[known])]
        meeting = _numbered(by_meeting, len(met_at))
        # scikit-learn sorts each row by when its terms were first met, and renames them by alphabet only then.
        counted = _sorted(rows.data, meeting[terms], rows.indptr, len(known))
        counted.indices = columns[by_meeting].astype(counted.indices.dtype)[counted.indices]
        return counted, columns

    def _test(self, test: np.ndarray, columns: np.ndarray) -> csr_array:
        rows = self._rows[test]
        found = columns[rows.indices]
        known = found >= 0
        ends = np.concatenate([[0], np.cumsum(known)])[rows.indptr]
        return _sorted(rows.data[known], found[known], ends, int(columns.max()) + 1)


def count(vectoriser: TfidfVectorizer, documents: Iterable[str]) -> dict[str, np.ndarray]:
    """Cut texts into terms: the arrays that `Counts` is made of."""
    number_of: defaultdict[str, int] = defaultdict()
    number_of.default_factory = number_of.__len__
    numbers_of = _cutter(vectoriser, number_of)
    terms, times, ends = array("i"), array("i"), array("q", [0])
    for text in documents:
        counted = Counter(numbers_of(text))
        terms.extend(counted.keys())
        times.extend(counted.values())
        ends.append(len(terms))
    names = list(number_of)
    by_alphabet = np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.int64)
    return {
        "terms": np.array(terms, dtype=np.int32),
        "times": np.array(times, dtype=np.int32),
        "ends": np.array(ends, dtype=_index(len(terms))),
        "alphabet": _numbered(by_alphabet, len(names)),
    }


def _cutter(vectoriser: TfidfVectorizer, number_of: Mapping[str, int]) -> Callable[[str], Iterable[int]]:
    """What gives a text's terms by number, in the order in which the vectoriser's own analyser brings them."""
    analyse = vectoriser.build_analyzer()
    own = type(vectoriser).build_analyzer is not CountVectorizer.build_analyzer or vectoriser.analyzer != "char_wb"
    if own:
        return lambda text: map(number_of.__getitem__, analyse(text))
    # Characters within words are the same wherever the word stands: a word that was met before is looked up.
    prepare, words = vectoriser.build_preprocessor(), _Words(vectoriser, number_of)
    return lambda text: chain.from_iterable(map(words.__getitem__, prepare(vectoriser.decode(text)).split()))


class _Words(dict[str, list[int]]):
    """The terms of each word by number, once the text is in lower case and whatever else the vectoriser asks for."""

    def __init__(self, vectoriser: TfidfVectorizer, number_of: Mapping[str, int]) -> None:
        plain = {"lowercase": False, "strip_accents": None, "preprocessor": None}
        self._analyse = clone(vectoriser).set_params(**plain).build_analyzer()
        self._number_of = number_of

    def __missing__(self, word: str) -> list[int]:
        self[word] = numbers = [self._number_of[term] for term in self._analyse(word)]
        return numbers


def _sorted(times: np.ndarray, columns: np.ndarray, ends: np.ndarray, width: int) -> csr_array:
    """Counts as a sparse matrix (rows, width), the entries of each row sorted by column."""
    index = _index(len(columns))
    parts = (times.astype(np.float64), columns.astype(index, copy=False), ends.astype(index, copy=False))
    matrix = csr_array(parts, shape=(len(ends) - 1, width))
    matrix.sort_indices()
    return matrix


def _index(entries: int) -> type[np.signedinteger[Any]]:
    return np.int32 if entries <= np.iinfo(np.int32).max else np.int64  # liblinear takes 32 bits only


def fit_transform(vectoriser: Vectoriser, documents: np.ndarray) -> Any:
    """Fit a vectoriser on n texts; gives their matrix (n, features).

    Raises:
        PipelineError: there is no term in any text.
    """
    try:
        return vectoriser.fit_transform(documents)
    except ValueError as error:
        if "empty vocabulary" in str(error):
            raise no_word(len(documents)) from None
        raise


def no_word(n: int) -> PipelineError:
    """The error of a training part of n texts without a single term."""
    return PipelineError(
        f"there is no word in the {n} texts to learn from",
        fix="See what the dictionary's cleaning steps leave of the messages.",
    )


def _numbered(order: np.ndarray, size: int) -> np.ndarray:
    """The place of each of `size` numbers in `order`, -1 where it is not in it."""
    place = np.full(size, -1, dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return place
