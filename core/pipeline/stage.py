"""What every stage shares: a Luigi task whose target is a row in the store.

A stage is keyed by the fingerprint of all that it is made from. Is the row there, the stage is done: run again,
nothing happens; change one thing, and exactly what depends on it runs again.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import luigi

from core.errors import PipelineError
from core.project import Project
from core.store import Store
from core.store.records.stages import done, mark_done

Progress = Callable[[str, int, int], None]
"""Told of work as it goes: (stage, done, of how many; 0 where nobody knows)."""

# Part of every fingerprint: raise it when a stage's code changes what it makes.
CODE_VERSION = 3


def silent(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


class Workshop:
    """The open projects of this process, by the text that a Luigi parameter can carry. One engine a process."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Project, Progress]] = {}

    def enter(self, project: Project, progress: Progress = silent) -> str:
        """Lay a project out for tasks; gives its key."""
        self._open[project.fingerprint] = (project, progress)
        return project.fingerprint

    def project(self, key: str) -> Project:
        """The project of that key."""
        return self._open[key][0]

    def progress(self, key: str) -> Progress:
        """Whom to tell."""
        return self._open[key][1]


workshop = Workshop()


class StageTarget(luigi.Target):
    """The row that says a stage is done."""

    def __init__(self, store: Store, fingerprint: str) -> None:
        self._store = store
        self._fingerprint = fingerprint

    def exists(self) -> bool:
        """Whether the stage is done."""
        with self._store.read() as connection:
            return done(connection, self._fingerprint) is not None


class StageTask(luigi.Task):
    """A stage. Subclasses say what they are made from and do the work; the mark is written here."""

    room: str = luigi.Parameter()

    @property
    def project(self) -> Project:
        """The room that the stage works for."""
        return workshop.project(self.room)

    def tell(self, done_so_far: int, of: int) -> None:
        """Tell whoever watches how far the stage is."""
        workshop.progress(self.room)(self.task_family, done_so_far, of)

    @abstractmethod
    def made_from(self) -> str:
        """The fingerprint of all that the stage is made from."""

    @abstractmethod
    def work(self) -> Mapping[str, Any]:
        """Do the work; gives what is worth keeping of it as JSON."""

    def output(self) -> StageTarget:
        """The stage's row in the store."""
        return StageTarget(self.project.store, self.made_from())

    def run(self) -> None:
        """Do the work and say that it is done."""
        began = time.monotonic()
        result = self.work()
        seconds = time.monotonic() - began
        made_from = self.made_from()
        self.project.store.write(lambda connection: mark_done(connection, self.task_family, made_from, result, seconds))

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
