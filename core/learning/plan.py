"""What a trial of many candidates consists of, and in which order it may be done."""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass


class Kind(enum.Enum):
    """What a job does."""

    CUT = "cut"  # the texts into terms, for one vectoriser: a feature set, or a part of some
    VECTORISE = "vectorise"  # one point of one fold, for one feature set
    TRY = "try"  # one candidate at such a point


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work; `group` is a feature set (for CUT a vectoriser), `candidate` the place of one within it."""

    kind: Kind
    group: int
    split: int = -1
    point: int = -1
    candidate: int = -1


class Plan:
    """The jobs that are left.

    Args:
        groups: for each feature set the number of its candidates.
        parts: for each feature set the vectorisers for which texts are cut.
        splits: folds in all.
        points: of the learning curve, for each fold.
        has: whether the matrices that a job would make are there already.
        in_step: whether a candidate is tried on a fold only when the fold before is over.
    """

    def __init__(
        self,
        groups: Sequence[int],
        parts: Sequence[Sequence[int]],
        splits: int,
        points: int,
        has: Callable[[Job], bool],
        *,
        in_step: bool,
    ) -> None:
        self._parts = parts
        jobs: list[Job] = []
        for split in range(splits):
            for point in range(points):
                for group, n in enumerate(groups):
                    made = Job(Kind.VECTORISE, group, split, point)
                    if not has(made):
                        jobs += [*self._needs(made), made]
                    jobs += [Job(Kind.TRY, group, split, point, candidate) for candidate in range(n)]
        self._left = dict.fromkeys(jobs)  # in order, and each once
        self._begun: set[Job] = set()
        self.split = 0 if in_step else splits
        """The fold that candidates may be tried on, and those before it."""

    def next(self) -> Job | None:
        """The first job that can begin now, which is taken as begun; None where there is none."""
        for job in self._left:
            ahead = job.split - self.split
            if ahead <= (0 if job.kind is Kind.TRY else 1) and not any(map(self._is_open, self._needs(job))):
                del self._left[job]
                self._begun.add(job)
                return job
        return None

    def _needs(self, job: Job) -> list[Job]:
        """The jobs that are done before it."""
        if job.kind is Kind.TRY:
            return [Job(Kind.VECTORISE, job.group, job.split, job.point)]
        return [Job(Kind.CUT, part) for part in self._parts[job.group]] if job.kind is Kind.VECTORISE else []

    def _is_open(self, job: Job) -> bool:
        return job in self._left or job in self._begun

    def done(self, job: Job, error: Exception | None) -> list[Job]:
        """Take a job off; gives the trials that its error, if there is one, is the end of."""
        self._begun.discard(job)
        self._left.pop(job, None)
        if error is None:
            return []
        if job.kind is Kind.TRY:
            return [job]
        after = [other for other in self._left if job in self._needs(other)]
        return [ended for other in after for ended in self.done(other, error)]

    @property
    def over(self) -> int | None:
        """How many folds are over, where that is more than were and others are to come."""
        tries = [job.split for job in (*self._begun, *self._left) if job.kind is Kind.TRY]
        return min(tries) if tries and min(tries) > self.split else None

    def drop(self, candidates: Collection[tuple[int, int]]) -> None:
        """Leave out what is left of candidates, each a group and a place within it, and what nobody needs then."""
        kept = [job for job in self._left if job.kind is not Kind.TRY or (job.group, job.candidate) not in candidates]
        tried = {job.group for job in kept if job.kind is Kind.TRY}
        self._left = dict.fromkeys(job for job in kept if job.kind is Kind.CUT or job.group in tried)
