"""Which few messages of a group are shown before it is judged: its spread, its extremes, its outliers. Pure."""

from __future__ import annotations

import enum
import math
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MOST_SHOWN = 12
LEAST_AT_RANDOM = 2
LEAST_FIRST = 4
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
    from sklearn.feature_extraction.text import TfidfVectorizer  # a server that starts does not wait for it

    if not any(text.strip() for text in texts):
        return np.zeros(len(texts))
    rows = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), lowercase=False).fit_transform(texts)
    others = (np.asarray(rows.sum(axis=0)) - rows.toarray()) / (len(texts) - 1)
    norms = np.linalg.norm(others, axis=1)
    alike = np.asarray(rows.multiply(others).sum(axis=1)).ravel() / np.where(norms > 0, norms, 1.0)
    return np.asarray(1.0 - alike, dtype=np.float64)
