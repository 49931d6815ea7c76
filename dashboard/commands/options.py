"""The options that several commands share, and how they speak."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Room = Annotated[
    Path,
    typer.Option("--room", "-r", envvar="TALLYROOM_HOME", help="The room's folder.", show_default="this folder"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of sentences.")]

console = Console(stderr=True)


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    typer.echo(sentence)


def answer(as_json: bool, facts: dict[str, Any], sentence: str) -> None:
    """The outcome: facts for a script, a sentence for a person."""
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else sentence)


class Bars:
    """A progress bar a stage, on the terminal's error stream; nothing where that is no terminal."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, disable=not console.is_terminal)
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self._progress.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, stage: str, done: int, of: int) -> None:
        """Show that a stage has done `done` of `of` (0: nobody knows of how many)."""
        if stage not in self._bars:
            self._bars[stage] = self._progress.add_task(stage)
        self._progress.update(self._bars[stage], completed=done, total=of or None)
