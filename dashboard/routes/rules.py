"""The Rules page's routes: the rules with their worth, and a socket that tells when they were looked at again."""

from __future__ import annotations

from typing import Any, ClassVar

from dashboard.audience import Audience
from dashboard.room import room
from dashboard.routes.base import Handler, aside
from dashboard.routes.socket import AudienceSocket
from labeling.models import Role


class RulesState(Handler):
    """The JSON twin of the Rules page. No text of a message is in it."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def get(self) -> None:
        """As the page has it."""
        found = await aside(room().rules.state)
        self.answer({**found, "may_draft": self.person.may(Role.LEAD)})


class RulesSocket(AudienceSocket):
    """One page's socket: it hears that the rules were looked at again, and asks."""

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at the rules."""
        return room().rules


RULES_ROUTES = ((r"/rules.json", RulesState), (r"/rules/feed", RulesSocket))
