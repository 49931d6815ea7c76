"""Building a graph of tasks with Luigi: what needs what in its order, what others hold later, one failure alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import urlsplit

import luigi
from luigi.execution_summary import LuigiStatusCode

from core.errors import PipelineError, TallyroomError
from core.pipeline.stage import LineTask, graph_of
from core.pipeline.worker import Worker
from core.store.queries.tasks import unfinished
from core.store.records.claims import Refusal
from core.store.records.tasks import note_complete

AGAIN_SECONDS = 0.3
"""Before what another process holds is looked at again."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def build(worker: Worker, root: luigi.Task, *, waits: bool, scheduler: str = "") -> None:
    """Build a task and all that it needs, as far as it goes; the worker knows what was done, what failed, what is left.

    Args:
        worker: who works.
        root: the task.
        waits: whether to wait for what another process holds, and then go on.
        scheduler: the address of a Luigi scheduler to order the tasks by; empty: this process's own.
    """
    while not worker.stop.is_set():
        already = len(worker.skipped)
        graph = graph_of(root)
        worker.list_tasks([task.listed() for task in graph])
        _build_once(worker, root, scheduler)
        settled = _settle(worker, graph)
        held = [each for each in worker.skipped[already:] if each.why == Refusal.HELD]
        if (settled and not held) or not waits:
            return
        del worker.skipped[already:]  # looked at again
        worker.stop.wait(AGAIN_SECONDS)


def _settle(worker: Worker, graph: Sequence[LineTask]) -> bool:
    """What is complete is done; False while it is not known whether whoever has it in hand still lives.

    Another process may have finished it while this one wrote it down as waiting, or was killed after its last write.
    """
    store = worker.project.store
    with store.read() as connection:
        left = unfinished(connection, [task.made_from() for task in graph])
    complete = [task.made_from() for task in graph if task.made_from() in left and task.complete()]
    if over := [each for each in complete if not left[each]]:
        store.write(lambda connection: note_complete(connection, over))
    return len(over) == len(complete)


def _build_once(worker: Worker, root: luigi.Task, scheduler: str) -> None:
    before = len(worker.failures) + len(worker.skipped)
    where = {"scheduler_url": scheduler} if scheduler else {}
    outcome = luigi.build(
        [root], local_scheduler=not scheduler, detailed_summary=True, no_lock=True, **where, **_quiet()
    )
    # `scheduling_succeeded` is False after a retry that succeeded; `status` is not.
    well = outcome.status in (LuigiStatusCode.SUCCESS, LuigiStatusCode.SUCCESS_WITH_RETRY)
    told = len(worker.failures) + len(worker.skipped) > before
    if not well and not told and not worker.stop.is_set():
        worker.failures.append(PipelineError(f"the pipeline stopped: {outcome.one_line_summary}"))


def require_near(scheduler: str) -> None:
    """Refuse a scheduler on another machine: it asks nobody who they are.

    Raises:
        PipelineError: it is not on this machine's own loopback address.
    """
    asked = urlsplit(scheduler)
    if asked.scheme != "http" or asked.hostname not in LOOPBACK:
        raise PipelineError(
            f"'{scheduler}' is not on this machine",
            where="--scheduler",
            fix="A Luigi scheduler lets everybody in: run it on 127.0.0.1, and share work through the store instead.",
        )


def first_error(worker: Worker) -> BaseException | None:
    """What a going-over that was asked for once ends with: the first failure, else what it could not do."""
    if worker.failures:
        error = worker.failures[0]
        if isinstance(error, TallyroomError):
            return error
        told = PipelineError(f"a stage failed: {type(error).__name__}: {error}")
        told.__cause__ = error
        return told
    stuck = next((each for each in worker.skipped if each.why != Refusal.HELD), None)
    if stuck is None:
        return None
    return PipelineError(f"the stage {stuck.family} is {stuck.why}", fix="The Pipeline page says why.")


def _quiet() -> dict[str, object]:
    # Luigi would set a signal handler, which only a main thread may.
    luigi.configuration.get_config().set("worker", "no_install_shutdown_handler", "true")
    logging.getLogger("luigi").setLevel(logging.CRITICAL)
    logging.getLogger("luigi-interface").setLevel(logging.CRITICAL)
    return {"log_level": "CRITICAL", "workers": 1}
