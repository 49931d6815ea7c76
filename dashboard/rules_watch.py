"""What a server keeps for its Rules pages: the rules with their worth, worked out once for all who look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core import Project
from core.file_look import look_of
from dashboard.audience import Told
from dashboard.kept import Kept
from dashboard.live import Health
from dashboard.rules_view import rules_state

SECONDS = 30.0
"""What changes it is in the feed or in the file, which make it new at once."""


class RulesWatch(Told):
    """The rules of one room."""

    def __init__(self, project: Project, health: Callable[[], Health]) -> None:
        super().__init__(health, frozenset({"rules", "withdrawn", "promoted"}))
        self._project = project
        self._state = Kept(SECONDS)

    def state(self) -> dict[str, Any]:
        """The rules with their worth."""
        file = look_of(self._project.folder / self._project.settings.pipeline.rules)
        return self._state.get(file, lambda: rules_state(self._project))

    def forget(self) -> None:
        """Whoever asks next gets what the store says then."""
        self._state.forget()
