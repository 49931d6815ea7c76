"""The room's rules and what each is worth, for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dashboard.room import room
from dashboard.routes.api.base import ApiHandler, Operation
from dashboard.routes.api.schemas import RulesOut
from dashboard.routes.base import aside


class Rules(ApiHandler):
    """The rules."""

    path: ClassVar[str] = "/rules"
    operations: ClassVar[Mapping[str, Operation]] = {"get": Operation("The rules and what each is worth", RulesOut)}

    async def get(self) -> None:
        """What the Rules page shows."""
        self.tell(RulesOut.model_validate(await aside(room().rules.state)))
