"""The workers of a search on this machine: started, replaced when they die, ended when they overrun."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.process import BaseProcess

from core.pipeline.search.storage import give_up
from core.pipeline.search.study import study_of
from core.pipeline.search.worker import run_worker, worker_name
from core.project import Project
from core.store.models import Stop, TrialState
from core.store.queries.trials import SearchRow, TrialRow, search_row, trials
from core.store.records.trials import end_trial

REPLACED_MOST = 20
WORTH_A_WORKER = 5.0
"""With fewer seconds left a new worker would only load the texts."""
FOLD_SHARE = 0.2
FOLD_LEAST = 30.0
"""A fold may take this share of the budget, or so many seconds where that is less."""
LOOK_SECONDS = 2.0
RECENT = 200


class Crew:
    """Worker processes. They are killed, never asked: whatever they have finished is in the store."""

    def __init__(self, project: Project, search: SearchRow, workers: int) -> None:
        self._project = project
        self._search = search
        self._wanted = workers
        self._processes: list[BaseProcess] = []
        self._begun = 0
        self._looked = time.monotonic()

    @property
    def pids(self) -> list[int]:
        """Of the workers that are alive."""
        return [each.pid for each in self._processes if each.is_alive() and each.pid is not None]

    def start(self) -> None:
        """Start the workers."""
        for _ in range(self._wanted):
            self._add()

    def tend(self, left: float) -> bool:
        """Replace who died, end who is too slow; False when all have finished of themselves.

        Args:
            left: seconds until the workers stop.
        """
        for process in [each for each in self._processes if not each.is_alive()]:
            self._processes.remove(process)
            if process.exitcode == 0:
                continue
            self._bury(process)
            if left > WORTH_A_WORKER and self._begun < self._wanted + REPLACED_MOST:
                self._add()
        if self._processes and time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            self._end_slow()
        return bool(self._processes)

    def _add(self) -> None:
        # A fresh process: a fork would share this one's connections and threads.
        process = multiprocessing.get_context("spawn").Process(
            target=run_worker,
            args=(str(self._project.folder), self._project.store_url, self._search.id, self._begun),
            daemon=True,
        )
        process.start()
        self._begun += 1
        self._processes.append(process)

    def _bury(self, process: BaseProcess) -> None:
        """What a dead worker was at is lost, and tried again."""
        for row in self._running(process):
            self._give_up(row, f"its worker died ({process.exitcode}); it is tried again")

    def _end_slow(self) -> None:
        """End workers of ours whose fold takes too long: a fit cannot be interrupted from within."""
        longest = max(FOLD_LEAST, FOLD_SHARE * self._search.budget_ms / 1000)
        with self._project.store.read() as connection:
            search = search_row(connection, self._search.id)
        now = 0 if search is None else search.ends_at - search.left_ms
        for process in self._processes:
            for row in self._running(process):
                if (now - row.touched_at) / 1000 > longest:
                    process.kill()
                    process.join()
                    self._give_up(row, f"a fold took longer than {longest:.0f} s", stop=Stop.TOO_SLOW)

    def _running(self, process: BaseProcess) -> list[TrialRow]:
        """The trial that a worker is at."""
        name = worker_name(process.pid or 0)
        with self._project.store.read() as connection:
            rows = trials(connection, self._search.fingerprint, search_id=self._search.id, most=RECENT)
        return [row for row in rows if row.state == TrialState.RUNNING and row.worker == name]

    def _give_up(self, row: TrialRow, why: str, stop: Stop | None = None) -> None:
        state = TrialState.LOST if stop is None else TrialState.STOPPED
        self._project.store.write(lambda connection: end_trial(connection, row.id, state, why, stop=stop))
        give_up(study_of(self._project, self._search), row.number, again=stop is None)

    def end(self) -> None:
        """End those that still run."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.join()
        self._processes.clear()
