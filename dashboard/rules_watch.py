"""What a server keeps for its Rules pages, and who is told when the rules were looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core import Project
from core.store.feed import StoreEvent
from dashboard.kept import Kept
from dashboard.lookers import Lookers
from dashboard.rules_view import look_of, rules_state

SECONDS = 30.0
"""What changes it is in the feed or in the file, which make it new at once."""
MOVES = frozenset({"rules", "withdrawn", "promoted"})


class RulesWatch(Lookers):
    """The rules of one room."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._state = Kept(SECONDS)

    def state(self) -> dict[str, Any]:
        """The rules with their worth."""
        return self._state.get(look_of(self._project), lambda: rules_state(self._project))

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """Note what events may have moved; None where some may have been missed. Called on the feed's thread."""
        if events is None or any(event.kind in MOVES for event in events):
            self._state.forget()
            self.tell()
