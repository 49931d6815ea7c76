"""What the benchmarks of the search share: public collections as material, and trials that are evaluated once."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna

from bench.sms import REAL, Rows, read_csv
from core.learning import Candidate, grouped_stratified, near_copies, repeated_stratified
from core.learning.cache import ArrayCache
from core.learning.search import Material, Matrices, Outcome, Space, make_sampler, try_candidate

optuna.logging.set_verbosity(optuna.logging.ERROR)

ALL = "all"
"""The family of a mixture: nothing public may help it."""
OF_EACH = 1_100
UNWANTED = frozenset({"spam", "penipuan", "promo"})


def in_four_languages() -> Rows:
    """English of Nigeria, Indonesian, Turkish and Hindi, as many of each about, wanted or not."""
    rows: Rows = []
    for name in ("exais", "indonesian", "turkish", "hindi"):
        for text, label in sampled(COLLECTIONS[name][1](), OF_EACH):
            rows.append((text, "spam" if label.lower() in UNWANTED else "ham"))
    return rows


COLLECTIONS: dict[str, tuple[str, Callable[[], Rows]]] = {
    "uci": ("uci", REAL["uci"]),
    "smishing": ("uci", REAL["smishing_5971"]),
    "hindi": ("uci", lambda: read_csv("hindi_uci_translation.csv", 0, 1)),
    "exais": ("exais", lambda: read_csv("exais_users1-13.csv", "body", "label")),
    "indonesian": ("indonesian", REAL["indonesian_1143"]),
    "turkish": ("turkish", REAL["turkish_4751"]),
    "multilingual": (ALL, lambda: in_four_languages()),
}
"""The public collections, and the family of each: those of one family hold the same messages (or their translation),
so that none of it may help when another of it is tested."""


def as_material(rows: Rows, *, folds: int, seed: int = 7, grouped: bool = False) -> Material:
    """Texts with their classes, and folds over them; `grouped` keeps near-copies on one side."""
    classes = tuple(sorted({label for _, label in rows}))
    texts = [text for text, _ in rows]
    y = np.array([classes.index(label) for _, label in rows])
    if grouped:
        splits = grouped_stratified(y, near_copies(texts), folds=folds, repeats=1, seed=seed, classes=classes)
    else:
        splits = repeated_stratified(y, folds=folds, repeats=1, seed=seed, classes=classes)
    return Material(np.array(texts, dtype=object), y, classes, splits, seed)


def sampled(rows: Rows, most: int, seed: int = 0) -> Rows:
    """At most so many of the rows, by chance."""
    order = np.random.default_rng(seed).permutation(len(rows))[:most]
    return [rows[number] for number in np.sort(order)]


@dataclass
class Tried:
    """Evaluates candidates on one material, each once however often it is asked for."""

    material: Material

    def __post_init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()  # goes with it
        self._matrices = Matrices(self.material.documents, self.material.splits, ArrayCache(Path(self._folder.name)))
        self._known: dict[str, Outcome] = {}

    def __call__(self, candidate: Candidate) -> Outcome:
        """The outcome of all folds."""
        if candidate.name not in self._known:
            self._known[candidate.name] = try_candidate(
                candidate, self.material, self._matrices, seconds_left=lambda: math.inf
            )
        return self._known[candidate.name]


def search(
    tried: Tried, space: Space, sampler: str, seed: int, trials: int, starts: list[str] | None = None
) -> list[tuple[str, float]]:
    """A search of so many trials: names and macro-F1 in order."""
    study = optuna.create_study(direction="maximize", sampler=make_sampler(sampler, seed))
    for name in starts or []:
        study.enqueue_trial(space.point(Candidate.parse(name)))
    found = []
    for _ in range(trials):
        trial = study.ask()
        candidate = space.suggest(trial)
        reached = tried(candidate).macro_f1 or 0.0
        study.tell(trial, reached)
        found.append((candidate.name, reached))
    return found
