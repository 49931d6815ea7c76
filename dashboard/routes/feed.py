"""The live feed's socket: a page says at which view it looks, and gets what changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.errors import TallyroomError
from dashboard.room import room
from dashboard.routes.socket import PageSocket
from dashboard.views import PANES, View


class FeedSocket(PageSocket):
    """One live page's socket."""

    def initialize(self, **bokeh: Any) -> None:
        """The usual view, until the page names one."""
        super().initialize(**bokeh)
        self._view = View()

    def turn_to(self, query: Mapping[str, str]) -> None:
        """Look at a view; one that cannot be shown is refused with a sentence, and the page's usual one shown."""
        try:
            self._view = View.from_query(query)
            self.look()
        except TallyroomError as error:
            self.write_message(json.dumps({"kind": "refused", "what": error.what, "fix": error.fix}))
            self._view = View(pane=query["pane"]) if query.get("pane") in PANES else View()
            self.look()

    def join(self) -> None:
        """Among those who look at the same view."""
        room().hub.join(self, self._view)

    def leave(self) -> None:
        """Not among them any more."""
        room().hub.leave(self)
