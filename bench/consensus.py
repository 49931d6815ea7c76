"""Verdicts until the truth is as good: CROWDLAB that asks again only where it is unsure, against majority of three.

Real messages in three classes; a simulated office of 15 people, right in 70 to 95 of 100 cases, three of them with a
habit of taking one class for another. The model learns from the office's first opinions alone, wrong ones among them,
and what it says of a message comes from folds that did not hold it. All ways begin with one opinion a message and may
ask three people at the most. The plain way asks two more about one message after the other, in a random order; a
thrifty majority asks the third only where the first two differ; CROWDLAB asks a tenth of the messages twice to learn
whom to trust, and then the least sure first.

The goal is what a majority of three opinions on every message reaches. One rule ends all of them: every 50 verdicts the
truth is derived, and the first one that is as good as the goal ends it. That is told from the true classes, which only
a simulation knows.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench.result import report
from core.learning import Candidate, benchmark, fit_temperature, repeated_stratified
from core.learning.calibration import probabilities
from labeling.consensus.method import CONSENSUS, Fitted

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


@dataclass(frozen=True, slots=True)
class Needed:
    """Verdicts until the truth was as good as the goal, how good it was then, and how often another way was taken."""

    verdicts: int
    reached: float
    fell_back: float


Ask = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From how many opinions each message has, and how sure its class is: how many it is to have next."""


def one_after_the_other(plan: np.ndarray, rng: np.random.Generator) -> Ask:
    """Messages in a random order, each at once as many opinions as planned."""
    order = rng.permutation(len(plan))

    def ask(given: np.ndarray, _sure: np.ndarray) -> np.ndarray:
        waiting = order[given[order] < plan[order]]
        asked = waiting[: STEP // (OVERLAP - 1)]
        return np.where(np.isin(np.arange(len(given)), asked), plan, given)

    return ask


def least_sure(given: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """One more opinion on the messages of which the class is the least sure."""
    unsure = np.where(given < OVERLAP, sure, np.inf)
    more = given.copy()
    more[np.argsort(unsure, kind="stable")[: min(STEP, int((given < OVERLAP).sum()))]] += 1
    return more


class Simulation:
    """An office before a pile of messages."""

    def __init__(self, seed: int, *, even: bool) -> None:
        rng = np.random.default_rng(seed)
        texts, self.truth, self.classes = messages(rng, even=even)
        self.office = Office(self.truth, len(self.classes), rng)
        self.said = model(texts, self.office.said[:, 0], self.classes, seed)
        self.rng = rng

    def fitted(self, way: str, given: np.ndarray) -> tuple[Fitted, float]:
        """The truth by `way` from so many opinions of each message, and how good it is."""
        found = CONSENSUS.get(way)(self.classes).fit(self.office.verdicts(given, self.classes), self.said)
        return found, accuracy(found.messages, self.truth, self.classes)

    def needed(self, way: str, goal: float, given: np.ndarray, ask: Ask) -> Needed:
        """Ask until the truth is as good as `goal`, or nobody is left to ask."""
        fell_back = []
        while True:
            found, reached = self.fitted(way, given)
            fell_back.append(found.by != way)
            more = ask(given, found.messages["confidence"].to_numpy())
            if reached >= goal or (more == given).all():
                return Needed(int(given.sum()), reached, float(np.mean(fell_back)))
            given = more


def one_office(seed: int, *, even: bool) -> dict[str, float]:
    """What each way reaches in one simulated office, and with how many verdicts."""
    here = Simulation(seed, even=even)
    once = np.ones(len(here.truth), dtype=np.int64)
    some_twice = np.where(np.arange(len(once)) % 10 == 0, 2, once)
    whole = {way: here.fitted(way, once * OVERLAP)[1] for way in ("majority", "crowdlab", "dawid_skene")}
    said, goal = here.office.said, whole["majority"]
    only_ties = np.where(said[:, 0] == said[:, 1], 2, OVERLAP)
    needed = {
        "majority": here.needed("majority", goal, once, one_after_the_other(once * OVERLAP, here.rng)),
        "thrifty_majority": here.needed("majority", goal, once, one_after_the_other(only_ties, here.rng)),
        "crowdlab": here.needed("crowdlab", goal, some_twice, least_sure),
        "dawid_skene": here.needed("dawid_skene", goal, some_twice, least_sure),
    }
    return {
        "messages": len(once),
        "first": float((said[:, 0] == here.truth).mean()),
        "model": float((here.said.to_numpy().argmax(axis=1) == here.truth).mean()),
        **{f"{way}_whole": reached for way, reached in whole.items()},
        **{f"{way}_verdicts": each.verdicts for way, each in needed.items()},
        **{f"{way}_reached": each.reached for way, each in needed.items()},
        "crowdlab_fell_back": needed["crowdlab"].fell_back,
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
    fewer = [1 - one["crowdlab_verdicts"] / one["majority_verdicts"] for one in offices]
    equal = all(one["crowdlab_reached"] >= one["majority_whole"] for one in offices)
    assert equal, "CROWDLAB did not become as good as the majority of three"
    assert min(fewer) >= PROMISED, f"only {100 * min(fewer):.0f} % fewer verdicts"
    means = {name: float(np.mean([one[name] for one in offices])) for name in offices[0]}
    facts = {name: round(value, 4) for name, value in means.items() if name != "messages"}
    print(f"CROWDLAB could not be taken, and Dawid and Skene's way was: {means['crowdlab_fell_back']:.0%} of the time")
    report(
        name,
        ratio=means["majority_verdicts"] / means["crowdlab_verdicts"],
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
