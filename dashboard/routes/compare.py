"""The compare page's routes that read. For leads: who judges blind must not see what the models say."""

from __future__ import annotations

from typing import ClassVar

from core.errors import TallyroomError
from dashboard.room import room
from dashboard.routes.base import Handler, aside
from labeling.comparisons.opening import RUNS_MOST
from labeling.models import Role

NUMBER_MOST = 2**63
NAME_MOST = 200


class CompareHandler(Handler):
    """A route of the compare page."""

    role: ClassVar[Role | None] = Role.LEAD

    def number(self, name: str, default: str | None = None) -> int:
        """A number of the query.

        Raises:
            TallyroomError: it is missing or none.
        """
        return _number(name, self.get_query_argument(name, default) or "")

    def name_or_none(self, name: str) -> str | None:
        """A name of the query."""
        return (self.get_query_argument(name, "", strip=False) or "")[:NAME_MOST] or None


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 20 and int(value) < NUMBER_MOST):
        raise TallyroomError(f"{name} is a number")
    return int(value)


class Board(CompareHandler):
    """The leaderboard, and the comparisons that were opened."""

    async def get(self) -> None:
        """Which runs there are, and which two to begin with."""
        self.answer(await aside(room().comparing.answers.board))


class Pair(CompareHandler):
    """Two runs side by side."""

    async def get(self) -> None:
        """`first` and `second` are runs."""
        self.answer(await aside(room().comparing.answers.pair, self.number("first"), self.number("second")))


class Kinds(CompareHandler):
    """Two runs by kind of message; it may take a second or two the first time."""

    async def get(self) -> None:
        """`first` and `second` are runs."""
        found = await aside(room().comparing.answers.kinds, self.number("first"), self.number("second"))
        self.answer({"kinds": found})


class Field(CompareHandler):
    """Several runs, each against the first."""

    async def get(self) -> None:
        """`runs` are runs, with commas between."""
        runs = tuple(_number("runs", each) for each in self.get_query_argument("runs", "").split(","))
        if not 2 <= len(set(runs)) <= RUNS_MOST:
            raise TallyroomError(f"2 to {RUNS_MOST} models are compared", fix="Choose fewer, or more.")
        self.answer(await aside(room().comparing.answers.field, runs))


class Apart(CompareHandler):
    """The messages on which two runs disagree, a page at a time."""

    async def get(self) -> None:
        """`comparison`, or `first` and `second`; `after` as the page before gave it.

        With `truth`, `truth` and `predicted`, or `kind`: the labelled messages behind a class, a cell or a kind.
        """
        answers, after = room().comparing.answers, self.number("after", "0")
        part = [self.name_or_none(name) for name in ("truth", "predicted", "kind")]
        if any(part):
            page = aside(answers.behind, self.number("first"), self.number("second"), after, *part)
        elif self.get_query_argument("comparison", ""):
            page = aside(answers.asked, self.number("comparison"), after)
        else:
            page = aside(answers.apart, self.number("first"), self.number("second"), after)
        self.answer(await page)


class ComparisonState(CompareHandler):
    """A comparison: what the office's verdicts say of it now, notes, decisions, who is there."""

    async def get(self) -> None:
        """`id` names it."""
        self.answer(await aside(room().comparing.answers.comparison, self.number("id")))


READS = (
    (r"/compare/board.json", Board),
    (r"/compare/pair.json", Pair),
    (r"/compare/kinds.json", Kinds),
    (r"/compare/field.json", Field),
    (r"/compare/apart.json", Apart),
    (r"/compare/comparison.json", ComparisonState),
)
