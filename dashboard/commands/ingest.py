"""`tallyroom ingest`: bring the messages of the room's sources into its store."""

from __future__ import annotations

import typer

from core import Project
from dashboard.commands.options import AsJson, Bars, Room, answer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="ingest")(ingest)


def ingest(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Bring the messages of the room's sources into its store.

    Reads what is new or has changed. A row that cannot be taken is set aside with its line and the reason; the rest
    goes on.
    """
    from core.pipeline import ingest_sources  # here: the pipeline takes seconds to import, --help has no use for it

    project = Project(room)
    with Bars() as bars:
        counts = ingest_sources(project, bars)
    project.close()
    answer(
        as_json,
        counts,
        f"{counts['rows_read']:,} rows read: {counts['stored']:,} stored ({counts['new']:,} new, {counts['changed']:,} "
        f"changed), {counts['sampled_out']:,} left out by the sample, {counts['quarantined']:,} set aside.",
    )
