"""One run over the straight line: what is stale is made again, and nothing else."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

import luigi
from luigi.execution_summary import LuigiStatusCode

from core.errors import PipelineError, TallyroomError
from core.pipeline.fit import Fit
from core.pipeline.index import index_texts
from core.pipeline.ingest import Ingest, listing, stale
from core.pipeline.naive import NaiveSplit
from core.pipeline.predict import predict
from core.pipeline.stage import Progress, silent, workshop
from core.pipeline.tag import tag
from core.pipeline.template import mine_templates
from core.pipeline.training import choose_cutoff
from core.project import Project


@dataclass(frozen=True, slots=True)
class RunSummary:
    """What a run did: its stages, messages predicted, labels of rules, seconds, messages whose template was found.

    `indexed`: so many messages came into the search. It follows by itself, and no run is told of for it.
    """

    stages: tuple[str, ...]
    predicted: int
    tagged: int
    seconds: float
    templated: int = 0
    indexed: int = 0

    @property
    def nothing_to_do(self) -> bool:
        """Whether everything was up to date."""
        return not self.stages and not self.predicted and not self.tagged and not self.templated


def run(project: Project, progress: Progress = silent, *, predict_at_most: int | None = None) -> RunSummary:
    """Bring the room up to date: ingest, tag, mine templates, benchmark, fit, promote, predict, index for the search.

    Of the last two at most `predict_at_most` messages each, where that is given.

    Raises:
        PipelineError: a stage failed; what was finished before stays.
        TallyroomError: a dictionary, a rule file or a source cannot be used.
    """
    began = time.monotonic()
    room = workshop.enter(project, progress)
    ran: list[str] = []
    if to_ingest := stale(project, listing(project)):
        ran += _build(Ingest(room=room, listed=to_ingest))
    tagged = tag(project, progress)
    templated = mine_templates(project, progress)
    cutoff = choose_cutoff(project)
    if cutoff:
        ran += _build(Fit(room=room, cutoff=cutoff))
    predicted = predict(project, progress, at_most=predict_at_most)
    indexed = index_texts(project, progress, at_most=predict_at_most)
    if cutoff:
        ran += _build(NaiveSplit(room=room, cutoff=cutoff))
    return RunSummary(tuple(ran), predicted, tagged, time.monotonic() - began, templated, indexed)


def ingest_sources(project: Project, progress: Progress = silent) -> dict[str, int]:
    """Bring what is new or has changed in the sources into the store.

    Returns:
        rows_read, stored, sampled_out and quarantined, which add up; new, changed, labels.
    """
    room = workshop.enter(project, progress)
    to_ingest = stale(project, listing(project))
    if to_ingest:
        _build(Ingest(room=room, listed=to_ingest))
    results = [task.result() for task in Ingest(room=room, listed=to_ingest).requires()]
    names = ("rows_read", "stored", "sampled_out", "quarantined", "new", "changed", "labels")
    return {name: sum(int(result[name]) for result in results) for name in names}


def _build(task: luigi.Task) -> list[str]:
    """Build a task and what it needs; gives the names of the tasks that ran.

    Raises:
        The error of a stage that failed, as it was raised where it is one of ours.
    """
    failures: list[BaseException] = []
    ran: list[str] = []

    def failed(failing: luigi.Task, error: BaseException) -> None:
        error.add_note(f"in the stage {failing.task_family}")
        failures.append(error)

    def succeeded(done: luigi.Task) -> None:
        if not isinstance(done, luigi.WrapperTask):
            ran.append(done.task_family)

    listeners: dict[str, Callable[..., None]] = {
        luigi.Event.FAILURE: failed,
        luigi.Event.BROKEN_TASK: failed,
        luigi.Event.SUCCESS: succeeded,
    }
    for event, listener in listeners.items():
        luigi.Task.event_handler(event)(listener)
    try:
        outcome = luigi.build([task], local_scheduler=True, detailed_summary=True, no_lock=True, **_quiet())
    finally:
        for event, listener in listeners.items():
            luigi.Task.remove_event_handler(event, listener)
    if failures:
        error = failures[0]
        if isinstance(error, TallyroomError):
            raise error
        raise PipelineError(f"a stage failed: {type(error).__name__}: {error}") from error
    # `scheduling_succeeded` is False after a retry that succeeded; `status` is not.
    if outcome.status not in (LuigiStatusCode.SUCCESS, LuigiStatusCode.SUCCESS_WITH_RETRY):
        raise PipelineError(f"the pipeline stopped: {outcome.one_line_summary}")
    return ran


def _quiet() -> dict[str, object]:
    # Luigi would set a signal handler, which only a main thread may.
    luigi.configuration.get_config().set("worker", "no_install_shutdown_handler", "true")
    logging.getLogger("luigi").setLevel(logging.CRITICAL)
    logging.getLogger("luigi-interface").setLevel(logging.CRITICAL)
    return {"log_level": "CRITICAL", "workers": 1}
