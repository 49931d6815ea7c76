"""`tallyroom gate`: for the CI of a room: red where its configuration is worse than the champion."""

from __future__ import annotations

import traceback
from dataclasses import asdict
from typing import Annotated, Any

import typer

from core import Project
from core.errors import TallyroomError
from dashboard.commands.options import AsJson, Bars, Room, answer

CLOSED, CANNOT_TELL = 1, 2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="gate")(gate)


def gate(
    room: Room = ".",  # type: ignore[assignment]
    candidate: Annotated[
        str | None, typer.Option(help="Judge this one; without it the one that would be chosen of the settings'.")
    ] = None,
    margin: Annotated[
        float, typer.Option(min=0, max=1, help="Macro-F1 by which it may be worse: 0.005 is half a point.")
    ] = 0.005,
    as_json: AsJson = False,
) -> None:
    """Hold the room's configuration, as it stands, against the champion, on the same labels and folds.

    Ends with 0 where it is not worse, with 1 where it is worse by more than the margin and that is settled (the upper
    end of the one-sided 95 % interval of the paired difference lies below minus the margin), with 2 where it cannot
    tell: no champion, other labels, no such candidate. Promotes nothing, writes nothing.
    """
    from core.pipeline.gate import Answer, Judged
    from core.pipeline.gate import gate as judge  # here: the pipeline takes seconds to import, --help has no use for it

    try:
        project = Project(room)
        with Bars() as bars:
            judged = judge(project, candidate, margin=margin, progress=bars)
        project.close()
    except TallyroomError as error:  # also of a store that is away: 1 is for what is worse, and for nothing else
        judged = Judged(Answer.CANNOT_TELL, f"It cannot be told: {error.sentence}", margin, candidate=candidate)
    except Exception as error:
        traceback.print_exc()
        judged = Judged(Answer.CANNOT_TELL, f"It cannot be told: {error!r}", margin, candidate=candidate)
    _tell(judged, as_json)
    code = {Answer.OPEN: 0, Answer.CLOSED: CLOSED, Answer.CANNOT_TELL: CANNOT_TELL}[judged.answer]
    raise typer.Exit(code)


def _tell(judged: Any, as_json: bool) -> None:
    color = {"open": typer.colors.GREEN, "closed": typer.colors.RED}.get(judged.answer, typer.colors.YELLOW)
    if as_json:
        answer(True, asdict(judged), "")
    else:
        typer.secho(judged.sentence, fg=color)
