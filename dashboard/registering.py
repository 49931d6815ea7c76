"""What a server keeps for its registry pages: answers worked out once for all, and who is told when something moves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from core import Project
from core.store.feed import StoreEvent
from core.store.models import RunId
from dashboard.kept import Kept
from dashboard.lookers import Lookers
from dashboard.registry_view import Terms, registry, shown, terms_by_class

REGISTRY_SECONDS = 30.0
"""What changes it is in the feed, which makes it new at once."""
MODEL_SECONDS = 30.0
MOVES = frozenset({"run", "model", "promoted"})


class Registering(Lookers):
    """All of it, for one room."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._registry, self._models = Kept(REGISTRY_SECONDS), Kept(MODEL_SECONDS)
        self._terms = Kept(math.inf)  # a fitted model never changes

    def registry(self) -> dict[str, Any]:
        """Champion, challengers, history."""
        return self._registry.get("registry", lambda: registry(self._project))

    def model(self, run_id: int, *, masks: bool) -> dict[str, Any]:
        """One model from near."""
        return self._models.get(
            (run_id, masks), lambda: shown(self._project, run_id, masks=masks, terms_of=self._terms_of)
        )

    def _terms_of(self, run_id: RunId) -> Terms | None:
        return self._terms.get(run_id, lambda: terms_by_class(self._project, run_id))

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """Note what events may have moved; None where some may have been missed. Called on the feed's thread."""
        if events is not None and not any(event.kind in MOVES for event in events):
            return
        self.forget()
        self.tell()

    def forget(self) -> None:
        """Whoever asks next gets what the store says then."""
        self._registry.forget()
        self._models.forget()
