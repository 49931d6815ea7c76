"""Which few messages of a group are shown before it is judged: its spread, its extremes, its outliers. Pure."""

from __future__ import annotations

import enum
import math
import random
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MOST_SHOWN = 12
LEAST_AT_RANDOM = 2
LEAST_FIRST = 4
BUCKETS = 4_096
MOST_READ = 400
_DIGIT = re.compile(r"\d")


class Why(enum.StrEnum):
    """Why a message of a group is shown."""

    HERE = "on the screen"
    OUTLIER = "an outlier"
    LEAST_SURE = "least sure"
    LONGEST = "the longest"
    SHORTEST = "the shortest"
    MOST_SURE = "most sure"
    RANDOM = "at random"


@dataclass(frozen=True, slots=True)
class Member:
    """A message of a group: its text, the parts of it that its template leaves open, how sure the model is of it."""

    task_id: int
    body: str
    varying: str
    confidence: float | None


def shown_of(size: int) -> int:
    """How many messages of a group are shown: few of a few, never more than twelve."""
    return min(size, MOST_SHOWN, 3 + math.isqrt(size))


def first_of(shown: int) -> int:
    """How many of those shown are looked at first: half. The others only where one of these is taken out.

    It is the inspector's double sampling (Dodge and Romig): a clean first look ends it, any doubt doubles it.
    """
    return min(shown, max(LEAST_FIRST, math.ceil(shown / 2)))


def spread(members: Sequence[Member], first: int | None, seed: str) -> list[tuple[int, Why]]:
    """Choose what is shown: positions in `members`, each once, with the reason; the first look first.

    Args:
        members: the group.
        first: the position of the message from which the group was opened, if it is in it.
        seed: decides the random ones.
    """
    most = shown_of(len(members))
    chosen: dict[int, Why] = {} if first is None else {first: Why.HERE}
    for place, why in _telling(members):
        if len(chosen) >= most - min(LEAST_AT_RANDOM, len(members) - len(chosen)):
            break
        chosen.setdefault(place, why)
    rest = [place for place in range(len(members)) if place not in chosen]
    random.Random(seed).shuffle(rest)  # noqa: S311 - a look at some of them
    telling, drawn = list(chosen.items()), [(place, Why.RANDOM) for place in rest[: most - len(chosen)]]
    before = first_of(most) - 1  # one of the first look is drawn at random, where there is one
    return [*telling[:before], *drawn[:1], *telling[before:], *drawn[1:]]


def _telling(members: Sequence[Member]) -> Iterator[tuple[int, Why]]:
    """Positions by how much they may tell, the most first: in turn outliers and extremes."""
    by_oddity = np.argsort(-outlyingness(members), kind="stable").tolist()
    order = _ordered(members)
    lanes = (
        (by_oddity, Why.OUTLIER),
        (order(lambda member: member.confidence if member.confidence is not None else 1.0), Why.LEAST_SURE),
        (by_oddity[1:], Why.OUTLIER),
        (order(lambda member: -len(member.body)), Why.LONGEST),
        (by_oddity[2:], Why.OUTLIER),
        (order(lambda member: len(member.body)), Why.SHORTEST),
        (order(lambda member: -(member.confidence or 0.0)), Why.MOST_SURE),
    )
    for lane, why in lanes:
        yield lane[0] if lane else by_oddity[0], why
    for place in by_oddity:
        yield place, Why.OUTLIER


def _ordered(members: Sequence[Member]) -> Callable[[Callable[[Member], float]], list[int]]:
    return lambda key: sorted(range(len(members)), key=lambda place: (key(members[place]), place))


def outlyingness(members: Sequence[Member]) -> Array:
    """How much each member differs from the rest, 0 to 2: in what its template leaves open, and in its prediction.

    The first part is 1 less the cosine between the member's TF-IDF of characters and the mean of the others'; numbers
    differ by their length alone. The second is how much the model doubts its prediction.
    """
    n = len(members)
    if n < 2:
        return np.zeros(n)
    doubt = np.array([1.0 - (1.0 if member.confidence is None else member.confidence) for member in members])
    distance = _distance([_DIGIT.sub("0", member.varying.lower()) for member in members])
    return np.asarray(distance + doubt, dtype=np.float64)


def _distance(texts: Sequence[str]) -> Array:
    """1 less the cosine between each text's TF-IDF of characters and the mean of the others'.

    Hashed and cut off, so that hostile texts cost no more than others. By hand and not by scikit-learn, which takes
    seconds to import: whoever is the first to open a group would wait for it.
    """
    if not any(text.strip() for text in texts):
        return np.zeros(len(texts))
    counts = np.stack([np.bincount(_grams(text), minlength=BUCKETS) for text in texts]).astype(np.float64)
    rows = counts * (np.log((1 + len(texts)) / (1 + (counts > 0).sum(axis=0))) + 1)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(norms > 0, norms, 1.0)
    others = (rows.sum(axis=0) - rows) / (len(texts) - 1)
    norms = np.linalg.norm(others, axis=1)
    alike = (rows * others).sum(axis=1) / np.where(norms > 0, norms, 1.0)
    return np.asarray(1.0 - alike, dtype=np.float64)


def _grams(text: str) -> npt.NDArray[np.int64]:
    """The one to three characters in a row of each word, its ends marked, as numbers below BUCKETS."""
    found = [
        zlib.crc32(f" {word} "[start : start + n].encode("utf-8", "replace")) % BUCKETS
        for word in text[:MOST_READ].split()
        for n in (1, 2, 3)
        for start in range(len(word) + 3 - n)
    ]
    return np.array(found, dtype=np.int64)
