"""`tallyroom webhooks`: tell other programs of events."""

from __future__ import annotations

import signal
import threading
from typing import Any

import typer

from core import Project
from core.errors import SettingsError
from dashboard.commands.options import Room, say
from labeling.webhooks import follow, hooks


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="webhooks")(webhooks)


def webhooks(room: Room = ".") -> None:  # type: ignore[assignment]
    """Tell the addresses in [[webhooks]] of events as they happen, each at least once. Ctrl+C ends it.

    Nothing is lost while it does not run: it begins where it stopped. Several may run; one tells an address at a time.
    """
    project = Project(room)
    found = hooks(project.settings.webhooks)
    if not found:
        raise SettingsError(
            "no address is named", where="[[webhooks]]", fix="Add url, events and secret_variable to tallyroom.toml."
        )
    stop = threading.Event()

    def end(*_signal: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    threads = follow(project.store, found, stop)
    say(f"Telling {', '.join(hook.place for hook in found)}; Ctrl+C ends it.")
    while not stop.wait(0.5):
        if not any(thread.is_alive() for thread in threads):
            break
    for thread in threads:
        thread.join(30)
    project.close()
