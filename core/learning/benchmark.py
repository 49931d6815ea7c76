"""The benchmark: all candidates on the same folds, each result as soon as it is there.

Vectorising is most of the work, so each text is cut into terms once for all folds, and each fold and point of the curve
becomes a matrix once for all candidates with the same feature set; with a cache, once for all runs. The numbers are
those of scikit-learn's `cross_val_predict` on the same folds, to the last digit, in one process or in several.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Container, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.learning.cache import ArrayCache
from core.learning.ensemble import AnyCandidate
from core.learning.matrices import Matrices
from core.learning.plan import Job, Kind, Plan
from core.learning.racing import Race
from core.learning.referee import Referee
from core.learning.splits import Split, curve_points
from core.learning.trial import FailedFold, FoldResult, Outcome, Point, Stopped, tried
from core.learning.workers import Here, Workers, go_on

__all__ = ["FailedFold", "FoldResult", "Outcome", "Stopped", "benchmark", "trials"]


def benchmark(
    texts: Sequence[str],
    y: np.ndarray,
    classes: Sequence[str],
    candidates: Sequence[AnyCandidate],
    splits: Sequence[Split],
    *,
    curve: Sequence[float] = (1.0,),
    seed: int = 0,
    workers: int = 1,
    cache: ArrayCache | None = None,
    weights: np.ndarray | None = None,
) -> Iterator[FoldResult]:
    """Cross-validate candidates, yielding each fold as it finishes; the first that fails ends it with its error.

    Args:
        texts: n texts, cleaned.
        y: n class codes into `classes`.
        classes: the k class names.
        candidates: what is tried.
        splits: the folds, from `repeated_stratified`.
        curve: points of the learning curve, as shares of each training part.
        seed: of the estimators and of the curve's samples.
        workers: processes that work on it; 1: this one.
        cache: keeps the matrices for the next run.
        weights: what each of the n messages weighs in training, None where all weigh the same.
    """
    found = trials(
        texts, y, classes, candidates, splits, curve=curve, seed=seed, workers=workers, cache=cache, weights=weights
    )
    with closing(found):
        for outcome in found:
            if isinstance(outcome, FailedFold):
                raise outcome.error
            if isinstance(outcome, FoldResult):
                yield outcome


def trials(
    texts: Sequence[str],
    y: np.ndarray,
    classes: Sequence[str],
    candidates: Sequence[AnyCandidate],
    splits: Sequence[Split],
    *,
    curve: Sequence[float] = (1.0,),
    seed: int = 0,
    workers: int = 1,
    cache: ArrayCache | None = None,
    race: Race | None = None,
    weights: np.ndarray | None = None,
    pool: Workers | None = None,
    look: Callable[[], None] = go_on,
) -> Generator[Outcome, None, None]:
    """The same for a grid in which a candidate may fail, or be stopped, while the others go on.

    With a race candidates are compared after each fold; one that is stopped is said once, and not tried any further.
    In several processes results come in the order in which they finish, and with a race still fold by fold. A `pool` of
    processes that are there already is used instead of `workers` new ones, and left as it was found. While several
    work, `look` is called now and then: what it raises ends the trial, whatever they are at.
    """
    points = [
        [Point(split, fraction, train) for fraction, train in curve_points(split, y, sorted(curve), seed)]
        for split in splits
    ]
    with ExitStack() as stack:
        if (workers > 1 or pool is not None) and cache is None:  # it is how the processes share their matrices
            cache = ArrayCache(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tallyroom-matrices-"))))
        matrices = Matrices(np.array(list(texts), dtype=object), cache)
        groups = _sharing(candidates, matrices)
        cuts, parts = _cuts(groups, matrices)
        work = _Work(matrices, groups, cuts, points, np.asarray(y), tuple(classes), seed, weights)
        sizes = [len(group) for group in groups]
        plan = Plan(sizes, parts, len(points), len(curve), work.has, in_step=race is not None)
        referee = None if race is None else Referee(race, candidates, splits, max(curve))
        if pool is None and workers > 1:
            pool = stack.enter_context(Workers(workers))
        doing = Here(work) if pool is None else stack.enter_context(pool.at(work, look))
        yield from _carried_out(plan, doing, work, referee)


def _carried_out(plan: Plan, doing: Workers | Here, work: _Work, referee: Referee | None) -> Iterator[Outcome]:
    while True:
        _give(plan, doing)
        if not doing.busy:
            return
        job, result, error = doing.wait()
        ended = plan.done(job, error)
        outcomes: list[Outcome] = [work.failed(each, error) for each in ended] if error is not None else []
        if isinstance(result, FoldResult):
            outcomes.append(result)
        if referee is not None:
            outcomes += _refereed(plan, work, referee, result)
        _give(plan, doing)  # before whoever reads the results takes the time to store them
        yield from outcomes


def _give(plan: Plan, doing: Workers | Here) -> None:
    while doing.free and (job := plan.next()) is not None:
        doing.give(job)


def _refereed(plan: Plan, work: _Work, referee: Referee, result: FoldResult | None) -> list[Stopped]:
    """Show the referee a result; between two folds hear who is stopped, and let the others go on."""
    if result is not None:
        referee.sees(result)
    over = plan.over
    if over is None:
        return []
    stopped = referee.stops(over)
    plan.drop(work.places({each.candidate for each in stopped}))
    plan.split = over
    return stopped


@dataclass(frozen=True, slots=True)
class _Work:
    """All that a job needs to know; it is sent to each worker once."""

    matrices: Matrices
    groups: Sequence[Sequence[AnyCandidate]]
    cuts: Sequence[tuple[Any, str]]
    points: Sequence[Sequence[Point]]
    y: np.ndarray
    classes: tuple[str, ...]
    seed: int
    weights: np.ndarray | None

    def __call__(self, job: Job) -> FoldResult | None:
        """Do a job."""
        if job.kind is Kind.CUT:
            self.matrices.prepare(*self.cuts[job.group])
            return None
        point = self.points[job.split][job.point]
        vectorisers = self.groups[job.group][0].vectorisers()
        pairs = [self.matrices.pair(*each, point.train, point.split.test) for each in vectorisers]
        if job.kind is Kind.VECTORISE:
            return None
        return tried(self.candidate(job), point, pairs, self.y, self.classes, self.seed, self.weights)

    def has(self, job: Job) -> bool:
        """Whether the matrices that a job makes are in the cache, or would not be kept for whoever needs them."""
        point = self.points[job.split][job.point]
        vectorisers = self.groups[job.group][0].vectorisers()
        if len(vectorisers) > self.matrices.keeps:
            return True
        return all(self.matrices.has(*each, point.train, point.split.test) for each in vectorisers)

    def candidate(self, job: Job) -> AnyCandidate:
        """Whom a job tries."""
        return self.groups[job.group][job.candidate]

    def failed(self, job: Job, error: Exception) -> FailedFold:
        """That a job's candidate could not be tried."""
        point = self.points[job.split][job.point]
        return FailedFold(self.candidate(job).name, point.split.repeat, point.split.fold, point.fraction, error)

    def places(self, names: Container[str]) -> set[tuple[int, int]]:
        """Where the candidates of those names are."""
        return {
            (group, place)
            for group, candidates in enumerate(self.groups)
            for place, candidate in enumerate(candidates)
            if candidate.name in names
        }


