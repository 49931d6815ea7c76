"""Verdicts until the model is as good: the most telling messages first, against messages in random order.

`smishing_5971.csv`, three classes, a third held out; both begin with the same 100 random labels and ask for 50 at a
time; the same model, fitted anew on what is labelled. The goal is the macro-F1 that random order has at 2,000 labels,
as the mean of three points in a row, for one point alone jumps. One rule ends all orders, random too: the first point
of which that mean is no worse than the goal. The third line is the least sure first, which takes no ActiveLab.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from bench.result import report
from core.learning import Candidate, fit_temperature
from core.learning.calibration import probabilities
from core.learning.counts import Counts, count
from labeling.selection import most_telling

SEEDS = 5
FIRST, STEP, GOAL_AT = 100, 50, 2_000
FOLDS, SMOOTH = 3, 3
PROMISED = 0.40
DATA = Path(os.environ.get("TALLYROOM_SMS_DATA", Path(__file__).resolve().parents[2] / "shared" / "data" / "sms"))
CANDIDATE = Candidate.parse("char-svc")
Choose = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""From the labels given, and what the model says of these messages and of those that wait: scores, lowest first."""


def texts() -> tuple[np.ndarray, np.ndarray]:
    """Texts and class codes."""
    with (DATA / "smishing_5971.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["TEXT"].lower(), row["LABEL"].lower()) for row in csv.DictReader(file)]
    classes = sorted({label for _, label in rows})
    return np.array([text for text, _ in rows], dtype=object), np.array([classes.index(label) for _, label in rows])


ORDERS: dict[str, Choose | None] = {
    "random": None,
    "least_sure": lambda _y, _judged, waiting: waiting.max(axis=1),
    "most_telling": lambda y, judged, waiting: most_telling(y[:, None].astype(float), judged, waiting),
}


def curve(counts: Counts, y: np.ndarray, seed: int, choose: Choose | None, goal: float | None) -> list[float]:
    """The macro-F1 at 100, 150, 200 ... labels, up to 2,000, or until it is as good as `goal`."""
    order = np.random.default_rng(seed).permutation(len(y))
    test, pool = order[: len(y) // 3], order[len(y) // 3 :]
    given, rest = pool[:FIRST], pool[FIRST:]
    points: list[float] = []
    while True:
        train, every = counts.matrices(given, np.concatenate([test, rest]))
        estimator = CANDIDATE.classifier()
        fitted = estimator.build(seed).fit(train, y[given])
        said = fitted.predict(every[: len(test)])
        points.append(float(f1_score(y[test], said, average="macro")))
        if len(given) >= GOAL_AT or (goal is not None and reached(points, goal) is not None):
            return points
        place = np.arange(STEP)
        if choose is not None:
            margins = held_out(train, y[given], seed)
            heat = fit_temperature(margins, y[given])
            waiting = probabilities(estimator.margins(fitted, every[len(test) :]), heat)
            place = np.argsort(choose(y[given], probabilities(margins, heat), waiting), kind="stable")[:STEP]
        given, rest = np.concatenate([given, rest[place]]), np.delete(rest, place)


def reached(points: list[float], goal: float) -> int | None:
    """The labels at the first point of which the mean with the two before it is no worse; None: there is none."""
    smooth = np.convolve(points, np.full(SMOOTH, 1 / SMOOTH), mode="valid")
    good = np.flatnonzero(smooth >= goal - 1e-12)
    return FIRST + STEP * (int(good[0]) + SMOOTH - 1) if len(good) else None


def held_out(matrix: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """(n, k) margins from folds that did not hold the message."""
    margins = np.zeros((len(y), 3))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(np.zeros(len(y)), y):
        estimator = CANDIDATE.classifier()
        fitted = estimator.build(seed).fit(matrix[train], y[train])
        margins[test] = estimator.margins(fitted, matrix[test])
    return margins


def main() -> None:
    """Compare."""
    if not DATA.is_dir():
        print("no real SMS here: set TALLYROOM_SMS_DATA to the folder that holds smishing_5971.csv")
        return
    documents, y = texts()
    vectoriser = CANDIDATE.feature_set().build()
    counts = Counts(vectoriser, count(vectoriser, documents))
    began = time.perf_counter()
    needed: dict[str, list[int]] = {name: [] for name in ORDERS}
    goals = []
    for seed in range(SEEDS):
        plain = curve(counts, y, seed, None, None)
        goals.append(float(np.mean(plain[-SMOOTH:])))
        for name, choose in ORDERS.items():
            points = plain if choose is None else curve(counts, y, seed, choose, goals[-1])
            labels = reached(points, goals[-1])
            assert labels is not None, f"{name} did not reach the goal"
            needed[name].append(labels)
        words = ", ".join(f"{name} {labels[-1]:,}" for name, labels in needed.items())
        print(f"seed {seed}: macro-F1 {goals[-1]:.3f} reached with {words} labels", flush=True)
    means = {name: float(np.mean(labels)) for name, labels in needed.items()}
    for name, labels in means.items():
        print(f"{name}: {labels:,.0f} labels, {100 * (1 - labels / means['random']):.1f} % fewer than random")
    fewer = 1 - np.array(needed["most_telling"]) / np.array(needed["random"])
    assert 1 - means["most_telling"] / means["random"] >= PROMISED, "the promise is not kept"
    print("A batch costs one fit on what is labelled, and one look of the model at what waits.")
    report(
        "selection",
        ratio=means["random"] / means["most_telling"],
        equal=True,
        size=len(y),
        seconds=time.perf_counter() - began,
        fewer=round(1 - means["most_telling"] / means["random"], 3),
        fewer_least=round(float(fewer.min()), 3),
        goal=round(float(np.mean(goals)), 4),
        **{f"{name}_labels": labels for name, labels in means.items()},
    )


if __name__ == "__main__":
    main()
