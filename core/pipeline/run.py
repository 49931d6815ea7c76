"""One run over the straight line: what is stale is made again, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.errors import StoreDownError, TallyroomError
from core.pipeline.aside import Aside
from core.pipeline.build import build, first_error, require_near
from core.pipeline.ingest import Ingest, IngestPart, listing, stale
from core.pipeline.line import Line
from core.pipeline.worker import Worker
from core.pipeline.workshop import Progress, silent, workshop
from core.project import Project
from core.store.records.claims import Refusal

STAGES = ("IngestPart", "Benchmark", "Fit", "NaiveSplit", "Search", "Export")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did: its stages, messages predicted, labels of rules, seconds, messages whose template was found.

    `indexed`: so many messages came into the search. It follows by itself, and no run is told of for it. `folds`: so
    many folds of a benchmark were tried here. `failures`: what went wrong; `held`: another process was at some of it;
    `more`: it was at older messages, and some are left.
    """

    stages: tuple[str, ...]
    predicted: int
    tagged: int
    seconds: float
    templated: int = 0
    indexed: int = 0
    folds: int = 0
    held: bool = False
    more: bool = False
    failures: tuple[BaseException, ...] = field(default=(), repr=False)

    @property
    def nothing_to_do(self) -> bool:
        """Whether everything was up to date."""
        return not any((self.stages, self.folds, self.predicted, self.tagged, self.templated))


def run(
    project: Project, progress: Progress = silent, *, predict_at_most: int | None = None, scheduler: str = ""
) -> RunSummary:
    """Bring the room up to date: ingest, tag, mine templates, benchmark, fit, promote, predict, index, search.

    Predicted and indexed are at most `predict_at_most` messages each, where that is given. What another process is at
    is waited for. A stage that fails does not keep back those that need nothing of it.

    Raises:
        PipelineError: a stage failed; what was finished stays.
        TallyroomError: a dictionary, a rule file or a source cannot be used.
    """
    if scheduler:
        require_near(scheduler)
    worker = Worker(project)
    worker.at_most = predict_at_most
    try:
        summary = go_over(worker, progress, waits=True, scheduler=scheduler)
        if (error := first_error(worker)) is not None:
            raise error
        return summary
    finally:
        worker.close()


def go_over(
    worker: Worker,
    progress: Progress = silent,
    *,
    waits: bool = False,
    due: bool = False,
    scheduler: str = "",
    aside: Aside | None = None,
) -> RunSummary:
    """Go over the line once.

    Args:
        worker: who works.
        progress: told of work as it goes.
        waits: whether to wait for what another process holds.
        due: whether a single new label is enough to train again.
        scheduler: a Luigi scheduler's address, empty for this process's own.
        aside: does what takes minutes, in a process of its own; None: this one does.

    Raises:
        StoreDownError: the store does not answer.
    """
    began = time.monotonic()
    project = worker.project
    room = workshop.enter(project, progress, worker)
    worker.begin()
    line = Line(worker, room, waits=waits, due=due, scheduler=scheduler, aside=aside)
    try:
        for step in line.steps():
            if not worker.stop.is_set():
                _try(worker, step)
    finally:
        worker.dismiss()
        workshop.leave(room)
    worker.over(worker.failures[0] if worker.failures else None)
    return _summary(worker, time.monotonic() - began, more=line.is_older_left())


def _try(worker: Worker, step: Callable[[], None]) -> None:
    """One failure does not stop the rest; a store that does not answer does."""
    try:
        step()
    except StoreDownError:
        raise
    except TallyroomError as error:
        if str(error) not in map(str, worker.failures):
            worker.failures.append(error)
    for failure in worker.failures:
        if isinstance(failure, StoreDownError):
            raise failure


def _summary(worker: Worker, seconds: float, *, more: bool) -> RunSummary:
    def total(family: str) -> int:
        return sum(result for name, result in worker.ran if name == family)

    families = [family for family, _ in worker.ran]
    return RunSummary(
        stages=tuple(family for family in families if family in STAGES),
        predicted=total("Predict") + total("PredictShard"),
        tagged=total("Tag") + total("TagShard"),
        seconds=seconds,
        templated=total("Templates"),
        indexed=total("Index"),
        folds=families.count("CrossValidate"),
        more=more and not {"TagShard", "PredictShard"}.isdisjoint(families),
        held=any(each.why == Refusal.HELD for each in worker.skipped),
        failures=tuple(worker.failures),
    )


def ingest_sources(project: Project, progress: Progress = silent) -> dict[str, int]:
    """Bring what is new or has changed in the sources into the store.

    Returns:
        rows_read, stored, sampled_out and quarantined, which add up; new, changed, labels.

    Raises:
        SourceError: a source cannot be read.
    """
    worker = Worker(project)
    room = workshop.enter(project, progress, worker)
    to_ingest = stale(project, listing(project))
    error: BaseException | None = None
    try:
        worker.begin()
        build(worker, Ingest(room=room, listed=to_ingest), waits=True)
        error = first_error(worker)
        worker.over(error)
    finally:
        worker.close()
    if error is not None:
        raise error
    results = [IngestPart(room=room, part=name, state=state).result() for name, state in to_ingest]
    workshop.leave(room)
    names = ("rows_read", "stored", "sampled_out", "quarantined", "new", "changed", "labels")
    return {name: sum(int(result[name]) for result in results) for name in names}
