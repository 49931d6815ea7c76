"""The open comparisons of this server: who looks at each, and one answer, encoded once, for all of them.

Follows the same feed as the live page (`heed`). What an event may have moved is read again once, however many look on;
a page gets a message only where something did move. Who is there is said to the store every few seconds.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from core import Project
from core.errors import DeskError, TallyroomError
from core.store.feed import StoreEvent
from core.store.queries.live import clock
from dashboard.compare_state import company_of, evidence_of
from dashboard.live import Health
from labeling.comparisons.session import PRESENCE_SECONDS, be_there
from labeling.people import PersonId

GATHER_SECONDS = 0.15
"""Events that come within so long are answered together,"""
REST, GATHER_MOST_SECONDS = 2.0, 1.0
"""and those within twice as long as the last answer took: many verdicts weigh more."""
RETRY_SECONDS = 1.0
BEAT_SECONDS = 1.0
"""A page that hears nothing for twice as long says so."""
RUNS_MOVE = frozenset({"run", "model", "promoted"})
EVIDENCE_MOVES = frozenset({"withdrawn", "labels"})
"""They may move any comparison; a verdict moves that of its queue."""

log = logging.getLogger(__name__)


class Looker(Protocol):
    """A page that looks at a comparison; `person_id` is whose it is."""

    person_id: PersonId

    def send(self, message: str) -> None:
        """Take a message, or note that one was missed; must not raise."""


class Sessions:
    """Who looks at which comparison at this server. Number 0: at runs, with no comparison opened."""

    def __init__(self, project: Project, runs_moved: Callable[[], None], health: Callable[[], Health]) -> None:
        self._project = project
        self._forget_runs = runs_moved
        self._health = health
        self._server = str(uuid.uuid4())
        self._lock = threading.Lock()
        self._lookers: dict[int, set[Looker]] = {}
        self._evidence: dict[int, dict[str, Any]] = {}
        self._facts: dict[int, dict[str, Any]] = {}
        self._told: dict[int, str] = {}
        self._moved: set[int] = set()
        self._company_moved: set[int] = set()
        self._runs_moved = False
        self._said: set[tuple[int, PersonId]] = set()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: AbstractEventLoop | None = None

    def join(self, looker: Looker, comparison_id: int, loop: AbstractEventLoop) -> None:
        """Let a page look on: it gets the comparison as it stands. It looks at one at a time."""
        with self._lock:
            self._loop = loop
            self._lookers.setdefault(comparison_id, set()).add(looker)
            self._forget(looker, but=comparison_id)
            told = self._told.get(comparison_id)
            if told is None:
                self._moved.add(comparison_id)
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="comparisons", daemon=True)
                self._thread.start()
        if told is not None:
            looker.send(told)
        self._wake.set()

    def leave(self, looker: Looker) -> None:
        """The page looks no more."""
        with self._lock:
            self._forget(looker)
        self._wake.set()

    def _forget(self, looker: Looker, *, but: int | None = None) -> None:
        for comparison_id, here in list(self._lookers.items()):
            if comparison_id != but:
                here.discard(looker)
            if not here:
                for kept in (self._lookers, self._evidence, self._facts, self._told):
                    kept.pop(comparison_id, None)

    def heed(self, events: Iterable[StoreEvent] | None) -> None:
        """Note what events may have moved; None where some may have been missed. Called on the feed's thread."""
        with self._lock:
            if events is None:
                self._moved |= self._lookers.keys()
                self._runs_moved = True
            for event in events or ():
                self._note(event)
            moved = self._moved or self._company_moved or self._runs_moved
        if events is None or self._runs_moved:
            self._forget_runs()
        if moved:
            self._wake.set()

    def _note(self, event: StoreEvent) -> None:
        facts = event.payload
        if event.kind == "comparison":
            what = facts.get("what")
            company = what in ("presence", "selection")
            (self._company_moved if company else self._moved).add(int(facts["comparison_id"]))
            self._runs_moved |= what == "opened"  # it is in everybody's list
        elif event.kind in ("verdict", "queued"):
            asked = (one for one, now in self._evidence.items() if now["queue_id"] == facts.get("queue_id"))
            self._moved.update(asked)
        elif event.kind in EVIDENCE_MOVES:
            self._moved |= self._lookers.keys()
        elif event.kind in RUNS_MOVE:
            self._runs_moved = True

    def close(self) -> None:
        """Stop, and say that nobody is here any more."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        say_at = beat_at = 0.0
        while not self._stop.is_set():
            self._wake.wait(BEAT_SECONDS)
            self._wake.clear()
            began = time.monotonic()
            try:
                self._tell()
                if self._here() != self._said or time.monotonic() >= say_at:
                    self._say_who_is_here()
                    say_at = time.monotonic() + PRESENCE_SECONDS
            except TallyroomError as error:
                log.warning("the comparisons wait for the store: %s", error)
                self._again()
            except Exception:
                log.exception("the comparisons could not be brought up to date")
                self._again()
            if time.monotonic() >= beat_at:
                self._beat()
                beat_at = time.monotonic() + 0.9 * BEAT_SECONDS
            took = time.monotonic() - began
            self._stop.wait(min(max(GATHER_SECONDS, REST * took), GATHER_MOST_SECONDS))
        try:
            self._say_who_is_here(gone=True)
        except TallyroomError:
            log.info("the store was gone first; who was here expires by itself")

    def _beat(self) -> None:
        health = self._health()
        beat = {"kind": "beat", "behind": health.behind_seconds, "away": health.away_seconds or None}
        self._send(_encoded(beat), None)

    def _again(self) -> None:
        self._stop.wait(RETRY_SECONDS)
        self.heed(None)

    def _here(self) -> set[tuple[int, PersonId]]:
        """Of comparisons that were read, and so exist."""
        with self._lock:
            return {(one, each.person_id) for one in self._facts for each in self._lookers.get(one, ())}

    def _say_who_is_here(self, *, gone: bool = False) -> None:
        here = set() if gone else self._here()
        if here or self._said:
            before = self._said
            self._project.store.write(lambda connection: be_there(connection, self._server, here, before))
            self._said = here
            with self._lock:
                self._company_moved |= self._lookers.keys()  # somebody's server may have been killed

    def _tell(self) -> None:
        """Read what has moved, and send it to who looks at it."""
        with self._lock:
            looked_at = self._lookers.keys() - {0}
            moved, company = self._moved & looked_at, (self._moved | self._company_moved) & looked_at
            runs_moved, self._runs_moved = self._runs_moved, False
            self._moved, self._company_moved = set(), set()
        if runs_moved:
            self._send(_encoded({"kind": "board"}), None)
        for comparison_id in company:
            self._tell_of(comparison_id, anew=comparison_id in moved)

    def _tell_of(self, comparison_id: int, *, anew: bool) -> None:
        try:
            with self._project.store.read() as connection:
                at = clock(connection)
                evidence = None if anew else self._evidence.get(comparison_id)
                evidence = evidence or evidence_of(connection, comparison_id)
                facts = {**evidence, **company_of(connection, comparison_id)}
        except DeskError:
            return  # no such comparison: its page has been told by the route that it asked first
        encoded = _encoded({"kind": "comparison", "at": at, **facts})
        with self._lock:
            same = self._facts.get(comparison_id) == facts
            if comparison_id in self._lookers:
                self._evidence[comparison_id], self._facts[comparison_id] = evidence, facts
                self._told[comparison_id] = encoded
        if not same:
            self._send(encoded, comparison_id)

    def _send(self, encoded: str, comparison_id: int | None) -> None:
        """To the pages of a comparison, or to all."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._hand_out, encoded, comparison_id)

    def _hand_out(self, encoded: str, comparison_id: int | None) -> None:
        with self._lock:
            lists = [here for one, here in self._lookers.items() if comparison_id in (None, one)]
            lookers = [looker for here in lists for looker in here]
        for looker in lookers:
            looker.send(encoded)


def _encoded(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
