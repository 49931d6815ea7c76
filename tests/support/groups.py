"""Rooms with look-alikes for tests, and how a person comes to judge a group."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from rooms import add_champion, add_messages
from servers import make_folder
from sqlalchemy import select

import labeling.check
from core import Project
from core.pipeline.template import mine_templates
from core.store import Store, check
from labeling.claims import HandOut
from labeling.desk import Desk
from labeling.group_models import SpotCheck
from labeling.group_verdicts import GroupGiven
from labeling.lookalikes import Look, look
from labeling.people import Reviewer

SHARE = 0.05


def mined_bills(store: Store, store_url: str, folder: Path, n: int = 30) -> list[int]:
    """So many bills and three messages that are like no other, mined, and predicted to be notifications."""
    folder.mkdir()
    bodies = [f"Dear {'Anna' if k % 2 else 'Bo Li'} your bill of {k * 37} is due on Monday" for k in range(n)]
    ids = add_messages(store, [*bodies, "are you coming home", "see you there tonight", "ok"])
    project = Project(make_folder(folder, store_url))
    mine_templates(project)
    project.close()
    add_champion(store, ids, klass="notification")
    return ids


def first(store: Store, desk: Desk, person: Reviewer) -> tuple[HandOut, Look]:
    """The person's next message, and their look at its group."""
    message = desk.claim(person.id).result()[0]
    return message, look(store, person.id, message.lease_id)


def given(seen: Look, klass: str = "notification", excluded: list[int] | None = None) -> GroupGiven:
    """A decision for the group of a look."""
    return GroupGiven(str(uuid.uuid4()), seen.token, klass, excluded or [], 9.5)


def rows(store: Store, *columns: Any) -> list[Any]:
    """These columns of all rows, ordered by the first."""
    with store.read() as connection:
        return list(connection.execute(select(*columns).order_by(columns[0])).all())


def held_back(store: Store) -> set[int]:
    """The tasks that groups left to somebody else."""
    return {row.task_id for row in rows(store, SpotCheck.task_id)}


def agrees_with_its_facts(store: Store) -> bool:
    """Whether a check of the store finds nothing."""
    with store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)] == []
