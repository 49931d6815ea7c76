"""The messages behind a number, a page at a time."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.store.models import RunId
from core.store.queries.messages import PAGE, behind_cell
from core.store.rollups import FOLDS, VERDICTS
from dashboard.room import room
from dashboard.routes.base import Handler, aside
from labeling.masking import masked
from labeling.models import Role


class Messages(Handler):
    """The messages of a cell of a confusion matrix."""

    async def get(self) -> None:
        """`run`, `against`, `truth`, `predicted`; `after` the last message id of the page before."""
        against = VERDICTS if self.get_query_argument("against") == VERDICTS else FOLDS
        after = self.get_query_argument("after", "0")
        run = self.get_query_argument("run")
        if not (run.isdecimal() and after.isdecimal()):
            self.send_error(400, reason="run and after are numbers")
            return
        truth, predicted = self.get_query_argument("truth"), self.get_query_argument("predicted")
        rows = await aside(self._read, int(run), against, truth, predicted, int(after))
        self.answer({"messages": rows, "after": rows[-1]["message_id"] if len(rows) == PAGE else None})

    def _read(self, run: int, against: str, truth: str, predicted: str, after: int) -> list[dict[str, Any]]:
        with room().project.store.read() as connection:
            rows = behind_cell(connection, RunId(run), against, truth, predicted, after=after)
        masks = not self.person.may(Role.REVIEWER)
        return [{**asdict(row), "body": masked(row.body) if masks else row.body} for row in rows]
