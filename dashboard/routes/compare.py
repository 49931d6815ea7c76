"""The compare page's routes. For leads: who judges blind must not see what the models say."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from typing import Any, ClassVar

from pydantic import Field

from core.errors import PipelineError, TallyroomError
from core.store.models import RunId
from core.store.queries.live import clock
from dashboard.compare_view import apart, board, kinds, pair
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from labeling.comparison_models import Choice
from labeling.comparisons import (
    add_note,
    ask_office,
    asked_messages,
    comparison_of,
    decide,
    decisions,
    frozen,
    notes,
    open_comparison,
    standing,
)
from labeling.models import Role

NUMBER_MOST = 2**63


class CompareHandler(Handler):
    """A route of the compare page."""

    role: ClassVar[Role | None] = Role.LEAD

    def number(self, name: str, default: str | None = None) -> int:
        """A number of the query.

        Raises:
            TallyroomError: it is missing or none.
        """
        value = self.get_query_argument(name, default) or ""
        if not (value.isascii() and value.isdecimal() and int(value) < NUMBER_MOST):
            raise TallyroomError(f"{name} is a number")
        return int(value)


class Board(CompareHandler):
    """The leaderboard, and the comparisons that were opened."""

    async def get(self) -> None:
        """Which runs there are, and which two to begin with."""
        self.answer(await aside(board, room()))


class Pair(CompareHandler):
    """Two runs side by side."""

    async def get(self) -> None:
        """`first` and `second` are runs."""
        self.answer(await aside(pair, room(), self.number("first"), self.number("second")))


class Kinds(CompareHandler):
    """Two runs by kind of message; it may take a second or two the first time."""

    async def get(self) -> None:
        """`first` and `second` are runs."""
        self.answer({"kinds": await aside(kinds, room(), self.number("first"), self.number("second"))})


class Apart(CompareHandler):
    """The messages on which two runs disagree, a page at a time."""

    async def get(self) -> None:
        """`comparison`, or `first` and `second`; `after` the last place of the page before, plus one."""
        after = self.number("after", "0")
        if self.get_query_argument("comparison", ""):
            rows = await aside(self._asked, self.number("comparison"), after)
        else:
            rows = await aside(apart, room(), self.number("first"), self.number("second"), after - 1)
        self.answer({"messages": rows})

    def _asked(self, comparison_id: int, after: int) -> list[dict[str, Any]]:
        with room().project.store.read() as connection:
            return [asdict(row) for row in asked_messages(connection, comparison_id, after=after - 1)]


class ComparisonState(CompareHandler):
    """A comparison: what the office's verdicts say of it now, notes, decisions."""

    async def get(self) -> None:
        """`id` names it."""
        self.answer(await aside(self._read, self.number("id")))

    def _read(self, comparison_id: int) -> dict[str, Any]:
        with room().project.store.read() as connection:
            found = comparison_of(connection, comparison_id)
            now = standing(connection, comparison_id)
            waiting = {} if now is None else {"queued": now.queued, "waiting": len(now.waiting)}
            return {
                "at": clock(connection),
                **asdict(found),
                "settle": None if now is None else {**(frozen(now) or {}), **waiting},
                "notes": [asdict(note) for note in notes(connection, comparison_id)],
                "decisions": [asdict(each) for each in decisions(connection, comparison_id)],
            }


class _Open(Asked):
    name: str = Field(min_length=1, max_length=200)
    first: Id
    second: Id


class OpenComparison(CompareHandler):
    """Opens a comparison under a name."""

    async def post(self) -> None:
        """Answers with its id."""
        asked, project, by = self.asked(_Open), room().project, self.person.id
        opened = await aside(
            lambda: project.store.write(
                lambda c: open_comparison(
                    c, project.dataset_id, asked.name, RunId(asked.first), RunId(asked.second), by=by
                )
            )
        )
        self.answer({"id": opened})


class _Ask(Asked):
    id: Id
    overlap: int = Field(1, ge=1, le=5)
    equivalent: float = Field(0.002, ge=0, le=0.1, allow_inf_nan=False)


class AskOffice(CompareHandler):
    """Asks the office which of the two is right."""

    async def post(self) -> None:
        """Answers with the queue's id, once all its messages are in it."""
        asked, project, by = self.asked(_Ask), room().project, self.person.id
        queue_id = await aside(
            lambda: ask_office(
                project.store,
                project.dataset_id,
                asked.id,
                by=by,
                overlap=asked.overlap,
                equivalent=asked.equivalent,
            )
        )
        self.answer({"queue_id": queue_id})


class _Note(Asked):
    id: Id
    uuid: str = Field(max_length=36)
    text: str = Field(min_length=1, max_length=2_000)


class AddNote(CompareHandler):
    """Appends a note."""

    async def post(self) -> None:
        """Answers with its id."""
        asked, store, by = self.asked(_Note), room().project.store, self.person.id
        note_id = await aside(
            lambda: store.write(lambda connection: add_note(connection, asked.id, asked.uuid, asked.text, by=by))
        )
        self.answer({"note_id": note_id})


class _Decide(Asked):
    id: Id
    uuid: str = Field(max_length=36)
    choice: Choice
    reason: str = Field(min_length=1, max_length=2_000)


class DecideComparison(CompareHandler):
    """Takes a decision."""

    async def post(self) -> None:
        """Answers after COMMIT."""
        asked, project, by = self.asked(_Decide), room().project, self.person.id
        decision_id = await aside(
            lambda: project.store.write(
                lambda c: decide(c, project.dataset_id, asked.id, asked.uuid, asked.choice, asked.reason, by=by)
            )
        )
        self.answer({"decision_id": decision_id})


class _Fit(Asked):
    run: Id


class FitRun(CompareHandler):
    """Trains a run's candidate on everything, in a process of its own: the desk need not feel it."""

    async def post(self) -> None:
        """Answers when the model is there."""
        asked, folder = self.asked(_Fit), room().project.folder
        command = ("-m", "dashboard.command", "fit", str(asked.run), "--room", str(folder))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
        if process.returncode:
            lines = said.decode("utf-8", "replace").strip().splitlines()
            raise PipelineError(lines[-1].removeprefix("tallyroom: ") if lines else "the training broke off")
        self.answer({"run": asked.run})


COMPARE_ROUTES = (
    (r"/compare/board.json", Board),
    (r"/compare/pair.json", Pair),
    (r"/compare/kinds.json", Kinds),
    (r"/compare/apart.json", Apart),
    (r"/compare/comparison.json", ComparisonState),
    (r"/compare/open", OpenComparison),
    (r"/compare/ask", AskOffice),
    (r"/compare/note", AddNote),
    (r"/compare/decide", DecideComparison),
    (r"/compare/fit", FitRun),
)
