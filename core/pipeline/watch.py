"""The loop: wake on what was changed, asked, or is due, make what is stale again, until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from core.errors import StoreDownError, TallyroomError
from core.file_look import look_of
from core.pipeline.aside import Aside
from core.pipeline.ingest import listing
from core.pipeline.run import RunSummary, go_over
from core.pipeline.schedule import Cron
from core.pipeline.worker import Worker
from core.pipeline.workshop import Progress, silent
from core.project import Project
from core.store import Feed
from core.store.feed import StoreEvent
from core.store.models import TaskAsk, TaskState

SOURCES_SECONDS = 1.0
RETRY_SECONDS = 2.0
HELD_SECONDS = 1.0
"""After so long what another process holds is looked at again, whatever it says."""
WAKING = frozenset({"verdict", "labels", "messages", "withdrawn", "promoted", "search"})
PREDICT_AT_MOST = 20_000

Seen = tuple[object, ...]


def watch(
    project: Project,
    *,
    stop: threading.Event,
    progress: Progress = silent,
    before_run: Callable[[], None] = lambda: None,
    after_run: Callable[[RunSummary], None] = lambda _summary: None,
    on_trouble: Callable[[BaseException], None] = lambda _error: None,
    scheduler: str = "",
) -> None:
    """Run the pipeline whenever something it depends on has changed.

    Sources, the dictionary and the rules are looked at each second (files appear and grow); verdicts, labels,
    promotions and what people ask of a task on the Pipeline page are heard through the store's feed; a cron expression
    names moments. A store that goes away is waited for. A stage that fails is told of and tried again a few times, then
    left until something changes or somebody asks; the others go on meanwhile.

    Args:
        project: the room.
        stop: set it to end the loop; the task under way is put back.
        progress: told of work as it goes.
        before_run: called before each run; what it raises is treated like a failed stage.
        after_run: called after each run that did something.
        on_trouble: called with an error that the loop survives.
        scheduler: a Luigi scheduler's address, empty for this process's own.
    """
    worker = Worker(project, watches=True, stop=stop)
    worker.at_most = PREDICT_AT_MOST
    cron, aside = Cron(project.settings), Aside()
    feed: Feed | None = None
    try:
        while not stop.is_set():
            try:
                # Made before the run: what is written while it works wakes the loop again.
                feed = feed or Feed(project.store.engine)
                worker.live()
                seen = _seen(project)
                summary = _once(worker, aside, progress, cron, before_run, after_run, on_trouble, scheduler)
                if summary is None or not _at_it(summary):
                    held = summary is not None and summary.held
                    _sleep_until_stale(worker, feed, seen, cron, held=held)
            except StoreDownError as error:
                on_trouble(error)
                feed = None
                stop.wait(RETRY_SECONDS)
    finally:
        aside.close()
        if feed is not None:
            feed.close()
        worker.close()


def _once(
    worker: Worker,
    aside: Aside,
    progress: Progress,
    cron: Cron,
    before_run: Callable[[], None],
    after_run: Callable[[RunSummary], None],
    on_trouble: Callable[[BaseException], None],
    scheduler: str,
) -> RunSummary | None:
    """Go over the line once; None where it could not even begin."""
    try:
        before_run()
        summary = go_over(worker, progress, due=cron.take(), scheduler=scheduler, aside=aside)
        for failure in summary.failures:
            on_trouble(failure)
        if not summary.nothing_to_do:
            after_run(summary)
    except StoreDownError:
        raise
    except TallyroomError as error:
        on_trouble(error)
        return None
    return summary


def _at_it(summary: RunSummary) -> bool:
    """Whether there is more to go through than one going-over does."""
    return summary.more or max(summary.predicted, summary.indexed) >= PREDICT_AT_MOST


def _sleep_until_stale(worker: Worker, feed: Feed, seen: Seen, cron: Cron, *, held: bool) -> None:
    looked = began = time.monotonic()
    while not worker.stop.is_set():
        if _wakes(feed.wait(0.25), held=held):
            return
        now = time.monotonic()
        if now >= worker.rest_until or cron.is_due or (held and now - began > HELD_SECONDS):
            return
        if now - looked > SOURCES_SECONDS:
            looked = now
            if _seen(worker.project) != seen:
                return


def _wakes(events: Iterable[StoreEvent], *, held: bool) -> bool:
    """Whether something happened that makes a stage stale, or was asked for; or another process let go of a task."""
    let_go = (TaskState.DONE, TaskState.FAILED, TaskState.WAITING)
    return any(
        event.kind in WAKING
        or (event.kind == "task" and event.payload.get("asked") == TaskAsk.RERUN)
        or (held and event.kind == "task" and event.payload.get("state") in let_go)
        for event in events
    )


def _seen(project: Project) -> Seen:
    """What the sources, the dictionary and the rules look like now; what cannot be used the run will tell."""
    settings = project.settings.pipeline
    files = (project.folder / "dictionaries" / f"{settings.dataset}.yaml", project.folder / settings.rules)
    states: list[object] = [look_of(path) for path in files]
    try:
        states.append(listing(project))
    except StoreDownError:
        raise
    except TallyroomError as error:
        states.append(str(error))
    return tuple(states)
