"""A worker of a search: a process that takes one trial after another, on any machine, and may be killed at any moment.

What it knows it has from the store: the search's row, the labels, and from Optuna's books the points tried so far.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection

from core.errors import PipelineError
from core.learning import Candidate
from core.learning.search import SIZE, Cut, Matrices, Outcome, left_behind, make_sampler, over, try_candidate
from core.pipeline.on_trial import matrix_cache
from core.pipeline.search.material import made_from, material
from core.pipeline.search.study import space_of, study_of
from core.project import Project
from core.store.models import Stop, TrialState
from core.store.queries.trials import SearchRow, TrialRow, is_over, search_row, trials
from core.store.records.trials import NewTrial, begin_trial, end_trial, note_fold

if TYPE_CHECKING:
    import optuna

REPEATS_MOST = 50
"""So often in a row may a point come up that was tried before, or fails; then there is nothing new to try."""
TRIALS_OWN = (ArithmeticError, ValueError, MemoryError, PipelineError)
"""What ends a trial, as a failure with its sentence, and not its worker."""


def worker_name(pid: int) -> str:
    """What a worker of this machine is called in the store."""
    return f"{socket.gethostname()}:{pid}"


def run_worker(folder: str, store_url: str | None, search_id: int, index: int) -> None:
    """Work for a search until its time is over. The entry of a process of its own.

    Args:
        folder: the room's.
        store_url: overrides the room's `[store] url`.
        search_id: the search.
        index: of the worker on this machine, from 0.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who started us, and who ends us cleanly
    threading.Thread(target=_end_with_parent, name="search-parent", daemon=True).start()
    project = Project(folder, store_url=store_url)
    try:
        with project.store.read() as connection:
            search = search_row(connection, search_id)
        if search is None:
            raise PipelineError(f"there is no search {search_id}")
        Worker(project, search, index).work()
    finally:
        project.close()


