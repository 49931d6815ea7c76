"""What a reviewer's verdicts changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dashboard.room import room
from dashboard.routes.base import Handler, aside
from labeling.changed import changed_by
from labeling.models import Role


class Changes(Handler):
    """Of the one who asks, and of nobody else."""

    role = Role.REVIEWER

    async def get(self) -> None:
        """Former and present champion; how many errors the verdicts mended, and the newest of them."""
        self.answer(await aside(self._read))

    def _read(self) -> dict[str, Any]:
        project = room().project
        with project.store.read() as connection:
            return asdict(changed_by(connection, project.dataset_id, self.person.id))
