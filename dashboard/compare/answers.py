"""The compare page's answers, each worked out once for all pages of this server that ask for the same."""

from __future__ import annotations

import math
from typing import Any

from core import Project
from core.store.queries.live import clock
from dashboard.compare import messages
from dashboard.compare.board import board
from dashboard.compare.comparison import company_of, evidence_of
from dashboard.compare.field import field
from dashboard.compare.pair import kinds, pair
from dashboard.kept import Kept

BOARD_SECONDS = 30.0
"""What changes it is in the feed, which makes it new at once."""
PAIR_SECONDS = 30.0
"""Folds of a finished run never change; the office's verdicts, which McNemar's test looks at, come slowly."""
MOMENT_SECONDS = 1.0


class Answers:
    """What the routes answer with."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._boards = Kept(BOARD_SECONDS)
        self._pairs, self._kinds, self._fields = Kept(PAIR_SECONDS), Kept(math.inf), Kept(math.inf)
        self._moment = Kept(MOMENT_SECONDS)

    def runs_moved(self) -> None:
        """A run has finished, was trained or promoted, or a comparison was opened."""
        self._boards.forget()
        self._pairs.forget()

    def board(self) -> dict[str, Any]:
        """The leaderboard and the list of comparisons."""
        return self._boards.get("board", lambda: board(self._project))

    def pair(self, first: int, second: int) -> dict[str, Any]:
        """Two runs side by side."""
        return self._pairs.get((first, second), lambda: pair(self._project, first, second))

    def kinds(self, first: int, second: int) -> list[dict[str, Any]]:
        """Two runs by kind of message: a finished run says nothing new of what it was tried on."""
        return self._kinds.get((first, second), lambda: kinds(self._project, first, second))

    def field(self, runs: tuple[int, ...]) -> dict[str, Any]:
        """Several runs, each against the first."""
        return self._fields.get(runs, lambda: field(self._project, runs))

    def comparison(self, comparison_id: int) -> dict[str, Any]:
        """A comparison as it stands."""
        return self._moment.get(("comparison", comparison_id), lambda: self._comparison(comparison_id))

    def _comparison(self, comparison_id: int) -> dict[str, Any]:
        with self._project.store.read() as connection:
            at = clock(connection)  # first: what is told is no older than it says, and never takes a newer one's place
            return {"at": at, **evidence_of(connection, comparison_id), **company_of(connection, comparison_id)}

    def asked(self, comparison_id: int, after: int) -> dict[str, Any]:
        """Messages that the office was asked about."""
        key = ("asked", comparison_id, after)
        return self._moment.get(key, lambda: messages.asked(self._project, comparison_id, after))

    def apart(self, first: int, second: int, after: int) -> dict[str, Any]:
        """Messages on which two runs disagree."""
        key = ("apart", first, second, after)
        return self._moment.get(key, lambda: messages.apart(self._project, first, second, after))

    def behind(
        self, first: int, second: int, after: int, truth: str | None, predicted: str | None, kind: str | None
    ) -> dict[str, Any]:
        """Those behind a cell, a class or a kind."""
        asked = (first, second, after, truth, predicted, kind)
        return self._moment.get(asked, lambda: messages.behind(self._project, *asked))
