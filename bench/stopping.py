"""What stopping trials early is worth: the same budget of processor time with it, and with every trial to its end.

Two collections (Indonesian, three classes; a mixture in four languages), 1,000 messages of each, 5 folds with
near-copies kept together; 10 seeds each. Time is counted, not waited for: what vectorising, fitting and proposing take
is measured once on this thread, each feature set's matrices are paid once a search, and a trial costs 50 ms for the
store. So a busy machine changes nothing between the two. What won is also tried on other folds of the same messages.
"""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import optuna

from bench.result import report
from bench.search import interval
from bench.searched import COLLECTIONS, as_material, sampled
from core.learning import ArrayCache, Candidate
from core.learning.search import (
    Material,
    Matrices,
    Space,
    left_behind,
    make_pruner,
    make_sampler,
    meta_features,
    portfolio,
    warm_starts,
)
from core.learning.search.trial import on_fold
from core.pipeline.search import WARM_STARTS

TESTED = ("indonesian", "multilingual")
SEEDS = int(os.environ.get("SEEDS", "10"))
MESSAGES, FOLDS, BUDGET = 1_000, 5, 10.0
STORE_SECONDS = 0.05
LEAST_GAIN = -0.001


@dataclass
class Lab:
    """Candidates on the folds of one material, each fold evaluated once, with the seconds that it took."""

    material: Material
    folder: Path
    known: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)
    making: dict[tuple[str, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._matrices = Matrices(self.material.documents, self.material.splits, ArrayCache(self.folder))

    def fold(self, candidate: Candidate, fold: int) -> tuple[float, float, tuple[str, int]]:
        """Macro-F1, seconds of fitting, and which matrices it took (`making` has their seconds)."""
        made = (str(candidate.feature_key), fold)
        if (candidate.name, fold) not in self.known:
            began = time.thread_time()
            self._matrices(candidate, fold)
            self.making.setdefault(made, time.thread_time() - began)
            began = time.thread_time()
            reached = on_fold(candidate, self.material, self._matrices, fold).macro_f1
            self.known[candidate.name, fold] = reached, time.thread_time() - began
        return *self.known[candidate.name, fold], made

    def mean(self, name: str) -> float:
        """Macro-F1 over all folds."""
        return float(np.mean([self.fold(Candidate.parse(name), fold)[0] for fold in range(FOLDS)]))


@dataclass
class Search:
    """What a search of the budget came to: the macro-F1 of what it finished by name, and how many it proposed."""

    finished: dict[str, float] = field(default_factory=dict)
    proposed: set[str] = field(default_factory=set)

    @property
    def best(self) -> str:
        """The name of the best."""
        return max(self.finished, key=lambda name: self.finished[name])


def search(lab: Lab, space: Space, starts: list[str], seed: int, *, stops: bool) -> Search:
    """Search until the counted time is over."""
    pruner = make_pruner() if stops else optuna.pruners.NopPruner()
    study = optuna.create_study(direction="maximize", sampler=make_sampler("tpe", seed), pruner=pruner)
    for name in starts:
        study.enqueue_trial(space.point(Candidate.parse(name)))
    found, paid, spent = Search(), set[tuple[str, int]](), 0.0
    while spent < BUDGET:
        began = time.thread_time()
        trial = study.ask()
        candidate = space.suggest(trial)
        spent += time.thread_time() - began + STORE_SECONDS
        folds: list[float] = []
        for fold in range(FOLDS):
            reached, fitting, made = lab.fold(candidate, fold)
            spent += fitting + (0.0 if made in paid else lab.making[made])
            paid.add(made)
            folds.append(reached)
            if spent >= BUDGET or left_behind(trial, folds, FOLDS):
                break
        found.proposed.add(candidate.name)
        if len(folds) == FOLDS:
            found.finished[candidate.name] = float(np.mean(folds))
            study.tell(trial, float(np.mean(folds)))
        else:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    return found


def compare(name: str, folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Gains of stopping early, a seed each: of the best score, of what won on other folds, and of proposals (times)."""
    family, load = COLLECTIONS[name]
    rows = sampled(load(), MESSAGES)
    lab, other = (Lab(as_material(rows, folds=FOLDS, grouped=True, seed=seed), folder) for seed in (7, 107))
    space = Space.whole(len(lab.material.classes), linear=True)
    meta = meta_features([text for text, _ in rows], lab.material.y, len(lab.material.classes))
    starts = warm_starts(meta, portfolio(without=family), WARM_STARTS, space.takes)
    best, elsewhere, proposals = [], [], []
    sides: dict[bool, list[tuple[float, float, float, float]]] = {False: [], True: []}
    for seed in range(SEEDS):
        for stops, side in sides.items():
            found = search(lab, space, starts, seed, stops=stops)
            side.append((len(found.proposed), len(found.finished), found.finished[found.best], other.mean(found.best)))
        (n, _, score, again), (m, _, theirs, also) = sides[False][-1], sides[True][-1]
        best.append(theirs - score)
        elsewhere.append(also - again)
        proposals.append(m / n)
    for stops, side in sides.items():
        n, done, score, again = np.mean(side, axis=0)
        way = "stopped early" if stops else "to the end"
        said = f"{n:.1f} proposals, {done:.1f} finished, best {score:.4f}, on other folds {again:.4f}"
        print(f"{name:<13} {way:<14} {said}", flush=True)
    return best, elsewhere, proposals


def main() -> None:
    """Compare on both collections."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = [compare(name, Path(folder)) for name in TESTED]
    best, elsewhere, proposals = (np.mean(side, axis=0) for side in zip(*found, strict=True))
    for what, gains in (("best score", best), ("on other folds", elsewhere)):
        print(f"{what}: {interval(100 * gains)} points over {SEEDS} seeds")
    report(
        "stopping",
        ratio=round(float(proposals.mean()), 2),
        equal=bool(best.mean() >= LEAST_GAIN and proposals.mean() > 1),
        size=MESSAGES,
        seconds=time.perf_counter() - began,
        gain=round(float(best.mean()), 4),
        gain_on_other_folds=round(float(elsewhere.mean()), 4),
    )


if __name__ == "__main__":
    main()
