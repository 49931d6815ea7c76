"""`tallyroom store`: the store's schema, its contents at a glance, and whether its counts are right."""

from __future__ import annotations

from dataclasses import asdict

import typer

import labeling.check
from core import Project
from core.store import check, schema
from core.store.engine import open_engine, parse_url, place
from core.store.queries.live import champion, tallies
from dashboard.commands.options import AsJson, Room, answer, say

app = typer.Typer(help="Look after the store.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="store")


@app.command()
def upgrade(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Make the tables, or bring them up to date. Safe to repeat."""
    project = Project(room)
    project.upgrade_store()
    answer(as_json, {"upgraded": True}, "The store is up to date.")


@app.command()
def status(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Say where the store is, which schema it has, and what is in it."""
    project = Project(room)
    engine = open_engine(parse_url(project.settings.store.url, project.folder))
    found = schema.status(engine)
    facts: dict[str, object] = {"store": place(engine.url), "schema": asdict(found), "current": found.current}
    if found.current:
        with project.store.read() as connection:
            counts = tallies(connection)
            current = champion(connection, project.dataset_id)
        facts |= {"counts": counts, "champion": current.title if current else None}
        shown = {name: n for name, n in counts.items() if ":" not in name}
        words = ", ".join(f"{n:,} {name}" for name, n in shown.items()) or "nothing in it yet"
        sentence = f"{place(engine.url)}: schema {found.found}; {words}; champion {facts['champion'] or 'none yet'}."
        project.close()
    else:
        sentence = f"{place(engine.url)}: schema {found.found or 'none'}, needs {found.needed}: tallyroom store upgrade"
    answer(as_json, facts, sentence)
    if not found.current:
        raise typer.Exit(4)


@app.command(name="check")
def check_counts(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Count everything again from the facts and compare it with the roll-ups. Ends with 1 where they differ."""
    project = Project(room)
    with project.store.read() as connection:
        differences = [*check.check(connection), *labeling.check.check(connection)]
    project.close()
    if as_json:
        answer(True, {"differences": [asdict(difference) for difference in differences]}, "")
    else:
        for difference in differences:
            say(str(difference))
        say(f"{len(differences)} differences." if differences else "Every count agrees with the facts.")
    if differences:
        raise typer.Exit(1)
