"""What the live page shows, for scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from core.errors import StoreDownError
from dashboard.room import room
from dashboard.routes.api.base import JSON, ApiHandler, Operation
from dashboard.routes.api.schemas import LiveOut
from labeling.models import Role


class Live(ApiHandler):
    """The live page's state: the bytes that a page gets, so the store is not asked."""

    path: ClassVar[str] = "/live"
    operations: ClassVar[Mapping[str, Operation]] = {"get": Operation("All that the live page shows", LiveOut)}

    def get(self) -> None:
        """Digits in messages are masked for viewers, as on the page."""
        hub = room().hub
        if not hub.has_looked:
            raise StoreDownError("the store was not looked at yet", fix="Try again in a second.")
        self.set_header("Content-Type", f"{JSON}; charset=utf-8")
        self.finish(hub.snapshot(masks=not self.person.may(Role.REVIEWER)))
