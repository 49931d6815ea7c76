"""The `tallyroom` command: one file a command in `dashboard/commands`, gathered here."""

from __future__ import annotations

import os
import sys

import typer

from core.errors import TallyroomError
from dashboard.commands import demo, doctor, ingest, init, labels, link, run, serve, store

app = typer.Typer(
    name="tallyroom",
    help="The live scoreboard and the review desk of a text classifier.",
    epilog="A room is a folder with a tallyroom.toml. Begin with 'tallyroom demo', or with 'tallyroom init my-room'.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for command in (init, ingest, run, serve, demo, link, doctor):
    command.register(app)
app.add_typer(labels.app, name="labels")
app.add_typer(store.app, name="store")


def main() -> None:
    """Run the command; what a person can mend is told in a sentence, without a traceback."""
    try:
        app()
    except TallyroomError as error:
        typer.echo(f"tallyroom: {error.sentence}", err=True)
        if os.environ.get("TALLYROOM_TRACEBACK"):
            raise
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
