"""`tallyroom fit`: train a run's candidate on everything, so that it can be promoted."""

from __future__ import annotations

from typing import Annotated

import typer

from core import Project
from core.store.models import RunId
from dashboard.commands.options import AsJson, Room, answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="fit")(fit)


def fit(
    run: Annotated[int, typer.Argument(help="The run's number, as the Compare page has it.")],
    room: Room = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Train a run's candidate on all the labels that it was tried on, and keep the model.

    A benchmark tries every candidate on folds and trains the best one alone; this trains another one, so that a lead
    can promote it.
    """
    from core.pipeline import fit_run  # here: the pipeline takes seconds to import, --help has no use for it

    project = Project(room)
    size = fit_run(project, RunId(run))
    project.close()
    answer(as_json, {"run": run, "bytes": size}, f"Run {run} has a model of {size:,} bytes; it can be promoted now.")
