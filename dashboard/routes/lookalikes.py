"""The routes of look-alikes: how many wait, the group opened, the group judged."""

from __future__ import annotations

import logging
from dataclasses import asdict
from typing import Any, ClassVar

from pydantic import Field

from dashboard.lookalikes_view import below, checks, opened
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from dashboard.routes.desk import Count, DeskHandler, Leases, OneLease
from labeling.group_verdicts import GroupGiven
from labeling.group_waiting import MOST_MEMBERS
from labeling.models import Role

log = logging.getLogger(__name__)


class _Group(Asked):
    uuid: str = Field(max_length=36)
    token: str = Field(max_length=36)
    klass: str = Field(max_length=200)
    excluded: list[Id] = Field(default_factory=list, max_length=MOST_MEMBERS)
    seconds: float | None = Field(None, ge=0, le=86_400, allow_inf_nan=False)
    claim: Count | None = None


class Lookalikes(DeskHandler):
    """How many look-alikes the messages in hand have."""

    async def post(self) -> None:
        """Answers for those that have some, and may be judged with them."""
        leases = self.asked(Leases).lease_ids
        self.answer({"lookalikes": await aside(below, room(), self.person.id, leases)})


class OpenGroup(DeskHandler):
    """A group, to be looked through."""

    async def post(self) -> None:
        """Answers with its spread and the token that judges it, once the look is kept."""
        lease_id = self.asked(OneLease).lease_id
        self.answer(await aside(opened, room(), self.person.id, lease_id))


class JudgeGroup(DeskHandler):
    """Takes one verdict for a group."""

    async def post(self) -> None:
        """Answers once all of it is committed; with the next messages where `claim` asks for them."""
        asked = self.asked(_Group)
        share = room().project.settings.desk.spot_check_share
        given = GroupGiven(asked.uuid, asked.token, asked.klass, asked.excluded, asked.seconds)
        taken = await self.committed(room().desk.judge_group(self.person.id, given, share))
        answer: dict[str, Any] = {"saved": True, **asdict(taken)}
        if asked.claim is not None:
            try:
                answer["messages"] = await self.claimed(asked.claim)
            except Exception:  # the verdicts are saved, whatever becomes of the claim
                log.exception("no messages beside a group's answer")
        self.answer(answer)


class GroupChecks(Handler):
    """What spot checks told of the groups judged, for leads."""

    role: ClassVar[Role | None] = Role.LEAD

    async def get(self) -> None:
        """The error of all groups, with its interval."""
        self.answer(asdict(await aside(checks, room())))
