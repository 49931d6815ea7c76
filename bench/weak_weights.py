"""What labels by rules should weigh in training: `make bench NAME=weak_weights`.

Public collections of SMS; rules are single words that are right in 50 to 99 of 100 cases, as real words err. Of the
training part (four fifths) people have judged some messages, drawn at random; what the label model makes of the rules'
hits labels the others, and every candidate is trained on both. A line for each way to weigh the rules' labels: the mean
macro-F1 on the true classes of the held-out fifth over collections, candidates and seeds, how far that is from equal
weights, and the standard error of that difference (paired, by collection and seed).
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

from bench.searched import COLLECTIONS
from core.learning import Candidate
from core.learning.weights import fitted
from core.pipeline.weak_weights import over_chance
from core.rules import ABSTAIN, Hits, LabelModel, Rule, RuleSet, estimate

SEEDS = int(os.environ.get("SIZE") or 5)
RULES = 60
NAMES = ("uci", "smishing", "indonesian", "turkish")
CANDIDATES = ("word-cnb", "word-logreg", "word-sgd", "char-svc")
JUDGED = (0, 50, 300)


@dataclass(frozen=True, slots=True)
class Draw:
    """Texts, true classes, labels (`judged` true ones first), the weak labels' weights by each way, what is tested."""

    texts: np.ndarray
    y: np.ndarray
    trained: np.ndarray
    labels: np.ndarray
    ways: dict[str, np.ndarray]
    tested: np.ndarray


def noisy_rules(texts: list[str], y: np.ndarray, classes: tuple[str, ...], seed: int) -> tuple[RuleSet, Hits]:
    """Words that hit at least five messages, each voting for a class that it is right on in 50 to 99 of 100 cases."""
    generator = np.random.default_rng(seed)
    found = CountVectorizer(binary=True, token_pattern=r"\S+", min_df=5, max_df=0.2).fit_transform(texts).tocsc()
    of_class = np.stack([np.asarray(found[y == code].sum(axis=0)).ravel() for code in range(len(classes))])
    share = of_class / of_class.sum(axis=0)
    columns: list[int] = []
    codes: list[int] = []
    for code in range(len(classes)):
        words = np.flatnonzero((share[code] >= 0.5) & (share[code] <= 0.99))
        chosen = generator.choice(words, min(len(words), RULES // len(classes)), replace=False)
        columns += chosen.tolist()
        codes += [code] * len(chosen)
    rules = tuple(Rule(name=f"r{number}", klass=classes[code], pattern="x") for number, code in enumerate(codes))
    return RuleSet(rules, classes), Hits(sparse.csr_matrix(found[:, columns].astype(bool)), {})


def draws(name: str, judged: int) -> Iterator[Draw]:
    """A collection with its weak labels, a draw a seed."""
    rows = COLLECTIONS[name][1]()
    classes = tuple(sorted({label for _, label in rows}))
    texts = [text.lower() for text, _ in rows]
    y = np.array([classes.index(label) for _, label in rows])
    for seed in range(SEEDS):
        rules, hits = noisy_rules(texts, y, classes, seed)
        train, tested = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=seed)
        shuffled = np.random.default_rng(seed).permutation(train)
        known, rest = shuffled[:judged], shuffled[judged:]
        truth = np.where(np.isin(train, known), y[train], -1)
        model = LabelModel.of(rules, estimate(rules, Hits(hits.matrix[train], {}), truth))
        votes = model.vote(Hits(hits.matrix[rest], {}))
        said = votes.codes != ABSTAIN
        weak, codes = rest[said], votes.codes[said]
        posterior = model.probabilities(Hits(hits.matrix[weak], {}))[np.arange(len(weak)), codes]
        beyond = over_chance(np.array(model.accuracies)[votes.rules[said]], len(classes))
        ones = np.ones(len(weak))
        ways = {"equal": ones, "0.5": 0.5 * ones, "0.25": 0.25 * ones, "posterior": posterior}
        ways |= {"0.5 posterior": 0.5 * posterior, "over chance": beyond, "0.5 over chance": 0.5 * beyond}
        labels = np.concatenate([y[known], codes])
        yield Draw(np.array(texts, dtype=object), y, np.concatenate([known, weak]), labels, ways, tested)


def scores(draw: Draw, judged: int) -> dict[str, float]:
    """Macro-F1 by each way to weigh, the mean over the candidates; and of people's labels alone."""
    found: dict[str, list[float]] = defaultdict(list)
    for candidate in map(Candidate.parse, CANDIDATES):
        vectoriser = candidate.feature_set().build()
        train = vectoriser.fit_transform(draw.texts[draw.trained])
        test = vectoriser.transform(draw.texts[draw.tested])

        def score(
            n: int, weights: np.ndarray | None, candidate: Candidate = candidate, of: tuple = (train, test)
        ) -> float:
            classifier = fitted(candidate.classifier().build(7), of[0][:n], draw.labels[:n], weights)
            return float(f1_score(draw.y[draw.tested], classifier.predict(of[1]), average="macro"))

        if judged:
            found["people only"].append(score(judged, None))
        for way, weights in draw.ways.items():
            found[way].append(score(len(draw.trained), np.concatenate([np.ones(judged), weights])))
    return {way: float(np.mean(each)) for way, each in found.items()}


def main() -> None:
    """Print a line a way and number of messages that people have judged."""
    for judged in JUDGED:
        reached = [scores(draw, judged) for name in NAMES for draw in draws(name, judged)]
        for way in reached[0]:
            difference = np.array([each[way] - each["equal"] for each in reached])
            told = {
                "judged": judged,
                "weights": way,
                "macro_f1": round(float(np.mean([each[way] for each in reached])), 4),
                "difference": round(float(difference.mean()), 4),
                "standard_error": round(float(difference.std(ddof=1) / len(difference) ** 0.5), 4),
                "worse_in": int((difference < -0.002).sum()),
                "of": len(difference),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
