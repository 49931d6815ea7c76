"""The compare page's socket: a comparison as it moves, to those who have it open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dashboard.audience import Audience
from dashboard.room import room
from dashboard.routes.socket import AudienceSocket
from labeling.models import Role

ID_MOST = 2**63


class CompareSocket(AudienceSocket):
    """One page's socket, of a lead. Its person is there as long as it is open, also while its tab is hidden."""

    role: ClassVar[Role] = Role.LEAD

    @property
    def audience(self) -> Audience[Any]:
        """Those who look at comparisons."""
        return room().comparing.sessions

    def turn_to(self, query: Mapping[str, str]) -> None:
        """Look at the comparison that the page names."""
        wanted = query.get("comparison", "0")
        known = wanted.isascii() and wanted.isdecimal() and len(wanted) < 20 and int(wanted) < ID_MOST
        self.number = int(wanted) if known else 0
        self.look()

    def rest(self) -> None:
        """Still there; it gets the comparison as it is when it looks again."""


COMPARE_FEED = ((r"/compare/feed", CompareSocket),)