def _end_with_parent() -> None:
    """Who is killed cannot end its workers, and nobody sums up what they find: each ends itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


class Worker:
    """One worker: the texts and their matrices in its memory, the study at hand."""

    def __init__(self, project: Project, search: SearchRow, index: int) -> None:
        self._ends = time.monotonic() + search.left_ms / 1000
        self._project = project
        self._store = project.store
        self._search = search
        self._name = worker_name(os.getpid())
        if made_from(project, search.label_cutoff) != search.fingerprint:
            raise PipelineError(
                "this machine's room is not the one that is searched",
                fix="Bring the room's folder (settings, dictionary) and Tallyroom to the same state on both machines.",
            )
        _, self._material = material(project, search.label_cutoff)
        self._matrices = Matrices(self._material.documents, self._material.splits, matrix_cache(project))
        self._space = space_of(search.params, len(self._material.classes))
        self._max_bytes: int | None = search.params.get("max_bytes")
        self._seed = (self._material.seed * 1_000_003 + os.getpid() * 101 + index) % 2**31
        self._repeats = 0
        self._cut = False

    def left(self) -> float:
        """Seconds until the workers stop."""
        return self._ends - time.monotonic()

    def work(self) -> None:
        """Take trials until the time is over (one had to be cut), the search is ended, or there is nothing new."""
        study = study_of(self._project, self._search, make_sampler(self._search.params["sampler"], self._seed))
        while self.left() > 0 and not self._cut and self._repeats < REPEATS_MOST:
            with self._store.read() as connection:
                if is_over(connection, self._search.id):
                    return
            study.optimize(self._objective, n_trials=1, catch=TRIALS_OWN)

    def _objective(self, trial: optuna.trial.Trial) -> float:
        candidate = self._space.suggest(trial)
        known = self._known()
        if candidate.name in known:
            return self._as_before(trial, known[candidate.name])
        trial_id = self._write(
            begin_trial,
            NewTrial(
                search_id=self._search.id,
                number=trial.number,
                candidate=candidate.name,
                worker=self._name,
                warm=bool(trial.user_attrs.get("warm")),
                linear=candidate.linear,
            ),
        )
        try:
            outcome = self._tried(candidate, trial, trial_id, known)
        except Exception as error:
            self._repeats += 1
            self._write(end_trial, trial_id, TrialState.FAILED, f"{type(error).__name__}: {error}"[:500])
            raise
        self._repeats = 0
        return self._told(trial_id, outcome)

    def _tried(
        self, candidate: Candidate, trial: optuna.trial.Trial, trial_id: int, known: Mapping[str, TrialRow]
    ) -> Outcome:
        def after_fold(outcome: Outcome) -> None:
            self._write(note_fold, trial_id, outcome.folds, outcome.seconds)
            if len(outcome.folds) == 1:
                trial.set_constraint(SIZE, over(outcome.model_bytes, self._max_bytes))

        return try_candidate(
            candidate,
            self._material,
            self._matrices,
            seconds_left=self.left,
            left_behind=lambda folds: left_behind(trial, folds, len(self._material.splits)),
            expected=expected_seconds(candidate, known.values()),
            max_bytes=self._max_bytes,
            after_fold=after_fold,
        )

    def _told(self, trial_id: int, outcome: Outcome) -> float:
        """Keep the outcome in our books, and tell Optuna."""
        import optuna

        if outcome.why is None and outcome.said is not None and outcome.macro_f1 is not None:
            said = np.ascontiguousarray(outcome.said, dtype="<f2").tobytes()
            found = {"model_bytes": outcome.model_bytes, "out_of_fold": said, "temperature": outcome.temperature}
            self._write(end_trial, trial_id, TrialState.DONE, None, **found)
            return outcome.macro_f1
        stop = None if outcome.cut is None else Stop(outcome.cut)
        self._write(end_trial, trial_id, TrialState.STOPPED, outcome.why, stop=stop, model_bytes=outcome.model_bytes)
        self._cut = outcome.cut == Cut.OUT_OF_TIME
        raise optuna.TrialPruned(outcome.why)

    def _as_before(self, trial: optuna.trial.Trial, before: TrialRow) -> float:
        """The outcome of a candidate that was tried before: it costs nothing to have it proposed again."""
        import optuna

        self._repeats += 1
        for fold in range(len(before.folds)):  # others are held against it, in this study as in the one before
            left_behind(trial, before.folds[: fold + 1], len(self._material.splits))
        trial.set_constraint(SIZE, over(before.model_bytes, self._max_bytes))
        if before.state == TrialState.STOPPED or before.macro_f1 is None:
            raise optuna.TrialPruned(before.why)
        return before.macro_f1

    def _known(self) -> dict[str, TrialRow]:
        """What was tried before on these folds, by name; what was cut, lost or has failed may be tried again."""
        with self._store.read() as connection:
            rows = trials(connection, self._search.fingerprint)
        return {
            row.candidate: row
            for row in rows
            if row.state == TrialState.DONE or (row.state == TrialState.STOPPED and self._for_good(row))
        }

    def _for_good(self, row: TrialRow) -> bool:
        """Whether a trial that was stopped would be stopped again."""
        if row.stop == Stop.TOO_LARGE:
            return over(row.model_bytes, self._max_bytes) > 0
        return row.stop == Stop.HOPELESS or (row.stop == Stop.TOO_SLOW and row.search_id == self._search.id)

    def _write(self, work: Callable[..., Any], *args: Any, **named: Any) -> Any:
        def write(connection: Connection) -> Any:
            return work(connection, *args, **named)

        return self._store.write(write)


def expected_seconds(candidate: Candidate, rows: Iterable[TrialRow]) -> float:
    """Seconds of a fold, from finished trials with the same features, or else the same estimator; 0: nobody knows."""
    alike: list[list[float]] = [[], []]
    for row in rows:
        if not row.folds:
            continue
        other = Candidate.parse(row.candidate)
        a_fold = row.seconds / len(row.folds)
        if (other.features, other.estimator) == (candidate.features, candidate.estimator):
            alike[0].append(a_fold)
        elif candidate.features == other.features:
            alike[1].append(a_fold)
    return max(alike[0] or alike[1], default=0.0)
