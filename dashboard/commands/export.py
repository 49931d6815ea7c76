"""`tallyroom export`: a model as a file that scores the same elsewhere, as on a phone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from core import Project
from dashboard.commands.label_sets import OPERATOR, By
from dashboard.commands.options import AsJson, Room, answer
from dashboard.commands.withdrawals import who


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="export")(export)


def export(
    room: Room = ".",  # type: ignore[assignment]
    model: Annotated[
        str, typer.Option(help="A run's number, 'char-svc v3' or 'v3'.", show_default="the champion")
    ] = "",
    form: Annotated[str, typer.Option("--format", help="An exporter's name.")] = "linear_json",
    to: Annotated[
        Path | None, typer.Option(help="The file to write.", show_default="exports/ in the room, by its name")
    ] = None,
    scorers: Annotated[
        Path | None, typer.Option(help="Also put the reference scorers (Kotlin, JavaScript, Python) in this folder.")
    ] = None,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Write a model as a file, tried on made-up texts and on the room's newest messages before it is offered."""
    from core.pipeline.export import FOLDER  # here: the pipeline takes seconds to import
    from core.pipeline.leaving import meant, outgoing, write_file
    from labeling.exporting import on_record

    project = Project(room)
    try:
        person = who(project, by)
        run = meant(project, model.strip())
        out = outgoing(project, run, form, where="--format")
        path = to or project.folder / FOLDER / form / out.name
        project.store.write(lambda c: on_record(c, run.title, form, by=person))
        write_file(path, out.content)
    finally:
        project.close()
    if scorers is not None:
        _copy_scorers(scorers)
    facts = {"run": int(run.run_id), "title": run.title, "format": form, "file": str(path), **out.facts}
    answer(
        as_json,
        facts,
        f"{run.title} is in {path}: {facts['bytes']:,} bytes, {facts['gzip']:,} packed with gzip. "
        f"It agrees with the room on {out.agreement.texts:,} texts, to {out.agreement.furthest:.1g}.",
    )


def _copy_scorers(folder: Path) -> None:
    from core.export import scorers

    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(Path(scorers.__file__).parent.glob("[Tt]allyroom.*")):
        shutil.copy(path, folder / path.name)
