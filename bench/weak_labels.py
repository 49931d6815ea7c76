"""What it costs to weigh the rules, and what it brings: `make bench NAME=weak_labels`.

Simulated messages of three classes, and 300 rules that are right in 40 to 99 of 100 cases. A line for each number of
messages of known class: which share of the labels is right by the plain vote and by the label model (of the messages
that either labels, a tie counts as not right), how far the estimated accuracies are off, and the seconds.
"""

from __future__ import annotations

import json
import os
import time

import numpy as np
from scipy import sparse

from core.rules import ABSTAIN, Hits, LabelModel, Rule, RuleSet, estimate, vote

CLASSES = ("personal", "notification", "spam")
RULES = 300
SEEDS = 5


def corpus(seed: int, n: int) -> tuple[RuleSet, Hits, np.ndarray, np.ndarray]:
    """Rules right in 40 to 99 of 100 cases, each of which hits about one message in a hundred."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(len(CLASSES), n, p=(0.6, 0.25, 0.15))
    codes, accuracies = generator.integers(0, 3, RULES), generator.uniform(0.4, 0.99, RULES)
    columns, rows = [], []
    for number, (code, accuracy) in enumerate(zip(codes, accuracies, strict=True)):
        many = int(generator.gamma(2.0, n / 200))
        right = generator.random(many) < accuracy
        own, others = np.flatnonzero(truth == code), np.flatnonzero(truth != code)
        hit = np.unique(np.where(right, generator.choice(own, many), generator.choice(others, many)))
        rows.append(hit)
        columns.append(np.full(len(hit), number))
    at = (np.concatenate(rows), np.concatenate(columns))
    matrix = sparse.csr_matrix((np.ones(len(at[0]), dtype=bool), at), shape=(n, RULES))
    rules = [Rule(name=f"r{number}", klass=CLASSES[code], pattern="x") for number, code in enumerate(codes)]
    return RuleSet(tuple(rules), CLASSES), Hits(matrix, {}), truth, accuracies


def main() -> None:
    """Print a line a question."""
    n = int(os.environ.get("SIZE") or 90_000)
    for judged in (0, 200, 2_000):
        right: dict[str, list[float]] = {"plain": [], "model": [], "error": [], "seconds": [], "label_seconds": []}
        for seed in range(SEEDS):
            rules, hits, truth, accuracies = corpus(seed, n)
            known = np.where(np.arange(n) < judged, truth, -1)
            began = time.perf_counter()
            found = estimate(rules, hits, known)
            right["seconds"].append(time.perf_counter() - began)
            began = time.perf_counter()
            said = LabelModel.of(rules, found).vote(hits)
            right["label_seconds"].append(time.perf_counter() - began)
            plain = vote(rules, hits)
            labelled = (said.codes != ABSTAIN) | (plain.codes != ABSTAIN)
            right["plain"].append(float((plain.codes == truth)[labelled].mean()))
            right["model"].append(float((said.codes == truth)[labelled].mean()))
            right["error"].append(float(np.abs(found.accuracies - accuracies).mean()))
        print(
            json.dumps(
                {
                    "messages": n,
                    "judged": judged,
                    **{name: round(float(np.mean(each)), 4) for name, each in right.items()},
                }
            )
        )


if __name__ == "__main__":
    main()
