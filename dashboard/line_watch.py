"""Who looks at the pipeline page of this server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from core import Project
from dashboard.audience import Shown
from dashboard.live import Health
from dashboard.pipeline_view import change, pipeline_view

ANEW_SECONDS = 3.0
"""A process that dies says nothing: so often its silence is looked for."""


class LineWatch(Shown):
    """The pipeline's tasks."""

    kind: ClassVar[str] = "pipeline"
    gather_seconds = 0.1

    def __init__(self, project: Project, health: Callable[[], Health]) -> None:
        super().__init__(health, frozenset({"task"}), ANEW_SECONDS)
        self._project = project

    def read(self) -> dict[str, Any]:
        """The tasks, the workers, the runs of late."""
        return pipeline_view(self._project)

    def change(self, before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any] | None:
        """The tasks that changed."""
        return change(before, now)
