"""`tallyroom report`: the live page as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from core import Project
from dashboard.commands.options import AsJson, Room, answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="report")(report)


def report(
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write.", dir_okay=False)] = Path("report.html"),
    room: Room = ".",  # type: ignore[assignment]
    when: Annotated[
        str, typer.Option("--range", help="24h, 7d, 30d, 90d, 365d, or two hours of UTC: 2026-11-01T05..2026-11-02T09.")
    ] = "",
    part: Annotated[str, typer.Option("--slice", help="Only these messages, as in 'kind:has a link'.")] = "",
    against: Annotated[str, typer.Option(help="What the model is held against: folds, verdicts, imported.")] = "folds",
    unmasked: Annotated[bool, typer.Option("--unmasked", help="Leave the digits in messages; goes on record.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the live page, all its panes as they stand, into one HTML file that works without a network."""
    from dashboard.report import report as written  # here: Bokeh takes a second to import
    from dashboard.views import View
    from labeling.audit import Act, audit

    project = Project(room)
    text = written(project, View(when=when, slice=part, against=against), masks=not unmasked)
    if unmasked:
        project.store.write(lambda c: audit(c, Act.UNMASKED, by=None, subject="report"))
    out.write_text(text, "utf-8")
    project.close()
    answer(as_json, {"file": str(out), "bytes": len(text.encode())}, f"{out} has the live page as it stands.")
