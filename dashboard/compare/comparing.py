"""What a server keeps for its compare pages: answers, open sessions, and whose turn it is to move the selection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from core import Project
from dashboard.compare.answers import Answers
from dashboard.compare.sessions import Sessions
from dashboard.live import Health
from labeling.people import PersonId

SELECTIONS_SECONDS = 1.0


class Turns:
    """Lets each person do something once a second; of what comes faster, only the last. For one event loop."""

    def __init__(self, seconds: float = SELECTIONS_SECONDS) -> None:
        self._seconds = seconds
        self._next: dict[PersonId, float] = {}
        self._newest: dict[PersonId, int] = {}

    async def wait(self, person: PersonId) -> bool:
        """Wait for the person's turn; False where they wanted something newer meanwhile."""
        mine = self._newest[person] = self._newest.get(person, 0) + 1
        left = self._next.get(person, 0.0) - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
        if self._newest[person] != mine:
            return False
        self._next[person] = time.monotonic() + self._seconds
        return True


class Comparing:
    """All of it, for one room."""

    def __init__(self, project: Project, health: Callable[[], Health]) -> None:
        self.answers = Answers(project)
        self.sessions = Sessions(project, self.answers.runs_moved, health)
        self.turns = Turns()
