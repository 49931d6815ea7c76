"""What a collection is like, in numbers, so that a search begins with what won on collections like it.

Numbers of the texts and of the labels, and landmarkers: how far three quick models come on a sample of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import regex

SAMPLE = 1_500
"""Messages that the landmarkers see: they are to cost a second, not a part of the budget."""
NEAREST_LEAST = 0.2
"""A distance below which collections count as equally similar."""
BEHIND_MOST = 0.1
"""A candidate so far behind is hopeless; how hopeless says nothing."""
TEXTS = 5_000
"""Messages whose letters and words are counted."""

_SCRIPTS = {
    "latin": r"\p{Latin}",
    "accented": r"[\p{Latin}--[a-zA-Z]]",
    "arabic": r"\p{Arabic}",
    "indic": r"[\p{Devanagari}\p{Bengali}\p{Tamil}\p{Telugu}]",
    "east_asian": r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]",
}

_VALUE = regex.compile(r"=[^,()]*")
"""Two candidates that differ in values alone are one kind of start: what is near is for the search to find."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection that was searched before: its meta-features, and the macro-F1 of candidates by name."""

    name: str
    meta: Mapping[str, float]
    scores: Mapping[str, float]


def meta_features(texts: Sequence[str], y: np.ndarray, k: int, seed: int = 0) -> dict[str, float]:
    """The meta-features of n labelled texts.

    Args:
        texts: n texts.
        y: n class codes.
        k: how many classes there are.
        seed: of the samples.
    """
    rng = np.random.default_rng(seed)
    shares = np.bincount(y, minlength=k) / len(y)
    present = shares[shares > 0]
    sampled = [texts[number] for number in rng.permutation(len(texts))[:TEXTS]]
    return {
        "log_messages": float(np.log10(len(texts))),
        "classes": float(k),
        "label_entropy": float(-(present * np.log(present)).sum() / np.log(max(k, 2))),
        "rarest_share": float(shares.min()),
        **_lengths(sampled),
        **_letters(sampled),
        **_words(sampled),
        "duplicate_share": 1.0 - len(set(texts)) / len(texts),
        **_landmarks(texts, y, rng),
    }


def _lengths(texts: Sequence[str]) -> dict[str, float]:
    letters = np.array([len(text) for text in texts]) + 1.0
    low, middle, high = np.quantile(np.log10(letters), (0.1, 0.5, 0.9))
    words = np.median([len(text.split()) for text in texts])
    return {"length_10": float(low), "length_50": float(middle), "length_90": float(high), "words_50": float(words)}


def _letters(texts: Sequence[str]) -> dict[str, float]:
    whole = "".join(texts)
    letters = max(1, len(regex.findall(r"\p{L}", whole)))
    shares = {
        f"{name}_share": len(regex.findall(pattern, whole, flags=regex.VERSION1)) / letters
        for name, pattern in _SCRIPTS.items()
    }
    return {
        **shares,
        "digit_share": len(regex.findall(r"\p{N}", whole)) / max(1, len(whole)),
        "upper_share": len(regex.findall(r"\p{Lu}", whole)) / letters,
    }


def _words(texts: Sequence[str]) -> dict[str, float]:
    """How fast the vocabulary grows (Heaps' exponent between half of the texts and all), and how much is met once."""
    half = len(texts) // 2
    counts: dict[str, int] = {}
    at_half = 1
    tokens = tokens_at_half = 1
    for number, text in enumerate(texts):
        if number == half:
            at_half, tokens_at_half = max(1, len(counts)), tokens
        for word in text.lower().split():
            counts[word] = counts.get(word, 0) + 1
            tokens += 1
    grown = np.log(max(1, len(counts)) / at_half) / np.log(max(1.01, tokens / tokens_at_half))
    once = sum(1 for times in counts.values() if times == 1)
    return {"vocabulary_growth": float(grown), "once_share": once / max(1, len(counts))}


