"""Writing: work goes in as a function of a connection, its result comes out after COMMIT.

SQLite has room for one writer at a time. Many connections that fight for it starve one another (a p95 of 844 ms
with 64 clients, measured); one thread that takes what has gathered and commits it together is fairer and faster
(49 ms). PostgreSQL writes in parallel, so there each piece of work is a transaction of its own.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine

from core.errors import StoreError
from core.store.engine import told_in_a_sentence
from core.store.savepoint import savepoint

T = TypeVar("T")
Work = Callable[[Connection], T]

GROUP_SECONDS = 0.05
GROUP_SIZE = 64
POSTGRESQL_WRITERS = 3
"""More would wait for the interpreter, not for the database: 8 took a fifth fewer verdicts a second (measured)."""


class Writer(ABC):
    """Runs pieces of work, each all or nothing."""

    @abstractmethod
    def submit(self, work: Work[T]) -> Future[T]:
        """Queue `work`; the future holds its result once it is committed, or the error that undid it.

        Cancelling the future takes back work that has not begun.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish what was submitted, then stop."""


@dataclass(slots=True)
class _Job(Generic[T]):
    work: Work[T]
    future: Future[T]
    result: T | None = None

    def run(self, connection: Connection) -> bool:
        """Run inside a savepoint, so that a failing piece leaves the others of its group alone."""
        if not self.future.set_running_or_notify_cancel():
            return False
        try:
            with savepoint(connection):
                self.result = self.work(connection)
        except Exception as error:
            self.future.set_exception(error)
            return False
        return True


class GroupWriter(Writer):
    """One thread, one connection, group commit: for SQLite."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(write=True)
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue `work` for the next group."""
        job = _Job(work, Future())
        with self._lock:
            if self._closed:
                raise StoreError("the store is closed")
            self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Finish what was submitted, then stop."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not self._commit_group(job):
                return

    def _commit_group(self, first: _Job[Any]) -> bool:
        """Commit `first` and what follows it within the time for a group; False once closed."""
        done: list[_Job[Any]] = []
        taken = [first]
        go_on = True
        try:
            with told_in_a_sentence(self._engine.url), self._engine.begin() as connection:
                deadline = time.monotonic() + GROUP_SECONDS
                job: _Job[Any] | None = first
                while job is not None:
                    if job.run(connection):
                        done.append(job)
                    _require_transaction(connection)
                    job = self._next(deadline, len(taken))
                    if job is _STOP:
                        go_on, job = False, None
                    if job is not None:
                        taken.append(job)
        except Exception as error:
            for job in taken:
                if not job.future.done():
                    job.future.set_exception(error)
            return go_on
        for job in done:
            job.future.set_result(job.result)
        return go_on

    def _next(self, deadline: float, taken: int) -> _Job[Any] | None:
        """Another job that is already waiting, if the group has room and time for it."""
        if taken >= GROUP_SIZE or time.monotonic() > deadline:
            return None
        try:
            job = self._jobs.get_nowait()
        except queue.Empty:
            return None
        return _STOP if job is None else job


def _require_transaction(connection: Connection) -> None:
    """SQLite itself rolls a whole transaction back where the disk fails it, and a COMMIT of nothing succeeds."""
    raw: Any = connection.connection.dbapi_connection
    if not raw.in_transaction:
        raise sqlite3.OperationalError("the transaction was rolled back")


_STOP: _Job[Any] = _Job(lambda _connection: None, Future())


class PoolWriter(Writer):
    """A few threads, a transaction each: for PostgreSQL.

    Args:
        engine: the writer's own; it is let go with the writer.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pool = ThreadPoolExecutor(POSTGRESQL_WRITERS, thread_name_prefix="store-writer")

    def submit(self, work: Work[T]) -> Future[T]:
        """Run `work` in a transaction of its own."""
        return self._pool.submit(self._run, work)

    def _run(self, work: Work[T]) -> T:
        with told_in_a_sentence(self._engine.url), self._engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """Finish what was submitted, then stop."""
        self._pool.shutdown(wait=True)
        self._engine.dispose()
