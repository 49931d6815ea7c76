"""This process at work on a room's line: it claims tasks, holds them while they run, and tells how they go.

A hold is a lease in the store, moved on by a thread of its own. Whoever dies stops moving it: within seconds another
process takes the task over, under a higher token, and nothing that is written under the older one gets in.
"""

from __future__ import annotations

import copy
import getpass
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from core.errors import StoreError
from core.learning.workers import Workers
from core.pipeline.hold import Hold, NotNowError
from core.pipeline.memory import Peak
from core.pipeline.telling import sentence_of
from core.project import Project
from core.store.models import TaskState
from core.store.records import claims, tasks
from core.store.records.asks import FOLLOWING, asked_to_cancel
from core.store.records.claims import Process, Refusal
from core.store.records.workers import be_alive, be_gone, begin_run, end_run, go_on, note_stale

BEAT_SECONDS = 1.0
ARRIVING = frozenset({"Sources", "IngestPart"})
"""A watcher under a stream has these every second: they are no run of their own."""
TIMES_MOST = 60
"""So often a watcher adds to its last record before it begins another."""
LISTED_MOST = 100
"""Tasks that are written down in one transaction: on SQLite the desk waits for it."""
KNOWN_MOST = 2_000
"""Tasks that are known to be written down; a watcher under a stream meets ever more."""
REST_SECONDS, REST_MOST_SECONDS = 2.0, 300.0
"""Before a failed task is tried again; twice as long each time."""
log = logging.getLogger(__name__)


