"""A look at the rules as it is kept: which rule hit which message, so that every count can be opened later.

As bytes: a NumPy archive, compressed; 50,000 messages and 300 rules take some hundred kilobytes. Nothing in it is code.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from core.hit import Hit


@dataclass(frozen=True, slots=True)
class KeptLook:
    """n messages: their ids, what hit them, their class codes (-1 where unknown), which are among the newest.

    `names` and `codes` are the r rules' names and class codes.
    """

    names: Sequence[str]
    codes: np.ndarray
    ids: np.ndarray
    matrix: sparse.csr_matrix
    truth: np.ndarray
    newest: np.ndarray

    def behind(self, rule: str | None, hit: Hit, other: str | None = None) -> list[int]:
        """The ids of the messages that a count of this look has counted.

        Args:
            rule: the rule by its name; None: of the whole look, with a `hit` of `OF_THE_LOOK`.
            hit: which of its hits; known, right and wrong ones are those of known class in the whole look, the others
                are among the newest.
            other: only those that this rule hits as well.

        Raises:
            ValueError: a rule was not there.
        """
        if rule is None:
            return [int(each) for each in self.ids[self._of_all(hit)]]
        one = self._number(rule)
        mask = self._hit(one)
        if other is not None:
            mask &= self._hit(self._number(other))
        return [int(each) for each in self.ids[mask & self._which(one, hit)]]

    def _of_all(self, hit: Hit) -> np.ndarray:
        if hit == Hit.KNOWN:
            return self.truth >= 0
        return self.newest & (np.diff(self.matrix.tocsr().indptr) > 0) if hit == Hit.ANY else self.newest

    def _number(self, rule: str) -> int:
        return list(self.names).index(rule)

    def _hit(self, number: int) -> np.ndarray:
        return np.asarray(self.matrix[:, [number]].toarray()).ravel()

    def _which(self, one: int, hit: Hit) -> np.ndarray:
        known = self.truth >= 0
        if hit == Hit.KNOWN:
            return known
        if hit in (Hit.RIGHT, Hit.WRONG):
            return np.asarray(known & ((self.truth == self.codes[one]) == (hit == Hit.RIGHT)))
        if hit == Hit.UNJUDGED:
            return np.asarray(self.newest & ~known)
        among = self.matrix.astype(np.int64)
        hits = np.asarray(among.sum(axis=1)).ravel()
        if hit == Hit.ALONE:
            return np.asarray(self.newest & (hits == 1))
        if hit == Hit.OVERLAPS:
            return np.asarray(self.newest & (hits > 1))
        if hit == Hit.CONFLICTS:
            for_class = np.asarray(among[:, self.codes == self.codes[one]].sum(axis=1)).ravel()
            return np.asarray(self.newest & (hits > for_class))
        return self.newest

    def to_bytes(self) -> bytes:
        """As it is kept."""
        file = io.BytesIO()
        matrix = self.matrix.tocsr()
        np.savez_compressed(
            file,
            names=np.frombuffer(json.dumps(list(self.names)).encode(), dtype=np.uint8),
            codes=self.codes.astype(np.int16),
            ids=np.diff(self.ids, prepend=0),
            indices=matrix.indices.astype(np.int32),
            indptr=matrix.indptr.astype(np.int64),
            truth=self.truth.astype(np.int16),
            newest=self.newest.astype(bool),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> KeptLook:
        """What `to_bytes` gave."""
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            codes, indices, indptr = kept["codes"], kept["indices"], kept["indptr"]
            ids = np.cumsum(kept["ids"])
            matrix = sparse.csr_matrix((np.ones(len(indices), dtype=bool), indices, indptr), (len(ids), len(codes)))
            names = json.loads(kept["names"].tobytes())
            return cls(names, codes, ids, matrix, kept["truth"], kept["newest"])
