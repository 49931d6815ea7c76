"""How a search goes on: the conductor and its crew.

The conductor begins the search, starts workers, replaces those that die, ends what overruns, and sums up: the best
trial and the ensemble, each with an estimate that is honest about the choosing. All that was found is in the store
from the moment it is there; a search that is ended early sums up what it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from core.errors import PipelineError, StoreDownError
from core.pipeline.hold import CancelledError, StoppedError
from core.pipeline.search.begin import RESERVE_SHARE, SearchOptions, begin
from core.pipeline.search.crew import Crew
from core.pipeline.search.heartbeat import Heartbeat
from core.pipeline.search.lost import close_lost
from core.pipeline.search.summary import importances, sum_up
from core.project import Project
from core.store.models import SearchState
from core.store.queries.trials import SearchRow, running_search, search_row, trials_over
from core.store.records.claims import LeaseLostError
from core.store.records.trials import end_search, note_result

LEAST_SECONDS = 5.0
LOOK_SECONDS = 0.2
WEIGH_SECONDS = 20.0
"""So often what matters among the parameters is worked out again."""


Told = Callable[[SearchRow], None]


def search_room(project: Project, options: SearchOptions, told: Told = lambda _row: None) -> SearchRow:
    """Search until the budget is used up, or Ctrl+C; gives the search as it ended.

    Args:
        project: the room.
        options: what is asked.
        told: how it stands, some times a second; by what it raises it may end the search.

    Raises:
        PipelineError: there is nothing to learn from, too few of a class, or a budget in which nothing can be done.
        CancelledError, StoppedError: as `told` raised it, once what was found is summed up.
    """
    began = time.monotonic()
    if options.seconds < LEAST_SECONDS:
        raise PipelineError("nothing can be found in so short a time", fix=f"Give {LEAST_SECONDS:.0f}s or more.")
    search_id = begin(project, options)
    crew = Crew(project, _row(project, search_id), options.workers)
    wish: BaseException | None = None
    with Heartbeat(project.store, search_id):
        try:
            try:
                _conduct(project, crew, search_id, began + options.seconds, told, options.trials)
            except (KeyboardInterrupt, CancelledError, StoppedError) as asked:
                wish = asked
            crew.end()
            result = sum_up(project, _row(project, search_id))
            if wish is None:
                _end(project, search_id, SearchState.DONE, result, None)
            else:
                _end(project, search_id, SearchState.STOPPED, result, _who_ended_it(wish))
        except (LeaseLostError, StoreDownError):
            raise  # nothing can be written: whoever comes next closes it
        except KeyboardInterrupt as again:  # while it summed up: its trials are there all the same
            _end(project, search_id, SearchState.STOPPED, None, _who_ended_it(again))
        except BaseException as failure:
            _end(project, search_id, SearchState.FAILED, None, f"{type(failure).__name__}: {failure}")
            raise
        finally:
            crew.end()
    if isinstance(wish, (CancelledError, StoppedError)):
        raise wish
    return _row(project, search_id)


def _who_ended_it(wish: BaseException) -> str:
    if isinstance(wish, CancelledError):
        return f"It was {wish.what}."
    if isinstance(wish, StoppedError):
        return "The watcher that it belonged to was ended."
    return f"It was ended by {str(wish) or 'Ctrl+C'}."


def _end(
    project: Project, search_id: int, state: SearchState, result: dict[str, Any] | None, error: str | None
) -> None:
    project.store.write(lambda connection: end_search(connection, search_id, state, result, error))


def join_search(project: Project, workers: int, told: Told = lambda _row: None) -> SearchRow:
    """Work for the search that is running in this room, begun here or on another machine, until it is over.

    Raises:
        PipelineError: none is running.
    """
    with project.store.read() as connection:
        running = running_search(connection, project.dataset_id)
    if running is None or running.left_ms <= 0:
        raise PipelineError("no search is running in this room", fix="Begin one: tallyroom search --budget 10m")
    crew = Crew(project, running, workers)
    try:
        _conduct(project, crew, running.id, time.monotonic() + running.left_ms / 1000, told, weigh=False)
    finally:
        crew.end()
    return _ended(project, running.id)


def _ended(project: Project, search_id: int) -> SearchRow:
    """A search whose workers are done, once whoever began it has summed it up, or is gone."""
    while True:
        close_lost(project)
        row = _row(project, search_id)
        if row.state != SearchState.RUNNING:
            return row
        time.sleep(LOOK_SECONDS)


def _conduct(
    project: Project,
    crew: Crew,
    search_id: int,
    hard_stop: float,
    told: Told,
    most: int | None = None,
    *,
    weigh: bool = True,
) -> None:
    """See that the work goes on until it is over, or, for who has joined (`weigh` is False), its beginner is gone."""
    crew.start()
    weighed = time.monotonic()
    while True:
        row = _row(project, search_id)
        told(row)
        if row.state != SearchState.RUNNING or (row.lost and not weigh) or not crew.tend(row.left_ms / 1000):
            return
        if most is not None and _over(project, search_id) >= most:
            return
        if time.monotonic() > hard_stop - RESERVE_SHARE * row.budget_ms / 2000:
            return  # whoever is still at it would overrun: the crew is ended
        if weigh and time.monotonic() - weighed > WEIGH_SECONDS:
            result = {"importances": importances(project, row)}
            project.store.write(lambda connection, result=result: note_result(connection, search_id, result))  # type: ignore[misc]
            weighed = time.monotonic()
        time.sleep(LOOK_SECONDS)


def _over(project: Project, search_id: int) -> int:
    with project.store.read() as connection:
        return trials_over(connection, search_id)


def _row(project: Project, search_id: int) -> SearchRow:
    with project.store.read() as connection:
        found = search_row(connection, search_id)
    if found is None:
        raise PipelineError(f"there is no search {search_id}")
    return found
