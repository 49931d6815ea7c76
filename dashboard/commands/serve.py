"""`tallyroom serve`: serve the room's pages."""

from __future__ import annotations

from typing import Annotated

import typer

from core import Project
from dashboard.commands.options import Room


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="serve")(serve)


def serve(
    room: Room = ".",  # type: ignore[assignment]
    address: Annotated[
        str | None, typer.Option(help="Where to listen; this machine only, unless accounts exist.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = False,
) -> None:
    """Serve the pages: the live scoreboard and the review desk. Ctrl+C ends it.

    Prints a link that lets one person in once; 'tallyroom link' makes more.
    """
    from dashboard.server import Server  # here: Bokeh and Panel take a second to import, which no other command needs

    server = Server(Project(room), address=address, port=port)
    server.announce(browser=browser)
    server.run_until_stopped()
