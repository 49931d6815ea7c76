"""Who is at a desk, by name: for those who run the office."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from dashboard.room import room
from dashboard.routes.base import Handler, aside
from labeling.at_desk import at_desk
from labeling.models import Role


class PeopleAtDesk(Handler):
    """Names and paces."""

    role: ClassVar[Role | None] = Role.LEAD

    async def get(self) -> None:
        """Who gave a verdict in the last ten minutes."""
        self.answer({"people": await aside(_read)})


def _read() -> list[dict[str, Any]]:
    with room().project.store.read() as connection:
        return [asdict(each) for each in at_desk(connection)]
