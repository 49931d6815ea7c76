"""What the drift pane asks for beside the feed: the words, which are worked out aside."""

from __future__ import annotations

from typing import ClassVar

from dashboard.room import room
from dashboard.routes.base import Handler, aside
from dashboard.views import View
from labeling.models import Role


class DriftWords(Handler):
    """The newest messages against those before, by their words. Words are of letters alone: no number is among them."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def get(self) -> None:
        """`slice` as in the page's address; at most a minute old."""
        asked = View(slice=self.get_query_argument("slice", ""))
        self.answer(await aside(room().words.look, asked.slice))
