"""The `tallyroom` command: one file a command in `dashboard/commands`, gathered here.

Only the command that is asked for is imported: scikit-learn, Bokeh and their kind take seconds that `tallyroom init`
has no use for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module

import typer

from core.errors import TallyroomError

COMMANDS = {
    "init": "init",
    "ingest": "ingest",
    "run": "run",
    "search": "search",
    "fit": "fit",
    "models": "models",
    "export": "export",
    "gate": "gate",
    "rules": "rules",
    "serve": "serve",
    "report": "report",
    "demo": "demo",
    "demo-data": "demo",
    "demo-office": "demo",
    "link": "link",
    "users": "users",
    "queues": "queues",
    "labels": "labels",
    "webhooks": "webhooks",
    "store": "store",
    "doctor": "doctor",
}
"""Each command, and its module below `dashboard.commands`."""


def build(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command with these sub-commands."""
    app = typer.Typer(
        name="tallyroom",
        help="The live scoreboard and the review desk of a text classifier.",
        epilog="A room is a folder with a tallyroom.toml. Begin with 'tallyroom demo', or 'tallyroom init my-room'.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)  # with a single sub-command Typer would drop its name
    for module in dict.fromkeys(COMMANDS[name] for name in names):
        import_module(f"dashboard.commands.{module}").register(app)
    return app


def main() -> None:
    """Run the command; what a person can mend is told in a sentence, without a traceback."""
    asked = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    try:
        build([asked] if asked in COMMANDS else COMMANDS)()
    except TallyroomError as error:
        typer.echo(f"tallyroom: {error.sentence}", err=True)
        if os.environ.get("TALLYROOM_TRACEBACK"):
            raise
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
