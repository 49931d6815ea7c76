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
    head = f"{seed}:{source}:"
    digests = [
        hashlib.md5((head + key).encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()[:4] for key in keys
    ]
    return np.frombuffer(b"".join(digests), dtype=">u4") < limit
