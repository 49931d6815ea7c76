"""Alarms: the newest of them, and somebody's word that they have seen one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from dashboard.access.requests import address_of
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from labeling.alarms import acknowledge, alarms
from labeling.models import Role


class _Seen(Asked):
    alarm_id: Id


class Alarms(Handler):
    """The newest alarms, open and closed."""

    role: ClassVar[Role | None] = Role.VIEWER

    async def get(self) -> None:
        """The newest first."""
        self.answer(await aside(self._read))

    def _read(self) -> dict[str, Any]:
        with room().project.store.read() as connection:
            return {"alarms": [asdict(alarm) for alarm in alarms(connection)]}


class Acknowledge(Handler):
    """Takes somebody's word that they have seen an alarm; nobody is told of it any more."""

    role: ClassVar[Role | None] = Role.REVIEWER

    async def post(self) -> None:
        """Answers after COMMIT; sent twice, the first word stands."""
        alarm_id, who, where = self.asked(_Seen).alarm_id, self.person.id, address_of(self.request)
        store = room().project.store
        await aside(lambda: store.write(lambda c: acknowledge(c, alarm_id, who, address=where)))
        self.answer({"saved": True})
