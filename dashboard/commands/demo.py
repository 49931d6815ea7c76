"""`tallyroom demo`: a whole room at work, on one command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import func, select

from core import Project
from core.store.models import Fold, Run
from core.store.queries.live import champion, run_scores, tallies
from dashboard.commands.options import say
from dashboard.demo.office import run_office
from dashboard.demo.room import FIRST_MS, HISTORY, DemoRoom, make_room, write_messages

Folder = Annotated[Path, typer.Option("--room", "-r", help="The demo's folder; made where it is not there.")]


def register(app: typer.Typer) -> None:
    """Add the command, and the one that it starts beside itself."""
    app.command(name="demo")(demo)
    app.command(name="demo-data")(demo_data)
    app.command(name="demo-office", hidden=True)(demo_office)


def demo(
    room: Folder = Path("demo-room"),
    messages: Annotated[int, typer.Option(min=1_000, help="How many messages the history has.")] = HISTORY,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes a free one.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after so long, and print what came of it.")
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", help="Send the simulated colleagues home.")] = False,
) -> None:
    """Make a room on made-up messages, run its pipeline, and open its pages while it works.

    Messages keep coming; simulated colleagues (marked as such) judge some; the pipeline retrains on what they say.
    Ctrl+C ends it; the room stays, and the next demo goes on in it.
    """
    from dashboard.server import Server  # here: Bokeh and Panel take a second to import

    say(f"Making the demo's room in {room} ...")
    make_room(room, history=messages)
    server = Server(Project(room), port=port)
    helpers = [_beside("run", "--watch", room=room), _beside("demo-office", *(["--alone"] if alone else []), room=room)]
    try:
        server.announce(browser=browser)
        server.run_until_stopped(seconds=seconds)
    finally:
        for helper in helpers:
            helper.terminate()
        for helper in helpers:
            _end(helper)
    if seconds is not None:
        typer.echo(json.dumps(_outcome(room)))


def demo_data(
    file: Annotated[Path, typer.Argument(help="The CSV file to write; its folder is made where it is missing.")],
    messages: Annotated[int, typer.Option(min=1, help="How many messages.")] = 1_000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other messages.")] = 7,
) -> None:
    """Write made-up messages with their labels as a CSV file: id, text, from, sent_ms, kind."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_messages(file, DemoRoom(seed, messages, FIRST_MS).past.messages(0, messages), labelled=messages)
    say(f"{messages:,} messages written to {file}.")


def demo_office(room: Folder = Path("demo-room"), alone: Annotated[bool, typer.Option("--alone")] = False) -> None:
    """Be the demo's outside world."""
    stop = threading.Event()

    def end(*_signal: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run_office(room, make_room(room), alone=alone, stop=stop)


def _beside(*words: str, room: Path) -> subprocess.Popen[bytes]:
    """Start another process of ours; what it says goes into the room's log."""
    log = (room / f"{words[0]}.log").open("ab")
    command = [sys.executable, "-m", "dashboard.command", *words, "--room", str(room)]
    return subprocess.Popen(  # noqa: S603 - ourselves
        command, stdout=log, stderr=log, stdin=subprocess.DEVNULL
    )


def _end(helper: subprocess.Popen[bytes]) -> None:
    """Wait for a helper that was told to end; a benchmark under way is not waited for. What it has stored stays."""
    try:
        helper.wait(timeout=10)
    except subprocess.TimeoutExpired:
        helper.kill()
        helper.wait()


def _outcome(room: Path) -> dict[str, Any]:
    project = Project(room)
    with project.store.read() as connection:
        counts = tallies(connection)
        current = champion(connection, project.dataset_id)
        scores = run_scores(connection, current.run_id) if current else []
        runs = connection.execute(select(func.count()).select_from(Run)).scalar_one()
        folds = connection.execute(select(func.count()).select_from(Fold)).scalar_one()
    project.close()
    return {
        "messages": counts.get("messages", 0),
        "runs": runs,
        "folds": folds,
        "champion": current.title if current else None,
        "macro_f1": round(sum(scores) / len(scores), 4) if scores else None,
        "verdicts": counts.get("verdicts", 0),
    }