def _landmarks(texts: Sequence[str], y: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Macro-F1 of three quick models over a sample, two folds; 0 where a class is too rare for that."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.naive_bayes import ComplementNB
    from sklearn.neighbors import NearestCentroid
    from sklearn.pipeline import make_pipeline
    from sklearn.tree import DecisionTreeClassifier

    rows = rng.permutation(len(texts))[:SAMPLE]
    documents, codes = np.array([texts[row] for row in rows], dtype=object), y[rows]
    models = {
        "landmark_cnb": ComplementNB(),
        "landmark_centroid": NearestCentroid(),
        "landmark_stump": DecisionTreeClassifier(max_depth=1, random_state=0),
    }
    if np.bincount(codes)[np.unique(codes)].min() < 2 or len(np.unique(codes)) < 2:
        return dict.fromkeys(models, 0.0)
    found = {}
    for name, model in models.items():
        vectoriser = TfidfVectorizer(token_pattern=r"\S+", min_df=2)  # noqa: S106 - a token pattern is no password
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scores = cross_val_score(
                make_pipeline(vectoriser, model),
                documents,
                codes,
                scoring="f1_macro",
                cv=StratifiedKFold(2, shuffle=True, random_state=0),
                error_score=0.0,
            )
        found[name] = float(np.mean(scores))
    return found


def nearest(meta: Mapping[str, float], known: Sequence[Collection]) -> list[tuple[float, Collection]]:
    """The known collections with their distances, the most alike first.

    Each meta-feature is divided by its standard deviation over all collections, this one among them; one that a
    collection lacks counts as equal.
    """
    if not known:
        return []
    names = sorted(meta)
    all_of_them = [meta, *(collection.meta for collection in known)]
    rows = np.array([[float(each.get(name, meta[name])) for name in names] for each in all_of_them])
    spread = rows.std(axis=0)
    scaled = rows[:, spread > 1e-12] / spread[spread > 1e-12]
    distances = np.sqrt(((scaled[1:] - scaled[0]) ** 2).mean(axis=1)) if scaled.size else np.zeros(len(known))
    order = np.argsort(distances, kind="stable")
    return [(float(distances[place]), known[place]) for place in order]


def warm_starts(
    meta: Mapping[str, float],
    known: Sequence[Collection],
    most: int,
    usable: Callable[[str], bool] = lambda _name: True,
) -> list[str]:
    """The candidates to begin with: a portfolio for the known collections, the similar ones weighing most.

    Each next one is that which adds most to the best so far of every collection (as auto-sklearn 2.0 builds its
    portfolio): what won on one collection alone may have been luck, and the second should win where the first does not.

    Args:
        meta: of the collection at hand.
        known: those searched before.
        most: how many candidates.
        usable: whether a candidate can be tried here (its features are installed, the space holds it).
    """
    names = [name for name in dict.fromkeys(name for each in known for name in each.scores) if usable(name)]
    near = [(distance, each) for distance, each in nearest(meta, known) if each.scores]
    if not names or not near:
        return []
    weights = np.array([1.0 / (NEAREST_LEAST + distance) ** 2 for distance, _ in near])
    scores = np.array([_standing(each.scores, names) for _, each in near])  # (collections, names)
    shapes = [_VALUE.sub("", name) for name in names]
    taken: set[str] = set()
    chosen: list[int] = []
    reached = np.full(len(near), -np.inf)
    while len(chosen) < min(most, len(names)):
        helps = weights @ np.maximum(np.where(np.isinf(reached), scores.min(axis=1), reached)[:, None], scores)
        helps += 1e-3 * (weights @ scores)  # where nothing adds any more: what is good on the whole
        helps[[number for number, shape in enumerate(shapes) if shape in taken]] = -np.inf
        if np.isinf(helps.max()):
            break
        chosen.append(int(np.argmax(helps)))
        taken.add(shapes[chosen[-1]])
        reached = np.maximum(reached, scores[:, chosen[-1]])
    return [names[place] for place in chosen]


def _standing(scores: Mapping[str, float], names: Sequence[str]) -> list[float]:
    """How far each candidate stands behind the collection's best; one that was not tried there, as far as the worst."""
    best, worst = max(scores.values()), min(scores.values())
    return [max(scores.get(name, worst) - best, -BEHIND_MOST) for name in names]
