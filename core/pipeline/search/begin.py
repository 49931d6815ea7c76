"""A search begins: what it is made from, what it tries first, the row that its workers read."""

from __future__ import annotations

import os
from dataclasses import dataclass

from core.errors import PipelineError
from core.learning import Candidate
from core.learning.search import Collection, Space, meta_features, portfolio, warm_starts
from core.pipeline.search.lost import close_lost
from core.pipeline.search.material import made_from, material
from core.pipeline.search.storage import open_storage
from core.pipeline.search.study import study_name
from core.pipeline.search.worker import worker_name
from core.pipeline.training import choose_cutoff
from core.project import Project
from core.store.queries.live import clock
from core.store.queries.trials import cut_candidates, running_search, searched_collections
from core.store.records.trials import ALIVE_MS, NewSearch, begin_search

WARM_STARTS = 5
RESERVE_SHARE = 0.04
"""Of the budget, kept for the summing up; the workers stop that much earlier."""
RESERVE_MOST = 8.0


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


def begin(project: Project, options: SearchOptions) -> int:
    """Write the search down, with what it begins with; gives its id. Earlier ones that were killed are closed first.

    Raises:
        PipelineError: one is running, or there is nothing to learn from.
    """
    store = project.store
    close_lost(project)
    with store.read() as connection:
        begun_at = clock(connection)
    _require_none(project)
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
            "conductor": worker_name(os.getpid()),
        },
        meta=meta,
    )
    ends_at = begun_at + int(1000 * (options.seconds - reserve))
    begun = store.write(lambda connection: begin_search(connection, new, begun_at, ends_at))
    if begun is None:  # somebody else was faster
        _require_none(project)
        raise PipelineError("a search has just run in this room", fix="Try again.")
    return begun


def _require_none(project: Project) -> None:
    """Refuse to begin beside a search that runs."""
    with project.store.read() as connection:
        running = running_search(connection, project.dataset_id)
    if running is None:
        return
    if running.left_ms <= 0:
        raise PipelineError("a search of this room is just summing up", fix="Try again in a minute.")
    raise PipelineError(
        f"a search is running in this room, for {running.left_ms / 1000:.0f} s more",
        fix=f"Join it: tallyroom search --join. Was it killed? Try again in {ALIVE_MS // 1000} s.",
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
