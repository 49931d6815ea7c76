"""`tallyroom doctor`: look whether everything a room needs is there."""

from __future__ import annotations

import platform
import socket
from collections.abc import Callable, Iterator
from importlib.metadata import version

import typer

from core import Project, TallyroomError
from dashboard.commands.options import AsJson, Room, answer, say

Check = tuple[str, Callable[[], str]]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="doctor")(doctor)


def doctor(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Look at Python and packages, settings, dictionary, rules, alarms, store and port, and say what is amiss.

    Ends with 1 where something is.
    """
    found = [(name, *_outcome(check)) for name, check in _checks(room)]
    if as_json:
        answer(True, {name: {"ok": ok, "says": says} for name, ok, says in found}, "")
    else:
        for name, ok, says in found:
            say(f"{'ok    ' if ok else 'amiss '} {name}: {says}")
    if not all(ok for _, ok, _ in found):
        raise typer.Exit(1)


def _outcome(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except TallyroomError as error:
        return False, error.sentence


def _checks(room: Room) -> Iterator[Check]:
    packages = ", ".join(f"{name} {version(name)}" for name in ("bokeh", "panel", "scikit-learn", "sqlalchemy"))
    yield "python", lambda: f"{platform.python_version()}; {packages}"
    yield "settings", lambda: f"classes {', '.join(Project(room).classes)}"
    yield "dictionary", lambda: f"{len(Project(room).dictionary().sources)} sources"
    yield "candidates", lambda: _candidates(Project(room))
    yield "rules", lambda: _rules(Project(room))
    yield "alarms", lambda: _alarms(Project(room))
    yield "store", lambda: _store(Project(room))
    yield "port", lambda: _port(Project(room))


def _candidates(project: Project) -> str:
    from core.learning import candidate_of  # scikit-learn takes a second or two to import

    return ", ".join(candidate_of(name).name for name in project.settings.pipeline.candidates)


def _rules(project: Project) -> str:
    rules = project.ruleset()
    return f"{len(rules.rules)} rules" if rules else "none"


def _alarms(project: Project) -> str:
    from labeling.alarm_rules import rules

    return ", ".join(rule.name for rule in rules(project.settings.alarms)) or "none"


def _store(project: Project) -> str:
    with project.store.read():
        pass
    dialect = project.store.dialect
    project.close()
    return f"{dialect}, up to date"


def _port(project: Project) -> str:
    server = project.settings.server
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((server.address, server.port))
        except OSError:
            return f"{server.address}:{server.port} is in use, perhaps by a server of this room"
    return f"{server.address}:{server.port} is free"
