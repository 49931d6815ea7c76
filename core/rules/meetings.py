"""Which rules hit the same messages, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse


@dataclass(frozen=True, slots=True)
class Meeting:
    """`n` messages that rule number `other` hits as well; `against`: it is for another class."""

    other: int
    n: int
    against: bool


def meetings(matrix: sparse.csr_matrix, codes: Sequence[int], most: int) -> list[list[Meeting]]:
    """Of each rule the `most` others that it meets the most often; of equals, the first in the file.

    Args:
        matrix: (n, r) hits.
        codes: the class code of each rule.
        most: of so many others at the most.
    """
    ones = matrix.astype(np.int64)
    both = (ones.T @ ones).tocsr()
    found = []
    for one, code in enumerate(codes):
        row = both[[one]].tocoo()
        others = sorted((-int(n), int(other)) for other, n in zip(row.col, row.data, strict=True) if other != one)
        found.append([Meeting(other, -n, bool(codes[other] != code)) for n, other in others[:most]])
    return found
