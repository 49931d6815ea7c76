"""`tallyroom link`: let somebody in."""

from __future__ import annotations

from typing import Annotated

import typer

from core import Project
from dashboard.access.requests import base_url
from dashboard.commands.options import AsJson, Room, answer
from labeling.models import Role
from labeling.people import add_person, issue_link


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="link")(link)


def link(
    name: Annotated[str, typer.Argument(help="Whom the link lets in; somebody new is added.")],
    room: Room = ".",  # type: ignore[assignment]
    role: Annotated[Role, typer.Option(help="What somebody new may do.")] = Role.REVIEWER,
    as_json: AsJson = False,
) -> None:
    """Make a link that lets one person in once, for the server that runs on this machine."""
    project = Project(room)
    person = add_person(project.store, name, role)
    token = issue_link(project.store, person.id)
    url = f"{base_url(project.settings.server, 'room')}/door?token={token}"
    project.close()
    answer(as_json, {"name": person.name, "role": person.role, "url": url}, url)
