"""`tallyroom labels`: labels out and in, frozen and withdrawn."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import Project
from core.errors import DeskError, SourceError
from core.store import emit
from core.store.models import Origin
from dashboard.commands import label_sets, withdrawals
from dashboard.commands.label_sets import OPERATOR
from dashboard.commands.options import AsJson, Room, answer, say
from labeling.exchange import FORMATS, Format, export, import_labels, labels, write_labels
from labeling.exchange.take import form_named, format_of
from labeling.label_sets import find, rows_of

app = typer.Typer(help="Labels out and in, frozen and withdrawn.", no_args_is_help=True)
NAMES = ", ".join(FORMATS.names())
SHOWN = 20


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    label_sets.register(app)
    withdrawals.register(app)
    parent.add_typer(app, name="labels")


@app.command(name="export")
def export_labels(
    room: Room = ".",  # type: ignore[assignment]
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file (or folder); standard output without it.")
    ] = None,
    form: Annotated[
        str | None, typer.Option("--format", help=f"{NAMES}; told by the file's ending without it, else csv.")
    ] = None,
    only: Annotated[
        list[Origin] | None, typer.Option(help="Only what these say: verdict, imported, rule; may be repeated.")
    ] = None,
    people: Annotated[bool, typer.Option("--people", help="Name who gave the verdicts.")] = False,
    label_set: Annotated[str | None, typer.Option("--set", help="A frozen set instead of the labels of now.")] = None,
) -> None:
    """Write what each message is held to be, with who said so."""
    project = Project(room)
    store, dataset = project.store, project.dataset_id
    if label_set is None:
        rows = labels(store, dataset, only or None, people=people)
    elif only:
        raise DeskError("a set holds what it was frozen with", where="--only", fix="Leave --only out.")
    else:
        rows = rows_of(store, dataset, find(store, dataset, label_set), people=people)
    what = "labels" if label_set is None else f"the set {label_set}"
    store.write(lambda connection: emit(connection, "exported", what=what, person=OPERATOR))
    if output is None:
        write_labels(rows, sys.stdout, form or "csv")
    else:
        count = export(rows, output, _form(form, output), project.classes)
        say(f"{count:,} labels written to {output}.")
    project.close()


def _form(name: str | None, output: Path) -> Format:
    if name is not None:
        return FORMATS.get(name, where="--format")()
    if not output.suffix:
        raise SourceError("the name has no ending", where=str(output), fix=f"Name the format: --format {NAMES}.")
    return format_of(output)


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A file (or folder) with the columns source, key, label.")],
    room: Room = ".",  # type: ignore[assignment]
    form: Annotated[
        str | None, typer.Option("--format", help=f"{NAMES}; told by the file's ending without it.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take labels from a file. Rows that cannot be taken are named with their line; verdicts keep precedence.

    The same file again changes nothing. Ends with 1 where a row was refused.
    """
    project = Project(room)
    known = form_named(form) if form is not None else None
    outcome = import_labels(project.store, project.dataset_id, file, project.classes, known)
    project.close()
    facts: dict[str, Any] = {
        "rows": outcome.rows,
        "labels": outcome.labels,
        "unchanged": outcome.unchanged,
        "repeated": outcome.repeated,
        "refused": outcome.refused_rows,
    }
    if as_json:
        facts["reasons"] = [{"line": line, "reason": reason} for line, reason in outcome.refused]
    else:
        for line, reason in outcome.refused[:SHOWN]:
            say(f"{file}:{line}: {reason}")
        if outcome.refused_rows > SHOWN:
            say(f"... and {outcome.refused_rows - SHOWN:,} more.")
    sentence = (
        f"{outcome.rows:,} rows: {outcome.labels:,} labels taken, {outcome.unchanged:,} known already, "
        f"{outcome.repeated:,} labelled again further down, {outcome.refused_rows:,} refused."
    )
    answer(as_json, facts, sentence)
    if outcome.refused_rows:
        raise typer.Exit(1)


@app.command()
def rebuild(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Derive the truth anew from all verdicts, by the room's consensus, and write the labels that come out otherwise.

    A run does it before each training; the majority holds at once and needs it only after another consensus.
    """
    from labeling.truth import rebuild_truth

    project = Project(room)
    done = rebuild_truth(project.store, project.dataset_id, project.settings.desk.consensus, project.classes, anew=True)
    project.close()
    way = done.by if done.by == done.method else f"{done.by}, as {done.method} could not be taken"
    sentence = f"{done.verdicts:,} verdicts on {done.messages:,} messages weighed by {way}: {done.changed:,} changed."
    answer(as_json, asdict(done), sentence)
