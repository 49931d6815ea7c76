"""Keys under which look-alikes meet: one of the whole shape, and a few of its smallest pairs of words (MinHash).

Two texts share a key of pairs with a probability that rises steeply with the pairs they have in common, so the
templates that a message may belong to are found by equality, in an index, however many there are. Other ways (a tree
by the first words, as drain has it) miss templates that begin with a name.
"""

from __future__ import annotations

import hashlib
import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.templates.words import STAR

# How many smallest pairs make a key. A key of one meets more look-alikes and is sooner shared by too many; of two, the
# other way round.
BANDS = (1, 1, 1, 2, 2, 2, 2, 2)
LEAST_FIXED = 4  # a shorter text is only like one of the very same shape
BUCKET = 16  # a key that so many templates have tells nothing: no more are put under it
_MIX = np.uint64(0x9E3779B97F4A7C15)
_STIR = np.uint64(0xBF58476D1CE4E5B9)
_SEEDS = np.random.Generator(np.random.PCG64(7)).integers(1, 2**63, sum(BANDS), dtype=np.uint64) | np.uint64(1)


@dataclass(frozen=True, slots=True)
class Sketch:
    """A text's shape (see `forms`), the key of that very shape, and the keys that it shares with its look-alikes."""

    shape: tuple[str, ...]
    exact: int
    near: tuple[int, ...]

    @property
    def keys(self) -> tuple[int, ...]:
        """All of them; signed 64 bits, as both stores keep them."""
        return (self.exact, *self.near)


def fixed(shape: Sequence[str]) -> list[str]:
    """The words of a shape that do not vary."""
    return [form for form in shape if form != STAR]


def sketches(shapes: Sequence[Sequence[str]], dataset: int) -> list[Sketch]:
    """The sketches of many shapes at once; those of two datasets never meet."""
    bands = _bands(shapes, dataset) if shapes else ()
    return [
        Sketch(
            tuple(shape),
            _exact(shape, dataset),
            tuple(dict.fromkeys(band.tolist())) if len(fixed(shape)) >= LEAST_FIXED else (),
        )
        for shape, band in zip(shapes, bands, strict=True)
    ]


def _exact(shape: Sequence[str], dataset: int) -> int:
    text = f"{dataset} {' '.join(shape)}"
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def _bands(shapes: Sequence[Sequence[str]], dataset: int) -> npt.NDArray[np.int64]:
    """A row of keys for each shape, one a band: of the smallest of its pairs of neighbours under different orders."""
    pairs: list[int] = []
    begins: list[int] = []
    for shape in shapes:
        begins.append(len(pairs))
        # CRC and not hash(): it is the same in every process.
        hashed = [zlib.crc32(form.encode("utf-8", "replace")) for form in ("^", *shape, "$")]
        pairs.extend((left << 32) | right for left, right in itertools.pairwise(hashed))
    stirred = np.array(pairs, dtype=np.uint64) * _MIX
    stirred ^= stirred >> np.uint64(29)
    keys = np.empty((len(shapes), len(BANDS)), dtype=np.uint64)
    seeds = iter(_SEEDS)
    for band, rows in enumerate(BANDS):
        key = np.full(len(shapes), dataset * len(BANDS) + band + 1, dtype=np.uint64)
        for seed in itertools.islice(seeds, rows):
            ordered = stirred * seed
            ordered = (ordered ^ (ordered >> np.uint64(32))) * _STIR
            key = (key * _MIX) ^ np.minimum.reduceat(ordered, begins)
        keys[:, band] = key * _MIX
    return keys.view(np.int64)
