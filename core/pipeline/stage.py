"""What every stage shares: a Luigi task whose target is in the store, and which one process at a time runs.

A stage is keyed by the fingerprint of all that it is made from. Is its target there, the stage is done: run again,
nothing happens; change one thing, and exactly what depends on it runs again. Luigi orders the stages; who runs one is
settled in the store, so that several processes share them (`core.pipeline.worker`).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import luigi
from sqlalchemy import Connection

from core.errors import PipelineError, StoreDownError
from core.pipeline.hold import CancelledError, Hold, NotNowError, StoppedError
from core.pipeline.worker import Worker
from core.pipeline.workshop import workshop
from core.project import Project
from core.store import Store
from core.store.records.claims import LeaseLostError, Refusal
from core.store.records.stages import done, mark_done
from core.store.records.tasks import Listed

# Part of every fingerprint: raise it when a stage's code changes what it makes.
CODE_VERSION = 3


class StageTarget(luigi.Target):
    """The row that says a stage is done."""

    def __init__(self, store: Store, fingerprint: str) -> None:
        self._store = store
        self._fingerprint = fingerprint

    def exists(self) -> bool:
        """Whether the stage is done."""
        with self._store.read() as connection:
            return done(connection, self._fingerprint) is not None


UNSAID = frozenset({"room", "state", "trial", "candidates"})
"""Parameters that the store need not list: keys, and what is said elsewhere."""


class LineTask(luigi.Task):
    """A task of the line. Subclasses say what it is made from, what there is once it is complete, and do the work."""

    room: str = luigi.Parameter()
    _hold: Hold | None = None

    @property
    def project(self) -> Project:
        """The room that the task works for; while it runs, what it writes is refused once it is somebody else's."""
        if self._hold is not None:
            return workshop.worker(self.room).project_of(self._hold)
        return workshop.project(self.room)

    def tell(self, done_so_far: int, of: int) -> None:
        """Tell whoever watches how far the task is.

        Raises:
            CancelledError: it is to stop here.
        """
        workshop.progress(self.room)(self.task_family, done_so_far, of)
        if self._hold is not None:
            self._hold.tell(done_so_far, of)

    def check(self) -> None:
        """Go on only where it is wanted.

        Raises:
            CancelledError, LeaseLostError, StoppedError: it is to stop here.
        """
        if self._hold is not None:
            self._hold.check()

    def log(self, line: str) -> None:
        """Keep a line in the task's log. Never a message's text."""
        if self._hold is not None:
            self._hold.log(line)

    def peak_memory(self) -> int:
        """The most bytes that it has held so far."""
        return 0 if self._hold is None else self._hold.peak.most()

    def complete(self) -> bool:
        """Whether what it makes is there."""
        return bool(super().complete())  # type: ignore[no-untyped-call]

    @abstractmethod
    def made_from(self) -> str:
        """The fingerprint of all that the task is made from."""

    @abstractmethod
    def work(self) -> Any:
        """Do the work; gives what came of it."""

    def mark(self, connection: Connection, result: Any, seconds: float) -> None:
        """Write what says that it is done, where the work itself does not."""

    def listed(self) -> Listed:
        """The task as the store lists it."""
        waits_for = [each.made_from() for each in _lines(self.deps())]  # type: ignore[no-untyped-call]
        params = {name: value for name, value in self.param_kwargs.items() if name not in UNSAID}
        return Listed(self.made_from(), self.task_family, params, waits_for, self.complete())

    def run(self) -> None:
        """Claim the task, do the work, and say how it ended.

        Raises:
            NotNowError: it is not for this process, or not now.
        """
        worker = workshop.worker(self.room)
        hold = worker.hold(self.made_from(), self.task_family)
        try:
            if self.complete():  # somebody else had just finished it
                hold.done(lambda _connection, _seconds: None)
                return
            self._hold = hold
            result = self.work()
            hold.check()
            hold.done(lambda connection, seconds: self.mark(connection, result, seconds))
            worker.note_done(self.task_family, result)
        except (LeaseLostError, StoppedError, CancelledError, StoreDownError) as error:
            self._leave(worker, hold, error)
            raise
        except Exception as error:
            hold.failed(error, worker.rest(hold))
            worker.note_failure(self.task_family, error)
            raise
        except BaseException:  # Ctrl+C: the next one need not wait for the lease to end
            hold.put_back()
            raise
        finally:
            self._hold = None
            worker.let_go(hold)

    def _leave(self, worker: Worker, hold: Hold, error: Exception) -> None:
        """It ends here without having failed."""
        if isinstance(error, StoppedError):
            hold.put_back()
        elif isinstance(error, CancelledError):
            hold.cancelled()
            worker.skipped.append(NotNowError(self.task_family, Refusal.CANCELLED))
        elif isinstance(error, LeaseLostError):
            worker.skipped.append(NotNowError(self.task_family, Refusal.HELD))
        else:  # the lease ends by itself, or this process takes it up again
            worker.note_failure(self.task_family, error)


class StageTask(LineTask):
    """A task that is done once, and marked so."""

    @abstractmethod
    def work(self) -> Mapping[str, Any]:
        """Do the work; gives what is worth keeping of it as JSON."""

    def output(self) -> StageTarget:
        """The stage's row in the store."""
        return StageTarget(workshop.project(self.room).store, self.made_from())

    def mark(self, connection: Connection, result: Any, seconds: float) -> None:
        """The stage's row."""
        mark_done(connection, self.task_family, self.made_from(), result, seconds)

    def result(self) -> Mapping[str, Any]:
        """What the finished stage kept.

        Raises:
            PipelineError: it is not finished.
        """
        with self.project.store.read() as connection:
            found = done(connection, self.made_from())
        if found is None:
            raise PipelineError(f"the stage {self.task_family} is not done")
        return found


def _lines(required: Any) -> Iterable[LineTask]:
    """The tasks of the line among what a task requires, in a flat list."""
    for each in luigi.task.flatten(required):
        if isinstance(each, LineTask):
            yield each
        else:
            yield from _lines(each.deps())


def graph_of(task: luigi.Task) -> list[LineTask]:
    """A task and all that it needs which is not complete, what comes first at the front."""
    found: dict[str, LineTask] = {}

    def walk(each: luigi.Task) -> None:
        if each.task_id in found:
            return
        if not isinstance(each, LineTask) or not each.complete():
            for below in luigi.task.flatten(each.requires()):
                walk(below)
        if isinstance(each, LineTask):
            found[each.task_id] = each

    walk(task)
    return list(found.values())
