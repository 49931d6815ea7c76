"""The open comparisons of this server: who looks at each, and one answer, encoded once, for all of them.

Follows the same feed as the live page (`heed`). What an event may have moved is read again once, however many look on,
and told. Who is there is said to the store every few seconds, and told as well, moved or not: a page that holds an
answer from a moment in which somebody's word was late gets over it.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from core import Project
from core.errors import DeskError, TallyroomError
from core.store.feed import StoreEvent
from core.store.queries.live import clock
from dashboard.audience import Audience, Viewer
from dashboard.compare.comparison import company_of, evidence_of
from dashboard.live import Health
from labeling.comparisons.session import PRESENCE_SECONDS, be_there
from labeling.people import PersonId, Reviewer

RUNS_MOVE = frozenset({"run", "model", "promoted"})
EVIDENCE_MOVES = frozenset({"withdrawn", "labels"})
"""They may move any comparison; a verdict moves that of its queue."""

log = logging.getLogger(__name__)


class Looker(Viewer, Protocol):
    """A page that looks at a comparison; `person` is whose it is."""

    person: Reviewer


class Sessions(Audience[Looker]):
    """Who looks at which comparison at this server. Number 0: at runs, with no comparison opened."""

    def __init__(self, project: Project, runs_moved: Callable[[], None], health: Callable[[], Health]) -> None:
        super().__init__(health, RUNS_MOVE | EVIDENCE_MOVES | {"comparison", "verdict", "queued"})
        self._project = project
        self._forget_runs = runs_moved
        self._server = str(uuid.uuid4())
        self._evidence: dict[int, dict[str, Any]] = {}
        self._facts: dict[int, dict[str, Any]] = {}
        self._told_at: dict[int, int] = {}
        self._evidence_moved: set[int] = set()
        self._company_moved: set[int] = set()
        self._runs_moved = False
        self._said: set[tuple[int, PersonId]] = set()
        self._say_at = 0.0

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """Note which comparisons events may have moved. A moved run makes the answers old, before anybody is told."""
        events = None if events is None else list(events)
        with self._lock:
            if events is None:
                self._evidence_moved |= set(self._viewers.values())
                self._runs_moved = True
            for event in events or ():
                self._note(event)
            runs_moved = self._runs_moved
        if runs_moved:
            self._forget_runs()
        super().heed(events)

    def _note(self, event: StoreEvent) -> None:
        facts = event.payload
        if event.kind == "comparison":
            what = facts.get("what")
            company = what in ("presence", "selection")
            (self._company_moved if company else self._evidence_moved).add(int(facts["comparison_id"]))
            self._runs_moved |= what == "opened"  # it is in everybody's list
        elif event.kind in ("verdict", "queued"):
            asked = (one for one, now in self._evidence.items() if now["queue_id"] == facts.get("queue_id"))
            self._evidence_moved.update(asked)
        elif event.kind in EVIDENCE_MOVES:
            self._evidence_moved |= set(self._viewers.values())
        elif event.kind in RUNS_MOVE:
            self._runs_moved = True

    def tell(self) -> None:
        """Read what has moved, and send it to who looks at it; then say to the store who is here."""
        with self._lock:
            looked_at = set(self._viewers.values()) - {0}
            for gone in self._evidence.keys() - looked_at:
                for kept in (self._evidence, self._facts, self._told_at):
                    kept.pop(gone, None)
            new = looked_at - self._evidence.keys()
            moved = (self._evidence_moved & looked_at) | new
            company = (self._company_moved & looked_at) | moved
            runs_moved, self._runs_moved = self._runs_moved, False
            self._evidence_moved, self._company_moved = set(), set()
        if runs_moved:
            self.send({"kind": "board"}, self.others())
        for comparison_id in company:
            self._tell_of(comparison_id, anew=comparison_id in moved)
        for looker in self.fresh():
            self._tell_now(self._viewers.get(looker, 0), [looker])
        if self._here() != self._said or time.monotonic() >= self._say_at:
            self._say_who_is_here(self._here())

    def _tell_of(self, comparison_id: int, *, anew: bool) -> None:
        try:
            with self._project.store.read() as connection:
                at = clock(connection)
                evidence = None if anew else self._evidence.get(comparison_id)
                evidence = evidence or evidence_of(connection, comparison_id)
                facts = {**evidence, **company_of(connection, comparison_id)}
        except DeskError:
            return  # no such comparison: its page has been told by the route that it asked first
        with self._lock:
            self._evidence[comparison_id], self._facts[comparison_id] = evidence, facts
        self._told_at[comparison_id] = at
        self._tell_now(comparison_id, self.others(comparison_id))

    def _tell_now(self, comparison_id: int, lookers: Iterable[Looker]) -> None:
        if comparison_id in self._facts:
            facts = {"at": self._told_at[comparison_id], **self._facts[comparison_id]}
            self.send({"kind": "comparison", **facts}, lookers)

    def _here(self) -> set[tuple[int, PersonId]]:
        """Of comparisons that were read, and so exist."""
        with self._lock:
            return {(one, each.person.id) for each, one in self._viewers.items() if one in self._facts}

    def _say_who_is_here(self, here: set[tuple[int, PersonId]]) -> None:
        self._say_at = time.monotonic() + PRESENCE_SECONDS
        before = self._said
        if here or before:
            self._project.store.write(lambda connection: be_there(connection, self._server, here, before))
            self._said = here
            with self._lock:
                self._company_moved |= set(self._viewers.values())  # somebody's server may have been killed
            self._wake.set()

    def ended(self) -> None:
        """Nobody is here any more."""
        try:
            self._say_who_is_here(set())
        except TallyroomError:
            log.info("the store was gone first; who was here expires by itself")
