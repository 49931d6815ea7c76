"""A task in a process's hands: what it writes is behind a fence, what it says is told, how it ends is put down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from sqlalchemy import Connection

from core.errors import PipelineError
from core.pipeline.memory import Peak
from core.pipeline.telling import sentence_of, traceback_of
from core.store import Store
from core.store.models import TaskState
from core.store.records import claims, task_log
from core.store.records.asks import obeyed
from core.store.records.claims import Claim, LeaseLostError, Refusal
from core.store.records.tasks import cancel

TELL_SECONDS = 0.4
"""From one word of progress to the next."""

T = TypeVar("T")


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
            claims.fence(connection, self._held)
            return work(connection)

        return self._whole.submit(fenced)

    def close(self) -> None:
        """The store belongs to somebody else."""


class Hold:
    """A task in this process's hands; `peak` measures the memory that it takes."""

    def __init__(self, store: Store, claim: Claim, stop: threading.Event, peak: Peak) -> None:
        self.claim = claim
        self.peak = peak
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
        task_log.add_log(connection, self.claim, lines)
        task_log.tell_progress(connection, self.claim, done, of)

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
        memory = self.peak.most()

        def work(connection: Connection) -> None:
            seconds = time.monotonic() - self.began
            claims.end(connection, self.claim, TaskState.DONE, seconds=seconds, peak_memory=memory)
            task_log.add_log(connection, self.claim, self._lines)
            mark(connection, seconds)

        self._whole.write(work)

    def failed(self, error: BaseException, rest_seconds: float) -> None:
        """It failed; the log gets where."""
        memory = self.peak.most()

        def work(connection: Connection) -> None:
            task_log.add_log(connection, self.claim, [*self._lines, *traceback_of(error)])
            claims.end(
                connection,
                self.claim,
                TaskState.FAILED,
                seconds=time.monotonic() - self.began,
                peak_memory=memory,
                error=sentence_of(error),
                rest_ms=int(1000 * rest_seconds),
            )

        self._whole.write(work)

    def put_back(self) -> None:
        """It was not finished; whoever comes next goes on where it stopped."""
        self._whole.write(lambda connection: claims.release(connection, self.claim))

    def cancelled(self) -> None:
        """It stops where it is; what was stored stays."""

        def work(connection: Connection) -> None:
            claims.fence(connection, self.claim)
            task_log.add_log(connection, self.claim, [*self._lines, f"cancelled by {self.cancelled_by}"])
            cancel(connection, self.claim.fingerprint)
            obeyed(connection, [self.claim.fingerprint])

        self._whole.write(work)
