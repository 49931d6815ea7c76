"""Whether the newest messages say what those before them said, by their words. Pure.

Each message counts once for each of its words. The distance is Jensen-Shannon's between the two distributions of words;
what chance gives comes from permutations: the same messages, shuffled between new and old. So messages that say the
same many times over make no difference between chance and what is seen, other than in which heap they lie. Which words
rose or went is told by chi-squared, a word each, with Holm's correction for having asked about thousands of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.drift.classes import js_distance
from core.holm import holm

VOCABULARY = 4_000
LEAST_MESSAGES = 4
"""A word in fewer messages tells nothing."""
PERMUTATIONS = 200
LEVEL = 0.01
SHOWN = 14
LEAST_EACH = 50
"""With fewer messages on a side there is nothing to say."""
_WORD = r"(?u)\b[^\W\d_]{2,}\b"
"""Letters alone: numbers are codes and amounts, and may be secrets."""
_SEED = 7


@dataclass(frozen=True, slots=True)
class WordMove:
    """A word, and in how many of the messages it is: of those before, and of the newest (shares)."""

    word: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class WordDrift:
    """The newest messages against those before.

    `distance` of the words, and what chance stays below (`chance`, 19 of 20 permutations); `p` is the share of
    permutations as far apart. `risen` and `gone`: the words that moved beyond chance, the most telling first.
    """

    new: int
    old: int
    distance: float
    chance: float
    p: float
    risen: tuple[WordMove, ...]
    gone: tuple[WordMove, ...]

    @property
    def moved(self) -> bool:
        """Whether it is more than chance gives."""
        return self.distance > self.chance


def word_drift(new: Sequence[str], old: Sequence[str]) -> WordDrift | None:
    """Compare the words of the newest messages with those of the ones before; None where there are too few."""
    if min(len(new), len(old)) < LEAST_EACH:
        return None
    from sklearn.feature_extraction.text import CountVectorizer  # here: a server that starts does not wait for it

    vectorizer = CountVectorizer(
        binary=True, token_pattern=_WORD, min_df=LEAST_MESSAGES, max_features=VOCABULARY, dtype=np.int32
    )
    try:
        table = vectorizer.fit_transform([*new, *old])
    except ValueError:  # no word is in enough messages
        return None
    words = vectorizer.get_feature_names_out()
    is_new = np.arange(len(new) + len(old)) < len(new)
    total = np.asarray(table.sum(axis=0), dtype=float).ravel()
    now = np.asarray(is_new @ table, dtype=float).ravel()
    distance = float(js_distance(now, total - now))
    draw = np.random.default_rng(_SEED)
    shuffled = np.stack([draw.permutation(is_new) for _ in range(PERMUTATIONS)]).astype(np.int32)
    apart = np.asarray(shuffled @ table, dtype=float)
    by_chance = js_distance(apart, total - apart)
    moved = _moved(now, total - now, len(new), len(old))
    shares = [WordMove(str(words[at]), (total[at] - now[at]) / len(old), now[at] / len(new)) for at in moved]
    return WordDrift(
        len(new),
        len(old),
        distance,
        float(np.percentile(by_chance, 95)),
        float((1 + (by_chance >= distance).sum()) / (1 + PERMUTATIONS)),
        tuple(each for each in shares if each.now > each.before)[:SHOWN],
        tuple(each for each in shares if each.now < each.before)[:SHOWN],
    )


def _moved(now: NDArray[np.float64], before: NDArray[np.float64], new: int, old: int) -> list[int]:
    """Places of the words whose share moved beyond chance, the most telling first."""
    from scipy.stats import chi2

    pooled = (now + before) / (new + old)
    spread = np.sqrt(np.maximum(pooled * (1 - pooled) * (1 / new + 1 / old), 1e-12))
    statistic = ((now / new - before / old) / spread) ** 2
    rejected = holm(chi2.sf(statistic, 1), LEVEL)[0]
    order = np.argsort(-statistic, kind="stable")
    return [int(at) for at in order if rejected[at]]
