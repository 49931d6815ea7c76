"""The loop: wake on new verdicts or messages, make what is stale again, until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.errors import StoreDownError, TallyroomError
from core.pipeline.ingest import listing
from core.pipeline.run import RunSummary, run
from core.pipeline.stage import Progress, silent
from core.project import Project
from core.store import Feed

SOURCES_SECONDS = 1.0
RETRY_SECONDS = 2.0
WAKING = frozenset({"verdict", "labels", "messages"})
PREDICT_AT_MOST = 20_000


def watch(
    project: Project,
    *,
    stop: threading.Event,
    progress: Progress = silent,
    before_run: Callable[[], None] = lambda: None,
    after_run: Callable[[RunSummary], None] = lambda _summary: None,
    on_trouble: Callable[[Exception], None] = lambda _error: None,
) -> None:
    """Run the pipeline whenever something it depends on has changed.

    Sources are looked at each second (files appear and grow); verdicts and labels are heard through the store's feed.
    A store that goes away is waited for; a stage that fails is told of, and tried again when something changes.

    Args:
        project: the room.
        stop: set it to end the loop after the current batch.
        progress: told of work as it goes.
        before_run: called before each run; what it raises is treated like a failed stage.
        after_run: called after each run that did something.
        on_trouble: called with an error that the loop survives.
    """
    feed: Feed | None = None
    listed: tuple[tuple[str, str], ...] | None = None
    while not stop.is_set():
        try:
            # Made before the run: what is written while it works wakes the loop again.
            feed = feed or Feed(project.store.engine)
            listed = _listed(project)
            before_run()
            summary = run(project, progress, predict_at_most=PREDICT_AT_MOST)
            if not summary.nothing_to_do:
                after_run(summary)
            if max(summary.predicted, summary.indexed) < PREDICT_AT_MOST:
                _sleep_until_stale(project, feed, listed, stop)
        except StoreDownError as error:
            on_trouble(error)
            feed = None
            stop.wait(RETRY_SECONDS)
        except TallyroomError as error:
            on_trouble(error)
            _sleep_until_stale(project, feed, listed, stop)
    if feed is not None:
        feed.close()


def _sleep_until_stale(
    project: Project, feed: Feed | None, listed: tuple[tuple[str, str], ...] | None, stop: threading.Event
) -> None:
    looked = time.monotonic()
    while not stop.is_set():
        if feed is None:
            stop.wait(RETRY_SECONDS)
            return
        if any(event.kind in WAKING for event in feed.wait(0.25)):
            return
        if time.monotonic() - looked > SOURCES_SECONDS:
            looked = time.monotonic()
            if _listed(project) != listed:
                return


def _listed(project: Project) -> tuple[tuple[str, str], ...] | None:
    """What the sources look like now; None where the dictionary cannot be used, which the run will tell."""
    try:
        return listing(project)
    except TallyroomError:
        return None
