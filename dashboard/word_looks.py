"""Drift of the words, worked out aside and kept a while: it takes a second of thought, which no tick may wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core import Project
from core.drift.words import word_drift
from core.slices import slices_of
from core.store.queries.live import champion, tallies
from core.store.queries.newest import new_and_old

KEPT_SECONDS = 60.0
KEPT_MOST = 40
BODY_MOST = 2_000
"""Characters of a message that are looked at."""


def words_of(counts: Mapping[str, int], run_id: int | None) -> list[int | None]:
    """What a look is of: so many messages, and whose predictions its words open. Of the same, it finds the same."""
    return [counts.get("messages", 0), run_id]


class WordLooks:
    """The newest looks at the words of one room, by slice."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def look(self, slice_name: str) -> dict[str, Any]:
        """The newest messages (of a slice, or all) against those before; at most KEPT_SECONDS old.

        Raises:
            StoreError: the store does not answer.
        """
        with self._lock:  # who comes meanwhile waits, and gets the same
            at, found = self._kept.get(slice_name, (0.0, dict[str, Any]()))
            if not found or time.monotonic() - at > KEPT_SECONDS:
                found = self._look(slice_name)
                if len(self._kept) >= KEPT_MOST:
                    self._kept.clear()
                self._kept[slice_name] = time.monotonic(), found
            return found

    def _look(self, slice_name: str) -> dict[str, Any]:
        with self._project.store.read() as connection:
            sample = new_and_old(connection, self._project.dataset_id)
            reigning = champion(connection, self._project.dataset_id)
            counts = tallies(connection)
        new, old = (
            [body[:BODY_MOST] for body, sender in said if not slice_name or slice_name in slices_of(body, sender)]
            for said in (sample.new, sample.old)
        )
        found = word_drift(new, old)
        facts: dict[str, Any] = {"new": len(new), "old": len(old), "since": sample.since, "found": None}
        facts["run"] = reigning.run_id if reigning else None
        facts["of"] = words_of(counts, facts["run"])
        facts["model"] = reigning.title if reigning else ""
        if found is not None:
            facts["found"] = {**asdict(found), "moved": found.moved}
        return facts
