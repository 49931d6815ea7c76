"""Worker processes that do jobs; one that is killed is replaced, and its job tried again.

Each is a fresh interpreter at the end of a socket of its own. It is neither forked (a server has threads) nor does it
import the caller's main module (a notebook has none, and a server's is slow), and the caller may be a daemon. A worker
whose caller is gone reads the end of its socket and leaves.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from core.errors import PipelineError

TRIES = 3
LOOK_SECONDS = 0.5
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from core.learning.workers import main; main()"

Done = tuple[Any, Any, Exception | None]
"""A job, what it gave, and what it raised instead."""


def go_on() -> None:
    """Nobody wants to stop it."""


class _Worker:
    """A process, and the job that it is at."""

    def __init__(self, threads: int) -> None:
        self.line, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-c", _BEGIN, json.dumps(sys.path), str(theirs.fileno())]
            self.process = subprocess.Popen(  # noqa: S603 - this program, again
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={**os.environ, **dict.fromkeys(_THREADS, str(threads))},
            )
        self.job: Any = None
        self._knows: bytes | None = None

    def give(self, job: Any, content: bytes) -> None:
        """Send it a job, and before the first of its kind what to do with one; a loss is noticed when waited for."""
        self.job = job
        with suppress(OSError):
            self.line.send((None if content is self._knows else content, job))
            self._knows = content

    def close(self, patience: float = 0.0) -> int:
        """End it, whatever it is at: what it writes is written whole or not at all. Gives its exit code.

        `patience` is how many seconds it is given to be gone by itself.
        """
        self.line.close()
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Workers:
    """`size` processes, for one kind of work after another. Use it as a context: they are ended with it.

    Args:
        size: how many.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._content = b""
        self._threads = max(1, (os.cpu_count() or 1) // size)  # as many as there are cores, of all workers together
        self._workers = [_Worker(self._threads) for _ in range(size)]  # all begin before the first is sent anything
        self._losses: dict[Any, int] = {}
        self._look: Callable[[], None] = go_on

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End them, whatever they are at."""
        for worker in self._workers:
            worker.close()

    @contextmanager
    def at(self, work: Callable[[Any], Any], look: Callable[[], None] = go_on) -> Iterator[Workers]:
        """Have them do jobs by `work(job)`, which must be picklable; who is still at one in the end is replaced.

        It is sent once to each of them. `look` is called now and then while they work: what it raises ends it all.
        """
        self._content, self._losses, self._look = pickle.dumps(work), {}, look
        try:
            yield self
        finally:
            for place, worker in enumerate(self._workers):
                if worker.job is not None:
                    worker.close()
                    self._workers[place] = _Worker(self._threads)

    @property
    def pids(self) -> list[int]:
        """Of the processes."""
        return [worker.process.pid for worker in self._workers]

    @property
    def free(self) -> int:
        """How many jobs can be given now."""
        return self._size - sum(worker.job is not None for worker in self._workers)

    @property
    def busy(self) -> bool:
        """Whether there is something to wait for."""
        return any(worker.job is not None for worker in self._workers)

    def give(self, job: Any) -> None:
        """Give a job, which must be hashable, to a free worker."""
        next(worker for worker in self._workers if worker.job is None).give(job, self._content)

    def wait(self) -> Done:
        """The next job that is done; one whose worker was lost TRIES times is done with an error."""
        while True:
            at = {worker.line: worker for worker in self._workers if worker.job is not None}
            while not (ready := wait(list(at), LOOK_SECONDS)):
                self._look()
            line = ready[0]
            assert isinstance(line, Connection)
            worker = at[line]
            job = worker.job
            try:
                result, error = line.recv()
            except (OSError, EOFError):
                if (lost := self._lost(worker)) is None:
                    continue
                return job, None, lost
            worker.job = None
            return job, result, error

    def _lost(self, worker: _Worker) -> PipelineError | None:
        """Replace a worker that is gone; gives an error once its job has been tried often enough."""
        job = worker.job
        code = worker.close(patience=1.0)
        self._workers[self._workers.index(worker)] = _Worker(self._threads)
        self._losses[job] = self._losses.get(job, 0) + 1
        if self._losses[job] < TRIES:
            self.give(job)
            return None
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return PipelineError(
            f"a worker process was lost {TRIES} times at the same work ({how})",
            fix="See whether there is memory enough for as many workers, or take fewer.",
        )


class Here:
    """The same in this process, one job at a time."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work
        self._job: Any = None

    @property
    def free(self) -> int:
        """How many jobs can be given now."""
        return int(self._job is None)

    @property
    def busy(self) -> bool:
        """Whether there is something to wait for."""
        return self._job is not None

    def give(self, job: Any) -> None:
        """Give a job; it is done when it is waited for."""
        self._job = job

    def wait(self) -> Done:
        """Do the job."""
        job, self._job = self._job, None
        try:
            return job, self._work(job), None
        except Exception as error:
            return job, None, error


def serve(line: Connection) -> None:
    """Do jobs until the caller is gone."""
    work: Callable[[Any], Any] | None = None
    while True:
        content, job = line.recv()
        try:
            if content is not None:
                work = None  # what was done before is done no longer, whatever comes of this
                work = pickle.loads(content)  # noqa: S301 - from the process that started this one
            assert work is not None, "the first job comes with what is to be done"
            answer: tuple[Any, Exception | None] = work(job), None
        except Exception as error:  # whatever an estimator raises belongs to the caller
            answer = None, _sayable(error)
        line.send(answer)


def _sayable(error: Exception) -> Exception:
    """An error that the caller can be sent; one that pickle cannot bring back is said in a sentence."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - what was dumped in the same breath
    except Exception:
        return PipelineError(f"{type(error).__name__}: {error}")
    return error


def main() -> None:
    """What a worker process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the caller's, who ends the workers
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):  # the caller is gone, or wants no more
        serve(Connection(int(sys.argv[2])))
