"""What a server keeps for its registry pages: answers worked out once for all who look."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from core import Project
from core.store.models import RunId
from dashboard.audience import Told
from dashboard.kept import Kept
from dashboard.live import Health
from dashboard.registry_view import Terms, registry, shown, terms_by_class

KEPT_SECONDS = 30.0
"""What makes an answer old is in the feed, which makes it new at once."""


class Registering(Told):
    """All of it, for one room."""

    def __init__(self, project: Project, health: Callable[[], Health]) -> None:
        super().__init__(health, frozenset({"run", "model", "promoted"}))
        self._project = project
        self._answers = Kept(KEPT_SECONDS)
        self._terms = Kept(math.inf)  # a fitted model never changes

    def registry(self) -> dict[str, Any]:
        """Champion, challengers, history."""
        return self._answers.get("registry", lambda: registry(self._project))

    def model(self, run_id: int, *, masks: bool) -> dict[str, Any]:
        """One model from near."""
        return self._answers.get(
            (run_id, masks), lambda: shown(self._project, run_id, masks=masks, terms_of=self._terms_of)
        )

    def forget(self) -> None:
        """Whoever asks next gets what the store says then: one who has just written asks before its event comes."""
        self._answers.forget()

    def _terms_of(self, run_id: RunId) -> Terms | None:
        return self._terms.get(run_id, lambda: terms_by_class(self._project, run_id))
