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
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection

from core.errors import PipelineError, StoreError
from core.pipeline.telling import sentence_of, traceback_of
from core.project import Project
from core.store import Store
from core.store.models import TaskState
from core.store.records import tasks
from core.store.records.asks import FOLLOWING, asked_to_cancel, obeyed
from core.store.records.tasks import Claim, LeaseLostError, Process, Refusal
from core.store.records.workers import be_alive, be_gone, begin_run, end_run, go_on, note_stale

BEAT_SECONDS = 1.0
TELL_SECONDS = 0.4
"""From one word of progress to the next."""
ARRIVING = frozenset({"Sources", "IngestPart"})
"""A watcher under a stream has these every second: they are no run of their own."""
REST_SECONDS, REST_MOST_SECONDS = 2.0, 300.0
"""Before a failed task is tried again; twice as long each time."""

T = TypeVar("T")
log = logging.getLogger(__name__)


class NotNowError(PipelineError):
    """A task that this process does not run now: another holds it, or it was cancelled, or it rests."""

    def __init__(self, family: str, why: Refusal) -> None:
        self.family = family
        self.why = why
        super().__init__(f"the task {family} is {why}")


class CancelledError(PipelineError):
    """Somebody asked for the task to be cancelled while it ran."""


class StoppedError(PipelineError):
    """This process is to end: the task is put back, and what was stored stays."""


class Fenced(Store):
    """The store as the holder of a task sees it: every write is refused once the task is somebody else's."""

    def __init__(self, store: Store, held: Claim) -> None:
        super().__init__(store.engine)
        self._whole = store
        self._held = held

    def submit(self, work: Callable[[Connection], T]) -> Future[T]:
        """As the store's own, behind the fence."""

        def fenced(connection: Connection) -> T:
            tasks.fence(connection, self._held)
            return work(connection)

        return self._whole.submit(fenced)

    def close(self) -> None:
        """The store belongs to somebody else."""


class Hold:
    """A task in this process's hands."""

    def __init__(self, store: Store, claim: Claim, stop: threading.Event) -> None:
        self.claim = claim
        self.store = Fenced(store, claim)
        self._stop = stop
        self.cancelled_by = ""
        self.lost = False
        self._whole = store
        self._lines: list[str] = []
        self._told_at = 0.0
        self.began = time.monotonic()

    def log(self, line: str) -> None:
        """Keep a line in the task's log. Never a message's text."""
        self._lines.append(line)

    def tell(self, done: int, of: int) -> None:
        """Say how far it is, at most a few times a second.

        Raises:
            CancelledError: it is to stop here.
            LeaseLostError: it is somebody else's now.
            StoppedError: this process is to end.
        """
        self.check()
        now = time.monotonic()
        if now - self._told_at >= TELL_SECONDS or (of and done >= of):
            self._told_at = now
            lines, self._lines = self._lines, []
            self._whole.submit(lambda connection: self._say(connection, done, of, lines))

    def _say(self, connection: Connection, done: int, of: int, lines: Sequence[str]) -> None:
        tasks.add_log(connection, self.claim, lines)
        tasks.tell_progress(connection, self.claim, done, of)

    def check(self) -> None:
        """Between two pieces of work: go on only where it is wanted.

        Raises:
            CancelledError: it is to stop here.
            LeaseLostError: it is somebody else's now.
            StoppedError: this process is to end.
        """
        if self._stop.is_set():
            raise StoppedError("this process is to end")
        if self.cancelled_by:
            raise CancelledError(f"cancelled by {self.cancelled_by}")
        if self.lost:
            raise LeaseLostError(f"the task {self.claim.family} is somebody else's now")

    def done(self, mark: Callable[[Connection, float], None]) -> None:
        """It is done: `mark(connection, seconds)` writes its target in the transaction that says so."""

        def work(connection: Connection) -> None:
            seconds = time.monotonic() - self.began
            tasks.end(connection, self.claim, TaskState.DONE, seconds=seconds)
            tasks.add_log(connection, self.claim, self._lines)
            mark(connection, seconds)

        self._whole.write(work)

    def failed(self, error: BaseException, rest_seconds: float) -> None:
        """It failed; the log gets where."""

        def work(connection: Connection) -> None:
            tasks.add_log(connection, self.claim, [*self._lines, *traceback_of(error)])
            seconds = time.monotonic() - self.began
            rest_ms = int(1000 * rest_seconds)
            sentence = sentence_of(error)
            tasks.end(connection, self.claim, TaskState.FAILED, seconds=seconds, error=sentence, rest_ms=rest_ms)

        self._whole.write(work)

    def put_back(self) -> None:
        """It was not finished; whoever comes next goes on where it stopped."""
        self._whole.write(lambda connection: tasks.release(connection, self.claim))

    def cancelled(self) -> None:
        """It stops where it is; what was stored stays."""

        def work(connection: Connection) -> None:
            tasks.fence(connection, self.claim)
            tasks.add_log(connection, self.claim, [*self._lines, f"cancelled by {self.cancelled_by}"])
            tasks.cancel(connection, self.claim.fingerprint)
            obeyed(connection, [self.claim.fingerprint])

        self._whole.write(work)


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
        self._follows = self._goes_on = False
        self._noted: list[str] = []
        self._trouble: str | None = None
        self._revived: set[str] = set()
        self._listed: set[frozenset[str]] = set()
        self._holds: dict[str, Hold] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

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
        self._listed.add(key)
        self._begin([task.family for task in listed if not task.complete])
        fresh = {task.fingerprint for task in listed} - self._revived
        self._revived |= fresh
        revive: set[TaskState] = set()
        if fresh:
            revive = {TaskState.FAILED} if self.me.watches else {TaskState.FAILED, TaskState.CANCELLED}
        run_id, dataset = self.run_id, self.project.dataset_id
        self.project.store.write(lambda c: tasks.list_tasks(c, dataset, run_id, listed, revive=revive))

    def hold(self, fingerprint: str, family: str) -> Hold:
        """Take a listed task.

        Raises:
            NotNowError: not now; it is noted in `skipped`.
        """
        retries = self.project.settings.pipeline.retries
        found = self.project.store.write(lambda c: tasks.claim(c, fingerprint, self.me, retries))
        if isinstance(found, Refusal):
            error = NotNowError(family, found)
            self.skipped.append(error)
            raise error
        hold = Hold(self.project.store, found, self.stop)
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
        if first and self.run_id and self._follows and follows:
            store.write(lambda c: go_on(c, self.run_id))
            self._goes_on = True
        elif first or (self._goes_on and not follows):
            if not first:
                store.write(lambda c: end_run(c, self.run_id, None))
            self.run_id = store.write(lambda c: begin_run(c, dataset, self.me))
            self._goes_on, self._noted = False, []
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
            kept = [tasks.extend(connection, hold.claim) for hold in holds]
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
