"""`tallyroom labels`: labels out and in."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from core import Project
from core.store.models import Origin
from dashboard.commands.options import AsJson, Room, answer, say

app = typer.Typer(help="Labels out and in.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="labels")


class Form(StrEnum):
    """How labels are written."""

    CSV = "csv"
    JSONL = "jsonl"


@app.command(name="export")
def export_labels(
    room: Room = ".",  # type: ignore[assignment]
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file; standard output without it.")] = None,
    form: Annotated[Form, typer.Option("--format", help="csv or jsonl.")] = Form.CSV,
    only: Annotated[Origin | None, typer.Option(help="Only what these say: verdict, imported, rule.")] = None,
) -> None:
    """Write what each message is held to be, with who said so."""
    from labeling.exchange import labels, write_labels  # here: pandas takes a second to import

    project = Project(room)
    rows = labels(project.store, project.dataset_id, only)
    if output is None:
        write_labels(rows, sys.stdout, form.value)
    else:
        with output.open("w", encoding="utf-8", newline="") as file:
            count = write_labels(rows, file, form.value)
        say(f"{count:,} labels written to {output}.")
    project.close()


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A CSV or .jsonl file with the columns source, key, label.")],
    room: Room = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Take labels from a file. Rows that cannot be taken are named with their line; verdicts keep precedence."""
    from labeling.exchange import import_labels

    project = Project(room)
    outcome = import_labels(project.store, project.dataset_id, file, project.classes)
    project.close()
    if not as_json:
        for line, reason in outcome.refused[:20]:
            say(f"{file}:{line}: {reason}")
    facts = {"labels": outcome.labels, "refused": len(outcome.refused)}
    answer(as_json, facts, f"{outcome.labels:,} labels taken, {len(outcome.refused):,} rows refused.")
    if outcome.refused:
        raise typer.Exit(1)