def _sharing(candidates: Sequence[AnyCandidate], matrices: Matrices) -> list[list[AnyCandidate]]:
    """Candidates by the matrices that they share; words are cheapest, and give the page its first points."""
    groups: dict[str, list[AnyCandidate]] = {}
    for candidate in sorted(candidates, key=lambda each: (each.feature_keys[0][0] != "word", each.feature_keys)):
        key = "+".join(matrices.key(*each) for each in candidate.vectorisers())
        groups.setdefault(key, []).append(candidate)
    # A union comes after what it may be made of.
    return sorted(groups.values(), key=lambda group: len(_parts(group[0], matrices)) > 1)


def _cuts(
    groups: Sequence[Sequence[AnyCandidate]], matrices: Matrices
) -> tuple[list[tuple[Any, str]], list[list[int]]]:
    """The vectorisers for which texts are cut, each once, and for each group the places of its own among them."""
    cuts: dict[str, tuple[Any, str]] = {}
    parts: list[list[int]] = []
    for group in groups:
        own = {matrices.key(*part): part for part in _parts(group[0], matrices)}
        cuts |= {key: part for key, part in own.items() if key not in cuts}
        parts.append([list(cuts).index(key) for key in own])
    return list(cuts.values()), parts


def _parts(candidate: AnyCandidate, matrices: Matrices) -> list[tuple[Any, str]]:
    """The vectorisers for which texts are cut, of all its matrices."""
    return [part for each in candidate.vectorisers() for part in matrices.parts(*each)]
