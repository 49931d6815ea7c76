"""Sampling that stays: whether a message is in the sample depends on its key and the seed, and on nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

_SPAN = 1 << 32


def in_sample(source: str, keys: Sequence[str], *, fraction: float, seed: int) -> np.ndarray:
    """Which keys are in the sample: an array of n booleans.

    A key is in when the first 32 bits of the MD5 of "seed:source:key" (UTF-8), as a number, are below
    fraction * 2**32. MD5 because every SQL database and Spark has it: all of them pick the same rows. Inserting,
    updating or moving rows changes nothing, and a larger fraction keeps all that a smaller one kept.
    """
    limit = int(fraction * _SPAN)
    head = hashlib.md5(f"{seed}:{source}:".encode(), usedforsecurity=False)
    picked = np.empty(len(keys), dtype=bool)
    for number, key in enumerate(keys):
        digest = head.copy()
        digest.update(key.encode("utf-8", "surrogatepass"))
        picked[number] = int.from_bytes(digest.digest()[:4], "big") < limit
    return picked
