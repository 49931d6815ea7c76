"""`tallyroom search`: the best model that a budget of time can find, with workers that may come, go and be killed.

The conductor begins the search, starts workers, replaces those that die, ends what overruns, and sums up: the best
trial and the ensemble, each with an estimate that is honest about the choosing. All that was found is in the store
from the moment it is there; a search that is ended early sums up what it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from core.errors import PipelineError
from core.learning import Candidate
from core.learning.search import Collection, Space, meta_features, portfolio, warm_starts
from core.pipeline.search_crew import Crew
from core.pipeline.search_material import made_from, material
from core.pipeline.search_storage import open_storage
from core.pipeline.search_study import study_name
from core.pipeline.search_summary import importances, sum_up
from core.pipeline.training import choose_cutoff
from core.project import Project
from core.store.models import SearchState, now_ms
from core.store.queries.trials import (
    SearchRow,
    cut_candidates,
    running_search,
    search_row,
    searched_collections,
    trials_over,
)
from core.store.records.trials import NewSearch, begin_search, end_search, note_result

WARM_STARTS = 5
LEAST_SECONDS = 5.0
RESERVE_SHARE = 0.04
"""Of the budget, kept for the summing up; the workers stop that much earlier."""
RESERVE_MOST = 8.0
LOOK_SECONDS = 0.2
WEIGH_SECONDS = 20.0
"""So often what matters among the parameters is worked out again."""


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What is asked of a search: seconds, workers on this machine, the largest model in bytes, which sampler.

    It may end earlier, after so many `trials`. `without` is a family of public collections that gives no warm start:
    one that is to be tested here.
    """

    seconds: float
    workers: int = 2
    max_bytes: int | None = None
    linear: bool = True
    sampler: str = "tpe"
    warm: bool = True
    without: str = ""
    trials: int | None = None


Told = Callable[[SearchRow], None]


def search_room(project: Project, options: SearchOptions, told: Told = lambda _row: None) -> SearchRow:
    """Search until the budget is used up, or Ctrl+C; gives the search as it ended.

    Args:
        project: the room.
        options: what is asked.
        told: how it stands, some times a second.

    Raises:
        PipelineError: there is nothing to learn from, too few of a class, or a budget in which nothing can be done.
    """
    began = time.monotonic()
    if options.seconds < LEAST_SECONDS:
        raise PipelineError("nothing can be found in so short a time", fix=f"Give {LEAST_SECONDS:.0f}s or more.")
    search_id = _begin(project, options)
    crew = Crew(project, _row(project, search_id), options.workers)
    state, error = SearchState.DONE, None
    try:
        _conduct(project, crew, search_id, began + options.seconds, told, options.trials)
    except KeyboardInterrupt:
        state, error = SearchState.STOPPED, "It was ended by Ctrl+C."
    except BaseException as failure:
        crew.end()
        why = f"{type(failure).__name__}: {failure}"
        project.store.write(lambda connection: end_search(connection, search_id, SearchState.FAILED, None, why))
        raise
    crew.end()
    result = sum_up(project, _row(project, search_id))
    project.store.write(lambda connection: end_search(connection, search_id, state, result, error))
    return _row(project, search_id)


def join_search(project: Project, workers: int, told: Told = lambda _row: None) -> SearchRow:
    """Work for the search that is running in this room, begun here or on another machine, until it is over.

    Raises:
        PipelineError: none is running.
    """
    with project.store.read() as connection:
        running = running_search(connection, project.dataset_id)
    if running is None:
        raise PipelineError("no search is running in this room", fix="Begin one: tallyroom search --budget 10m")
    crew = Crew(project, running, workers)
    try:
        _conduct(project, crew, running.id, time.monotonic() + running.left_ms / 1000, told, weigh=False)
    finally:
        crew.end()
    return _row(project, running.id)


def _begin(project: Project, options: SearchOptions) -> int:
    """Write the search down, with what it begins with; gives its id."""
    store = project.store
    with store.read() as connection:
        begun_at = connection.execute(select(now_ms())).scalar_one()
        running = running_search(connection, project.dataset_id)
    if running is not None:
        raise PipelineError(
            f"a search is running in this room, for {running.left_ms / 1000:.0f} s more",
            fix="Join it: tallyroom search --join",
        )
    cutoff = choose_cutoff(project)
    if not cutoff:
        raise PipelineError("there are no labels to learn from", fix="Judge some messages, or import labels.")
    training, shared = material(project, cutoff)
    of = made_from(project, cutoff)
    meta = meta_features(training.texts, training.y, len(training.classes), shared.seed)
    space = Space.whole(len(training.classes), linear=options.linear)
    starts = _warm(project, of, meta, space, options.without) if options.warm else []
    _make_study(project, of, space, options, starts)
    reserve = min(RESERVE_MOST, RESERVE_SHARE * options.seconds)
    new = NewSearch(
        dataset_id=project.dataset_id,
        fingerprint=of,
        label_cutoff=cutoff,
        train_size=len(training),
        folds_planned=len(shared.splits),
        budget_ms=int(1000 * options.seconds),
        params={
            "features": list(space.features),
            "estimators": list(space.estimators),
            "max_bytes": options.max_bytes,
            "sampler": options.sampler,
            "workers": options.workers,
            "warm": starts,
        },
        meta=meta,
    )
    return store.write(
        lambda connection: begin_search(connection, new, begun_at, begun_at + int(1000 * (options.seconds - reserve)))
    )


def _warm(project: Project, of: str, meta: dict[str, float], space: Space, without: str) -> list[str]:
    """The names of the candidates to begin with: what won here earlier, and on public collections like this one."""
    with project.store.read() as connection:
        earlier = [Collection(*each) for each in searched_collections(connection, but=of)]
    return warm_starts(meta, [*earlier, *portfolio(without=without)], WARM_STARTS, space.takes)


def _make_study(project: Project, of: str, space: Space, options: SearchOptions, starts: list[str]) -> None:
    import optuna

    study = optuna.create_study(
        study_name=study_name(of, space, options.max_bytes),
        storage=open_storage(project.store),
        direction="maximize",
        load_if_exists=True,
    )
    with project.store.read() as connection:
        cut = cut_candidates(connection, of)
    for name, warm in [*((name, True) for name in starts), *((name, False) for name in cut if space.takes(name))]:
        study.enqueue_trial(
            space.point(Candidate.parse(name)), user_attrs={"warm": warm}, skip_if_exists=name not in cut
        )


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
    """See that the work goes on until it is over."""
    crew.start()
    weighed = time.monotonic()
    while True:
        row = _row(project, search_id)
        told(row)
        if row.state != SearchState.RUNNING or not crew.tend(row.left_ms / 1000):
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
