"""truth -> search, as a task of the line: again once the labels have changed by a share of those it learnt from.

What it finds is on trial beside the room's candidates from then on. It takes minutes, so a watcher lets a process of
its own do it (`core.pipeline.aside`), and goes on with what comes meanwhile.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import luigi

from core.fingerprint import fingerprint
from core.pipeline.search.material import made_from
from core.pipeline.stage import StageTask
from core.pipeline.training import choose_cutoff, origins
from core.pipeline.worker import Worker
from core.pipeline.workshop import workshop
from core.project import Project
from core.settings.duration import seconds_of
from core.store.models import SearchState, TaskState
from core.store.queries.tasks import stands
from core.store.queries.training import labels_since
from core.store.queries.trials import SearchRow, running_search, searches
from core.store.records.trials import ALIVE_MS

OVER = (SearchState.DONE, SearchState.STOPPED)


class Search(StageTask):
    """Search for a better model on the labels up to a label id, for as long as `[pipeline] search` allows."""

    cutoff: int = luigi.IntParameter(description="the last label id that counts")

    def made_from(self) -> str:
        """What is searched: labels, cleaning, folds, seed; not for how long."""
        return fingerprint("searching", made_from(self.project, self.cutoff))

    def complete(self) -> bool:
        """Whether that has been searched, also by `tallyroom search`, and nobody has asked for it again."""
        project = workshop.project(self.room)
        if self.output().exists():
            return True
        with project.store.read() as connection:
            if stands(connection, self.made_from()) not in (None, TaskState.DONE):
                return False
        last = _last(project)
        return last is not None and last.fingerprint == made_from(project, self.cutoff)

    def work(self) -> Mapping[str, Any]:
        """Search; gives the search, how it ended, and the best that it found."""
        from core.pipeline.search import SearchOptions, search_room

        settings = self.project.settings.pipeline
        seconds = seconds_of(settings.search)

        def told(row: SearchRow) -> None:
            self.tell(max(0, math.floor(seconds - row.left_ms / 1000)), math.ceil(seconds))

        found = search_room(self.project, SearchOptions(seconds=seconds, workers=settings.workers), told)
        best = (found.result or {}).get("best")
        self.log(f"search {found.id}: {found.state}, best: {best}")
        return {"search": found.id, "state": found.state, "best": best}


def search_wanted(worker: Worker, room: str) -> Search | None:
    """The search that the room wants now; None where it wants none, or one is running."""
    project = worker.project
    if not project.settings.pipeline.search or not (cutoff := choose_cutoff(project)):
        return None
    with project.store.read() as connection:
        running = running_search(connection, project.dataset_id)
    if running is not None:  # one that ends says so; one that is killed does not
        worker.rest_until = min(worker.rest_until, time.monotonic() + ALIVE_MS / 1000 + 1)
        return None
    task = Search(room=room, cutoff=_cutoff(project, cutoff))
    return None if task.complete() else task


def _cutoff(project: Project, now: int) -> int:
    """The last search's labels, until a share of them is new, or what is searched has changed otherwise."""
    last = _last(project)
    if last is None or last.fingerprint != made_from(project, last.label_cutoff):
        return now
    enough = max(1, math.ceil(project.settings.pipeline.search_share * last.train_size))
    few = labels_since(project.store, last.label_cutoff, origins(project), enough) < enough
    return last.label_cutoff if few else now


def _last(project: Project) -> SearchRow | None:
    """The newest search that is over and has something to say."""
    with project.store.read() as connection:
        found = searches(connection, project.dataset_id)
    return next((row for row in found if row.state in OVER), None)
