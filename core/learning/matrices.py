"""The matrices of every fold and feature set: made once, whoever asks, and kept by fingerprint where there is a cache.

A fingerprint covers all that a matrix comes from: the vectoriser's settings, the texts, which of them are trained and
tested on, the code that makes it and the versions of scikit-learn and NumPy. A vectoriser whose settings are no data,
or whose class is not scikit-learn's, may change while its name stays: its matrices are shared within a run only.
"""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from scipy.sparse import csr_array, csr_matrix, hstack
from sklearn.pipeline import FeatureUnion

from core.fingerprint import fingerprint
from core.learning import counts as counts_module
from core.learning.cache import ArrayCache
from core.learning.counts import Counts, count, fit_transform

_CODE = hashlib.sha256(
    b"".join(Path(path).read_bytes() for path in (__file__, counts_module.__file__))
).hexdigest()  # not a number that somebody must remember to raise
_PARTS = ("data", "indices", "indptr")

Pair = tuple[Any, Any]
"""The matrix of a training part and the one of a test part."""


def said(vectoriser: Any) -> Any:
    """All that a vectoriser is, as JSON can say it; None where that cannot be said."""
    if not type(vectoriser).__module__.startswith("sklearn."):
        return None
    settings = vectoriser.get_params(deep=False)
    if isinstance(vectoriser, FeatureUnion):
        parts = [(name, said(part)) for name, part in vectoriser.transformer_list]
        if any(part is None for _, part in parts):
            return None
        settings["transformer_list"] = parts
    if "dtype" in settings:
        settings["dtype"] = np.dtype(settings["dtype"]).str
    saying = [type(vectoriser).__qualname__, settings]
    try:
        fingerprint(saying)
    except (TypeError, ValueError):
        return None
    return saying


class Matrices:
    """Makes the matrices of folds from n texts.

    Without a cache the newest pair is kept in memory, and the texts' counts.
    """

    def __init__(self, documents: np.ndarray, cache: ArrayCache | None = None) -> None:
        self._documents = documents
        self._cache = cache
        self._alone = uuid.uuid4().hex  # in place of what cannot be said
        self._counts: dict[str, Mapping[str, np.ndarray]] = {}
        self._newest: tuple[str, Pair] | None = None

    def key(self, vectoriser: Any, name: str) -> str:
        """The same for vectorisers that make the same matrices; `name` stands for what cannot be said of one."""
        return fingerprint(self._made_by, said(vectoriser) or [self._alone, name])

    def has(self, vectoriser: Any, name: str, train: np.ndarray, test: np.ndarray) -> bool:
        """Whether the cache has a pair, sound or not."""
        return self._cache is not None and self._pair_key(vectoriser, name, train, test) in self._cache

    @property
    def keeps(self) -> float:
        """How many pairs are kept for whoever asks next."""
        return 1 if self._cache is None else math.inf

    def parts(self, vectoriser: Any, name: str) -> list[tuple[Any, str]]:
        """Those for which texts are cut, with their names: itself, or the parts of a union, or none."""
        if Counts.are_enough(vectoriser):
            return [(vectoriser, name)]
        if not _is_plain_union(vectoriser):
            return []
        return [found for of, part in vectoriser.transformer_list for found in self.parts(part, f"{name}/{of}")]

    def prepare(self, part: Any, name: str) -> None:
        """Cut the texts into terms: what all folds have in common."""
        self._counted(part, name)

    def pair(self, vectoriser: Any, name: str, train: np.ndarray, test: np.ndarray) -> Pair:
        """The matrix of the texts numbered `train`, the vectoriser fitted on them, and of those numbered `test`.

        Raises:
            PipelineError: there is no term in any training text.
        """
        key = self._pair_key(vectoriser, name, train, test)
        if self._newest is not None and self._newest[0] == key:
            return self._newest[1]
        kept = self._kept(key)
        if kept is not None:
            return kept
        pair = self._make(vectoriser, name, train, test)
        if self._cache is None:
            self._newest = key, pair
        elif all(getattr(matrix, "format", None) == "csr" for matrix in pair):
            self._cache.keep(key, _apart(pair[0], "train") | _apart(pair[1], "test"))
        return pair

    def _kept(self, key: str) -> Pair | None:
        kept = self._cache.load(key) if self._cache is not None else None
        return None if kept is None else (_joined(kept, "train"), _joined(kept, "test"))

    def _make(self, vectoriser: Any, name: str, train: np.ndarray, test: np.ndarray) -> Pair:
        if Counts.are_enough(vectoriser):
            return Counts(vectoriser, self._counted(vectoriser, name)).matrices(train, test)
        if _is_plain_union(vectoriser):
            weights = vectoriser.transformer_weights or {}
            sides: tuple[list[Any], list[Any]] = [], []
            for of, part in vectoriser.transformer_list:
                pair = self._kept(self._pair_key(part, f"{name}/{of}", train, test))
                pair = pair or self._make(part, f"{name}/{of}", train, test)
                for side, matrix in zip(sides, pair, strict=True):
                    side.append(matrix * weights[of] if of in weights else matrix)
            return hstack(sides[0]).tocsr(), hstack(sides[1]).tocsr()
        matrix = fit_transform(vectoriser, self._documents[train])
        return matrix, vectoriser.transform(self._documents[test])

    def _counted(self, vectoriser: Any, name: str) -> Mapping[str, np.ndarray]:
        key = self.key(vectoriser, name)
        if key not in self._counts:
            kept = self._cache.load(key) if self._cache is not None else None
            if kept is None:
                kept = count(vectoriser, self._documents)
                if self._cache is not None:
                    self._cache.keep(key, kept)
                    kept = self._cache.load(key) or kept  # mapped: not a copy for each process
            self._counts[key] = kept
        return self._counts[key]

    def _pair_key(self, vectoriser: Any, name: str, train: np.ndarray, test: np.ndarray) -> str:
        return fingerprint(self.key(vectoriser, name), *(_digest(numbers) for numbers in (train, test)))

    @cached_property
    def _made_by(self) -> list[str]:
        digest = hashlib.sha256()
        for text in self._documents:
            content = str(text).encode("utf-8", "surrogatepass")
            digest.update(len(content).to_bytes(8, "little") + content)
        return [digest.hexdigest(), _CODE, sklearn.__version__, np.__version__]


def _is_plain_union(vectoriser: Any) -> bool:
    """Whether its matrix is those of its parts side by side."""
    return type(vectoriser) is FeatureUnion and all(
        Counts.are_enough(part) or _is_plain_union(part) for _, part in vectoriser.transformer_list
    )


def _digest(numbers: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(numbers, dtype=np.int64).tobytes()).hexdigest()


def _apart(matrix: Any, name: str) -> dict[str, np.ndarray]:
    arrays = {f"{name}_{part}": getattr(matrix, part) for part in _PARTS}
    kind = np.array([*matrix.shape, isinstance(matrix, csr_array)], dtype=np.int64)
    return {**arrays, f"{name}_kind": kind}


def _joined(arrays: Mapping[str, np.ndarray], name: str) -> Any:
    rows, columns, is_array = arrays[f"{name}_kind"].tolist()
    kind = csr_array if is_array else csr_matrix  # products of the two differ: each estimator gets what it was given
    return kind(tuple(arrays[f"{name}_{part}"] for part in _PARTS), shape=(rows, columns))
