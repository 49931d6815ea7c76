"""Who looks at the search page of this server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from core import Project
from dashboard.audience import Shown
from dashboard.live import Health
from dashboard.search_view import changes, search_state

ANEW_SECONDS = 5.0
"""A process that is killed says nothing: so often its silence is looked for."""


class SearchWatch(Shown):
    """The newest search."""

    kind: ClassVar[str] = "search"
    gather_seconds = 0.2

    def __init__(self, project: Project, health: Callable[[], Health]) -> None:
        super().__init__(health, frozenset({"search", "trial", "promoted"}), ANEW_SECONDS)
        self._project = project

    def read(self) -> dict[str, Any]:
        """The search with its trials."""
        return search_state(self._project)

    def change(self, before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any] | None:
        """The trials that are new or have moved; nothing where it is the same."""
        return None if before is now else changes(before, now)
