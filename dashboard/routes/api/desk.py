"""Queues and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar

from dashboard.room import room
from dashboard.routes.api.base import ApiHandler, Operation
from dashboard.routes.api.schemas import (
    FilledOut,
    FillIn,
    QueueOut,
    QueuesOut,
    VerdictOut,
    VerdictsPage,
    VerdictsQuery,
)
from dashboard.routes.base import aside
from labeling.listing import Filled, fill_queue, queue_named, queues, verdicts
from labeling.models import Role


class Queues(ApiHandler):
    """The queues."""

    path: ClassVar[str] = "/queues"
    operations: ClassVar[Mapping[str, Operation]] = {"get": Operation("Queues with their counts", QueuesOut)}

    async def get(self) -> None:
        """In order of their making."""
        project = room().project

        def read() -> QueuesOut:
            with project.store.read() as connection:
                found = queues(connection, project.dataset_id)
            return QueuesOut(queues=[QueueOut.model_validate(each) for each in found])

        self.tell(await aside(read))


class QueueMessages(ApiHandler):
    """What is in a queue."""

    role = Role.LEAD
    path: ClassVar[str] = "/queues/{name}/messages"
    operations: ClassVar[Mapping[str, Operation]] = {
        "post": Operation(
            "Put messages into a queue, in their order",
            FilledOut,
            body=FillIn,
            errors=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        )
    }

    async def post(self, name: str) -> None:
        """Those that are in it already stay where they are."""
        asked = self.asked(FillIn)
        messages: list[int | tuple[str, str]] = [*asked.ids, *((each.source, each.key) for each in asked.messages)]
        project = room().project

        def work() -> Filled:
            queue_id = queue_named(project.store, project.dataset_id, name)
            return fill_queue(project.store, project.dataset_id, queue_id, messages, rank=asked.rank)

        done = await aside(work)
        ids = [number for number in done.unknown if number < len(asked.ids)]
        keys = [number - len(asked.ids) for number in done.unknown if number >= len(asked.ids)]
        self.tell(FilledOut(added=done.added, there=done.there, unknown_ids=ids, unknown_messages=keys))


class Verdicts(ApiHandler):
    """The verdicts, for leads: they name people."""

    role = Role.LEAD
    path: ClassVar[str] = "/verdicts"
    operations: ClassVar[Mapping[str, Operation]] = {
        "get": Operation("Verdicts since one, in order of their ids", VerdictsPage, query=VerdictsQuery)
    }

    async def get(self) -> None:
        """A page; who asks behind its last id misses nothing."""
        wanted, project = self.query(VerdictsQuery), room().project

        def read() -> VerdictsPage:
            with project.store.read() as connection:
                found = verdicts(connection, after=wanted.after, most=wanted.limit)
            return VerdictsPage(verdicts=[VerdictOut.model_validate(each) for each in found])

        self.tell(await aside(read))
