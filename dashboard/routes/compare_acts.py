"""The compare page's routes that write, for leads."""

from __future__ import annotations

import asyncio
import sys

from pydantic import Field

from core.errors import PipelineError
from core.store.models import RunId
from dashboard.room import room
from dashboard.routes.base import Asked, Id, aside
from dashboard.routes.compare import CompareHandler
from labeling.comparison_models import Choice
from labeling.comparisons import Selection, add_note, ask_office, decide, open_comparison, select_part
from labeling.comparisons.opening import RUNS_MOST


class _Open(Asked):
    name: str = Field(min_length=1, max_length=200)
    first: Id
    second: Id
    beside: list[Id] = Field([], max_length=RUNS_MOST)


class OpenComparison(CompareHandler):
    """Opens a comparison under a name."""

    async def post(self) -> None:
        """Answers with its id."""
        asked, project, by = self.asked(_Open), room().project, self.person.id
        opened = await aside(
            lambda: project.store.write(
                lambda c: open_comparison(
                    c,
                    project.dataset_id,
                    asked.name,
                    RunId(asked.first),
                    RunId(asked.second),
                    by=by,
                    beside=[RunId(run) for run in asked.beside],
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
    unsettled: bool = False


class DecideComparison(CompareHandler):
    """Takes a decision."""

    async def post(self) -> None:
        """Answers after COMMIT."""
        asked, project, by = self.asked(_Decide), room().project, self.person.id
        decision_id = await aside(
            lambda: project.store.write(
                lambda c: decide(
                    c,
                    project.dataset_id,
                    asked.id,
                    asked.uuid,
                    asked.choice,
                    asked.reason,
                    by=by,
                    unsettled=asked.unsettled,
                )
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


class _Select(Asked):
    id: Id
    truth: str | None = Field(None, max_length=200)
    predicted: str | None = Field(None, max_length=200)
    kind: str | None = Field(None, max_length=200)
    message: Id | None = None


class SelectPart(CompareHandler):
    """Selects a part of a comparison, for all who follow."""

    async def post(self) -> None:
        """Answers with the selection's id; with none where the same person selected something else at once.

        One a second of a person is stored: of those that come faster, the last.
        """
        asked, store, by = self.asked(_Select), room().project.store, self.person.id
        if not await room().comparing.turns.wait(by):
            self.answer({"selection_id": None})
            return
        part = Selection(asked.truth, asked.predicted, asked.kind, asked.message)
        selection_id = await aside(
            lambda: store.write(lambda connection: select_part(connection, asked.id, part, by=by))
        )
        self.answer({"selection_id": selection_id})


ACTS = (
    (r"/compare/open", OpenComparison),
    (r"/compare/ask", AskOffice),
    (r"/compare/note", AddNote),
    (r"/compare/select", SelectPart),
    (r"/compare/decide", DecideComparison),
    (r"/compare/fit", FitRun),
)
