"""The rooms that this process works on, laid out for tasks: their parameters are text, and name a room by its key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import PipelineError
from core.pipeline.worker import Worker
from core.project import Project

Progress = Callable[[str, int, int], None]
"""Told of work as it goes: (stage, done, of how many; 0 where nobody knows)."""


def silent(_stage: str, _done: int, _of: int) -> None:
    """Progress that nobody watches."""


class Workshop:
    """The open projects of this process, by the text that a Luigi parameter can carry. One engine a process."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Project, Progress, Worker | None]] = {}
        self._kept: dict[str, tuple[str, Any]] = {}

    def enter(self, project: Project, progress: Progress = silent, worker: Worker | None = None) -> str:
        """Lay a project out for tasks; gives its key."""
        before = self._open.get(project.fingerprint)
        if worker is None and before is not None and before[0] is project:
            worker = before[2]  # a look at the project does not send its worker home
        self._open[project.fingerprint] = (project, progress, worker)
        return project.fingerprint

    def leave(self, key: str) -> None:
        """Put what was kept for its tasks away, and the worker."""
        project, progress, _ = self._open[key]
        self._open[key] = (project, progress, None)
        self._kept.pop(key, None)

    def project(self, key: str) -> Project:
        """The project of that key."""
        return self._open[key][0]

    def progress(self, key: str) -> Progress:
        """Whom to tell."""
        return self._open[key][1]

    def worker(self, key: str) -> Worker:
        """Who works.

        Raises:
            PipelineError: nobody does.
        """
        worker = self._open[key][2]
        if worker is None:
            raise PipelineError("nobody works on this room's line")
        return worker

    def keep(self, key: str, of: str, make: Callable[[], Any]) -> Any:
        """What several tasks of one kind need, made once: of one `of` at a time, since it may be large."""
        kept = self._kept.get(key)
        if kept is None or kept[0] != of:
            self._kept[key] = kept = (of, make())
        return kept[1]


workshop = Workshop()
