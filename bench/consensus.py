"""Verdicts until the truth is as good: CROWDLAB that asks again only where it is unsure, against majority of three.

Real messages in three classes; a simulated office of 15 people, right in 70 to 95 of 100 cases, three of them with a
habit of taking one class for another. The model learns from the office's first opinions alone, wrong ones among them,
and what it says of a message comes from folds that did not hold it. Both ways may ask three people a message at the
most. The plain way asks three everywhere; the other begins with one, asks a tenth of the messages twice to learn whom
to trust, and then the least sure first, until its truth is as good.
"""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from bench.result import report
from core.learning import Candidate, benchmark, fit_temperature, repeated_stratified
from core.learning.calibration import probabilities
from labeling.consensus.method import CONSENSUS

SEEDS = 5
MESSAGES = 2_000
PEOPLE = 15
OVERLAP = 3
STEP = 50
PROMISED = 0.30
DATA = Path(os.environ.get("TALLYROOM_SMS_DATA", Path(__file__).resolve().parents[2] / "shared" / "data" / "sms"))


def messages(rng: np.random.Generator, *, even: bool) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """Texts, class codes and classes: a random part of the collection, as it is mixed or with as many of each class."""
    with (DATA / "smishing_5971.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["TEXT"], row["LABEL"].lower()) for row in csv.DictReader(file)]
    classes = tuple(sorted({label for _, label in rows}))
    y = np.array([classes.index(label) for _, label in rows])
    order = rng.permutation(len(rows))
    if even:
        each = np.bincount(y).min()
        order = np.concatenate([order[y[order] == code][:each] for code in range(len(classes))])
        rng.shuffle(order)
    chosen = order[:MESSAGES]
    return [rows[n][0] for n in chosen], y[chosen], classes


class Office:
    """What each person would say of each message, three of them asked in a random order."""

    def __init__(self, truth: np.ndarray, k: int, rng: np.random.Generator) -> None:
        confusion = np.empty((PEOPLE, k, k))
        for person in range(PEOPLE):
            right = rng.uniform(0.70, 0.95)
            confusion[person] = (1 - right) / (k - 1)
            np.fill_diagonal(confusion[person], right)
            if person < 3:  # a habit: of one class, a third is taken for another
                of, taken_for = rng.choice(k, 2, replace=False)
                moved = min(confusion[person, of, of] - 0.4, 0.33)
                confusion[person, of, of] -= moved
                confusion[person, of, taken_for] += moved
        self.asked = np.array([rng.choice(PEOPLE, OVERLAP, replace=False) for _ in truth])
        draws = rng.random((len(truth), OVERLAP, 1))
        self.said = (confusion[self.asked, truth[:, None]].cumsum(axis=2) < draws).sum(axis=2).clip(max=k - 1)

    def verdicts(self, given: np.ndarray, classes: tuple[str, ...]) -> pd.DataFrame:
        """The first `given` opinions of each message."""
        message, place = np.nonzero(np.arange(OVERLAP) < given[:, None])
        said = np.array(classes, dtype=object)[self.said[message, place]]
        return pd.DataFrame({"message_id": message, "person_id": self.asked[message, place], "klass": said})


def model(texts: list[str], labels: np.ndarray, classes: tuple[str, ...], seed: int) -> pd.DataFrame:
    """Calibrated probabilities from folds that did not hold the message, learnt from these labels."""
    splits = repeated_stratified(labels, folds=5, repeats=1, seed=seed, classes=classes)
    margins = np.zeros((len(texts), len(classes)))
    for fold in benchmark(texts, labels, classes, [Candidate.parse("char-svc")], splits, seed=seed):
        margins[fold.test] = fold.margins
    said = probabilities(margins, fit_temperature(margins, labels))
    return pd.DataFrame(said, columns=list(classes))


def accuracy(found: pd.DataFrame, truth: np.ndarray, classes: tuple[str, ...]) -> float:
    """The share of messages held to be what they are; one with no truth is wrong."""
    return float((found["klass"].to_numpy() == np.array(classes, dtype=object)[truth]).mean())


def needed(
    way: str, office: Office, said: pd.DataFrame, truth: np.ndarray, classes: tuple[str, ...], goal: float
) -> tuple[int, float]:
    """Verdicts until the truth by `way` is as good as `goal`, and how good it is then."""
    given = np.ones(len(truth), dtype=np.int64)
    given[::10] = 2
    while True:
        fitted = CONSENSUS.get(way)(classes).fit(office.verdicts(given, classes), said)
        reached = accuracy(fitted.messages, truth, classes)
        if reached >= goal or (given == OVERLAP).all():
            return int(given.sum()), reached
        unsure = np.where(given < OVERLAP, fitted.messages["confidence"].to_numpy(), np.inf)
        given[np.argsort(unsure, kind="stable")[: min(STEP, int((given < OVERLAP).sum()))]] += 1


def one_office(seed: int, *, even: bool) -> dict[str, float]:
    """What each way reaches in one simulated office, and with how many verdicts."""
    rng = np.random.default_rng(seed)
    texts, truth, classes = messages(rng, even=even)
    office = Office(truth, len(classes), rng)
    said = model(texts, office.said[:, 0], classes, seed)
    whole = office.verdicts(np.full(len(truth), OVERLAP), classes)
    found = {
        f"{way}_whole": accuracy(CONSENSUS.get(way)(classes).fit(whole, said).messages, truth, classes)
        for way in ("majority", "crowdlab", "dawid_skene")
    }
    for way in ("crowdlab", "dawid_skene"):
        verdicts, reached = needed(way, office, said, truth, classes, found["majority_whole"])
        found |= {f"{way}_reached": reached, f"{way}_verdicts": verdicts}
    return found | {
        "messages": len(truth),
        "first": float((office.said[:, 0] == truth).mean()),
        "model": float((said.to_numpy().argmax(axis=1) == truth).mean()),
    }


def compare(name: str, *, even: bool) -> None:
    """Several offices on one mix of classes."""
    began = time.perf_counter()
    offices = []
    for seed in range(SEEDS):
        one = one_office(seed, even=even)
        offices.append(one)
        print(f"seed {seed}: " + ", ".join(f"{name} {value:.4g}" for name, value in one.items()), flush=True)
    seconds = time.perf_counter() - began
    fewer = [1 - one["crowdlab_verdicts"] / (OVERLAP * one["messages"]) for one in offices]
    equal = all(one["crowdlab_reached"] >= one["majority_whole"] for one in offices)
    assert equal, "CROWDLAB did not become as good as the majority of three"
    assert min(fewer) >= PROMISED, f"only {100 * min(fewer):.0f} % fewer verdicts"
    means = {name: float(np.mean([one[name] for one in offices])) for name in offices[0]}
    facts = {name: round(value, 4) for name, value in means.items() if name != "messages"}
    report(
        name,
        ratio=OVERLAP * means["messages"] / means["crowdlab_verdicts"],
        equal=equal,
        size=int(means["messages"]),
        seconds=seconds,
        fewer=round(float(np.mean(fewer)), 3),
        fewer_least=round(min(fewer), 3),
        **facts,
    )


def main() -> None:
    """As many messages of each class; then as the collection is mixed, four of five of one class."""
    if not DATA.is_dir():
        print("no real SMS here: set TALLYROOM_SMS_DATA to the folder that holds smishing_5971.csv")
        return
    print("Grows with the verdicts, and in the messages judged twice (5,000 of them at the most) with the reviewers.")
    compare("consensus_as_mixed", even=False)
    compare("consensus", even=True)


if __name__ == "__main__":
    main()