class Worker:
    """One process (or one call of `run`) at work.

    Args:
        project: the room.
        watches: whether it goes on for as long as it is let; what failed for good is then left alone.
        stop: set it, and the task under way is put back at the next piece of work.
    """

    def __init__(self, project: Project, *, watches: bool = False, stop: threading.Event | None = None) -> None:
        self.project = project
        self.stop = stop or threading.Event()
        self.me = Process(str(uuid.uuid4()), socket.gethostname()[:200], os.getpid(), _account()[:200], watches)
        self.ran: list[tuple[str, Any]] = []
        self.failures: list[BaseException] = []
        self.skipped: list[NotNowError] = []
        self.at_most: int | None = None
        self.rest_until = float("inf")
        self.run_id = 0
        self.stale: list[str] = []
        self.voted = ""  # the fingerprint of the rules that it gave their turn last
        self._follows = self._goes_on = False
        self._noted: list[str] = []
        self._times = 1
        self._trouble: str | None = None
        self._revived: set[str] = set()
        self._listed: set[frozenset[str]] = set()
        self._holds: dict[str, Hold] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._pool: Workers | None = None

    def project_of(self, hold: Hold) -> Project:
        """The room, with a store that is written to behind the task's fence."""
        fenced = copy.copy(self.project)
        fenced.__dict__["store"] = hold.store
        return fenced

    def list_tasks(self, listed: Sequence[tasks.Listed]) -> None:
        """Write down a graph's tasks, where something is left to do and this worker has not written them down already.

        The first time, it takes up what was given up; and who is called once, what was cancelled as well.
        """
        key = frozenset(task.fingerprint for task in listed)
        if key in self._listed or all(task.complete for task in listed):
            return
        if len(self._revived) > KNOWN_MOST:
            self._listed, self._revived = set(), set()
        self._listed.add(key)
        self._begin([task.family for task in listed if not task.complete])
        fresh = {task.fingerprint for task in listed} - self._revived
        self._revived |= fresh
        revive: set[TaskState] = set()
        if fresh:
            revive = {TaskState.FAILED} if self.me.watches else {TaskState.FAILED, TaskState.CANCELLED}
        run_id, dataset = self.run_id, self.project.dataset_id
        for first in range(0, len(listed), LISTED_MOST):

            def work(connection: Connection, first: int = first) -> None:
                page = listed[first : first + LISTED_MOST]
                tasks.list_tasks(connection, dataset, run_id, page, revive=revive, first=first)

            self.project.store.write(work)

    def hold(self, fingerprint: str, family: str) -> Hold:
        """Take a listed task.

        Raises:
            NotNowError: not now; it is noted in `skipped`.
        """
        retries = self.project.settings.pipeline.retries
        found = self.project.store.write(lambda c: claims.claim(c, fingerprint, self.me, retries))
        if isinstance(found, Refusal):
            error = NotNowError(family, found)
            self.skipped.append(error)
            raise error
        hold = Hold(self.project.store, found, self.stop, Peak(self._pids))
        self._begin([family])
        with self._lock:
            self._holds[fingerprint] = hold
        self.live()
        return hold

    def let_go(self, hold: Hold) -> None:
        """It is over, one way or another."""
        with self._lock:
            self._holds.pop(hold.claim.fingerprint, None)

    def rest(self, hold: Hold) -> float:
        """How long the task rests after this failure, in seconds; the watcher wakes for it. 0: it is left alone."""
        seconds = min(REST_MOST_SECONDS, REST_SECONDS * 2.0 ** (hold.claim.attempt - 1))
        if hold.claim.attempt > self.project.settings.pipeline.retries:
            return 0.0
        self.rest_until = min(self.rest_until, time.monotonic() + seconds)
        return seconds

    def _begin(self, families: Sequence[str]) -> None:
        """Something is stale: the first such in a going-over puts it on record.

        A watcher under a stream goes on with its last record, until there is more to it than that.
        """
        first, self.stale = not self.stale, list(dict.fromkeys([*self.stale, *families]))
        follows = not set(self.stale) - FOLLOWING - ARRIVING
        store, dataset = self.project.store, self.project.dataset_id
        if first and self.run_id and self._follows and follows and self._times < TIMES_MOST:
            store.write(lambda c: go_on(c, self.run_id))
            self._goes_on, self._times = True, self._times + 1
        elif first or (self._goes_on and not follows):
            if not first:
                store.write(lambda c: end_run(c, self.run_id, None))
            self.run_id = store.write(lambda c: begin_run(c, dataset, self.me))
            self._goes_on, self._noted, self._times = False, [], 1
        self._follows = follows
        if set(self.stale) - set(self._noted):
            self._noted = list(dict.fromkeys([*self._noted, *self.stale]))
            noted = self._noted
            store.write(lambda c: note_stale(c, self.run_id, noted))

    def over(self, error: BaseException | None) -> None:
        """A going-over is over; one that could not even begin is put on record once."""
        sentence = None if error is None else sentence_of(error)
        store, dataset = self.project.store, self.project.dataset_id
        if sentence is not None and not self.stale and sentence != self._trouble:
            self.run_id = store.write(lambda c: begin_run(c, dataset, self.me))
            store.write(lambda c: end_run(c, self.run_id, sentence))
            self._follows = False
        elif self.stale:
            store.write(lambda c: end_run(c, self.run_id, sentence))
        self._trouble = sentence
        self.stale = []

    def begin(self) -> None:
        """A going-over begins."""
        self.ran, self.failures, self.skipped = [], [], []
        self.rest_until = float("inf")

    def note_done(self, family: str, result: Any) -> None:
        """A task was done here."""
        self.ran.append((family, result))

    def note_failure(self, family: str, error: BaseException) -> None:
        """A task failed here."""
        error.add_note(f"in the stage {family}")
        self.failures.append(error)

    def pool(self) -> Workers | None:
        """The processes that fit candidates, kept until `dismiss`; None where this one does it."""
        size = self.project.settings.pipeline.workers
        if self._pool is None and size > 1:
            self._pool = Workers(size)
        return self._pool

    def _pids(self) -> Sequence[int]:
        return () if self._pool is None else self._pool.pids

    def dismiss(self) -> None:
        """A going-over needs its processes no longer."""
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def live(self) -> None:
        """Begin to tell that this process lives; safe to repeat."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._beat, name="pipeline-heartbeat", daemon=True)
            self._thread.start()

    def _beat(self) -> None:
        while not self._closed.is_set():
            try:
                self._tell_that_it_lives()
            except StoreError:
                log.info("the pipeline's holds wait for the store")
            except Exception:
                log.exception("the pipeline's holds could not be moved on")
            self._closed.wait(BEAT_SECONDS)

    def _tell_that_it_lives(self) -> None:
        with self._lock:
            holds = list(self._holds.values())

        def work(connection: Connection) -> tuple[list[bool], dict[str, str]]:
            be_alive(connection, self.me)
            kept = [claims.extend(connection, hold.claim) for hold in holds]
            return kept, asked_to_cancel(connection, [hold.claim.fingerprint for hold in holds]) if holds else {}

        kept, asked = self.project.store.write(work)
        for hold, is_kept in zip(holds, kept, strict=True):
            hold.cancelled_by = asked.get(hold.claim.fingerprint, hold.cancelled_by)
            with self._lock:
                hold.lost |= not is_kept and self._holds.get(hold.claim.fingerprint) is hold

    def close(self) -> None:
        """Stop telling; what is still held ends by itself."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
            try:
                self.project.store.write(lambda connection: be_gone(connection, self.me))
            except StoreError:
                log.info("the store was gone first; this process is forgotten by itself")


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return str(os.getuid())
