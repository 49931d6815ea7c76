"""`tallyroom users`: who may come in, and as what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from core import Project
from core.errors import AccessError, did_you_mean
from dashboard.access.requests import base_url
from dashboard.commands.options import AsJson, Room, answer, say
from labeling.audit import entries
from labeling.models import Role
from labeling.people import (
    Member,
    PersonId,
    Scope,
    invite,
    issue_token,
    members,
    revoke_token,
    set_active,
    set_role,
    sign_out,
    tokens,
)

app = typer.Typer(help="Who may come in, and as what.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The person's name.")]
DAY_MS = 86_400_000


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="users")


@contextmanager
def _opened(room: Path) -> Iterator[Project]:
    project = Project(room)
    try:
        yield project
    finally:
        project.close()


def _member(project: Project, name: str) -> Member:
    with project.store.read() as connection:
        known = {each.name: each for each in members(connection) if each.id}
    if name not in known:
        raise AccessError(f"nobody here is called {name}", fix=did_you_mean(name, known))
    return known[name]


def _when(at: int | None) -> str:
    return "never" if at is None else f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"


@app.command(name="list")
def list_(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Everybody: role, whether they have a password, when they were last seen; with --json, tokens too."""
    with _opened(room) as project, project.store.read() as connection:
        people, issued = members(connection), tokens(connection)
    if as_json:
        facts = {"people": [asdict(each) for each in people], "tokens": [asdict(each) for each in issued]}
        answer(True, facts, "")
        return
    for each in people:
        marks = [
            *(["simulated"] if each.simulated else []),
            *([] if each.active else ["deactivated"]),
            *(["invited"] if each.invited else []),
            *(["password"] if each.password else []),
            *([f"{each.tokens} tokens"] if each.tokens else []),
        ]
        seen = f"{len(each.sessions)} sessions, seen {_when(each.seen_at)}"
        say(f"{each.name:<28} {each.role:<9} {seen:<42} {', '.join(marks)}".rstrip())


@app.command(name="invite")
def invite_(
    name: Name,
    room: Room = ".",  # type: ignore[assignment]
    role: Annotated[Role, typer.Option(help="What somebody new may do.")] = Role.REVIEWER,
    hours: Annotated[float, typer.Option(min=0.1, max=720, help="How long the link is good.")] = 72,
    as_json: AsJson = False,
) -> None:
    """Make a link with which one person sets a password, once: somebody new, or somebody who forgot theirs."""
    with _opened(room) as project:
        token = invite(project.store, name, role, by=None, lasts_ms=round(hours * 3_600_000))
        url = f"{base_url(project.settings.server, 'room')}/door?invitation={token}"
    answer(as_json, {"name": name, "url": url}, url)


@app.command()
def role(
    name: Name,
    role: Annotated[Role, typer.Argument(help="viewer, reviewer, lead or admin.")],
    room: Room = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Give somebody another role. Their pages load anew."""
    with _opened(room) as project:
        set_role(project.store, PersonId(_member(project, name).id), role, by=None)
    answer(as_json, {"name": name, "role": role}, f"{name} is a {role} now.")


@app.command()
def deactivate(
    name: Name,
    room: Room = ".",  # type: ignore[assignment]
    undo: Annotated[bool, typer.Option("--undo", help="Let them in again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let somebody out for good: their sessions, links and tokens end; what they said stays."""
    with _opened(room) as project:
        set_active(project.store, PersonId(_member(project, name).id), undo, by=None)
    answer(as_json, {"name": name, "active": undo}, f"{name} is {'in again' if undo else 'out'}.")


@app.command(name="sign-out")
def sign_out_(name: Name, room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """End all sessions of somebody; their open pages close within seconds."""
    with _opened(room) as project:
        ended = sign_out(project.store, PersonId(_member(project, name).id), by=None)
    answer(as_json, {"name": name, "sessions": ended}, f"{ended} sessions of {name} have ended.")


@app.command()
def token(
    name: Name,
    room: Room = ".",  # type: ignore[assignment]
    label: Annotated[str, typer.Option(help="What it is for.")] = "script",
    scope: Annotated[Scope, typer.Option(help="read, or write as well; metrics for /metrics alone.")] = Scope.READ,
    days: Annotated[float, typer.Option(min=0.01, max=366, help="How long it is good.")] = 90,
    revoke: Annotated[str, typer.Option(help="End the token that begins so, instead of making one.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a token for somebody's scripts, shown this once: `Authorization: Bearer ...`. It may what its person may."""
    with _opened(room) as project:
        if revoke:
            revoke_token(project.store, revoke, by=None)
            answer(as_json, {"revoked": revoke}, f"{revoke} has ended.")
            return
        person = PersonId(_member(project, name).id)
        made = issue_token(project.store, person, label, scope, by=None, lasts_ms=round(days * DAY_MS))
    answer(as_json, {"name": name, "scope": scope, "token": made}, made)


@app.command()
def audit(
    room: Room = ".",  # type: ignore[assignment]
    last: Annotated[int, typer.Option(min=1, max=10_000, help="How many lines.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Who did what on whom, from where, and when: the newest last."""
    with _opened(room) as project:
        lines = entries(project.store, limit=last)[::-1]
    if as_json:
        answer(True, {"audit": [asdict(line) for line in lines]}, "")
        return
    for line in lines:
        detail = ", ".join(f"{key} {value}" for key, value in line.detail.items())
        words = (line.who or line.detail.get("by") or "-", line.action, line.subject, detail, line.address or "")
        say(f"{_when(line.at)}  " + "  ".join(filter(None, words)))
