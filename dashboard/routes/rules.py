"""The Rules page's routes: the rules with their worth, and a socket that tells when they were looked at again."""

from __future__ import annotations

from typing import ClassVar

from dashboard.lookers import Lookers
from dashboard.room import room
from dashboard.routes.base import Handler, aside
from dashboard.routes.moved import MovedSocket
from labeling.models import Role


class RulesState(Handler):
    """The JSON twin of the Rules page. No text of a message is in it."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def get(self) -> None:
        """As the page has it."""
        found = await aside(room().rules.state)
        self.answer({**found, "may_draft": self.person.may(Role.LEAD)})


class RulesSocket(MovedSocket):
    """One page's socket."""

    def lookers(self) -> Lookers:
        """Those of the rules."""
        return room().rules


RULES_ROUTES = ((r"/rules.json", RulesState), (r"/rules/feed", RulesSocket))
