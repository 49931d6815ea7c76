"""The socket of a page that asks again when something has moved."""

from __future__ import annotations

import asyncio
import json
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from tornado.ioloop import PeriodicCallback

from dashboard.lookers import Lookers
from dashboard.room import room
from dashboard.routes.feed import FeedSocket

BEAT_MS = 900


class MovedSocket(FeedSocket):
    """One page's socket: it hears that something has moved, and asks again. A beat each second says all is well."""

    @abstractmethod
    def lookers(self) -> Lookers:
        """Among whom the page looks on."""

    def initialize(self, **bokeh: Any) -> None:
        """The beat begins when the page looks."""
        super().initialize(**bokeh)
        self._beats = PeriodicCallback(self._beat, BEAT_MS)

    def on_message(self, message: str | bytes) -> None:
        """The page says "rest" when its tab is hidden, "look" when it is back."""
        if message == "rest":
            self._rest()
        elif not self._looking:
            self._join()

    def _look(self, _query: Mapping[str, str]) -> None:
        self._join()

    def _join(self) -> None:
        self._looking = True
        self.lookers().join(self, asyncio.get_running_loop())
        self._say("moved")  # what happened while it rested
        if not self._beats.is_running():
            self._beats.start()

    def _beat(self) -> None:
        self._say("beat")

    def _say(self, kind: str) -> None:
        health = room().hub.health
        self.send(json.dumps({"kind": kind, "behind": health.behind_seconds, "away": health.away_seconds or None}))

    def _rest(self) -> None:
        self._looking = False
        self._beats.stop()
        self.lookers().leave(self)

    def on_close(self) -> None:
        """The page is gone."""
        self._rest()
