"""The desk's routes: what the review page asks for and sends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import asdict
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field
from tornado.web import Finish, HTTPError

from core.errors import TallyroomError
from dashboard.audience import Audience
from dashboard.desk_view import hand_outs, history, identity, panel, translation, whole
from dashboard.room import room
from dashboard.routes.base import Asked, Handler, Id, aside
from dashboard.routes.socket import AudienceSocket
from labeling.claims import HELD_MOST, HandOut
from labeling.models import Role, VerdictKind
from labeling.verdicts import Given

T = TypeVar("T")
log = logging.getLogger(__name__)
Count = Annotated[int, Field(ge=1, le=HELD_MOST)]


class _Count(Asked):
    count: Count = 5


class _Verdict(Asked):
    uuid: str = Field(max_length=36)
    lease_id: Id
    kind: Literal["label", "skip", "unsure", "flag"]
    klass: str | None = Field(None, max_length=200)
    note: str | None = Field(None, max_length=2000)
    seconds: float | None = Field(None, ge=0, le=86_400, allow_inf_nan=False)
    second: str | None = Field(None, max_length=200)
    changes: Id | None = None
    claim: Count | None = None

    @property
    def given(self) -> Given:
        """As the desk takes it."""
        rest = self.model_dump(exclude={"kind", "claim"})
        return Given(kind=VerdictKind(self.kind), **rest)


class _Undo(Asked):
    uuid: str = Field(max_length=36)


class Leases(Asked):
    """Leases that a page holds."""

    lease_ids: list[Id] = Field(max_length=HELD_MOST)


class OneLease(Asked):
    """A lease that a page holds."""

    lease_id: Id


class DeskHandler(Handler):
    """A route of the desk, for reviewers.

    A page that has waited too long asks again. What nobody waits for any more is not begun: else a server that has
    fallen behind works for the past, and never comes back to the present.
    """

    role = Role.REVIEWER
    _gone = False
    _under_way: Future[Any] | None = None

    def on_connection_close(self) -> None:
        """The page waits no more."""
        self._gone = True
        if self._under_way is not None:
            self._under_way.cancel()

    async def committed(self, future: Future[T]) -> T:
        """Wait for the desk without holding up anybody else; done after COMMIT."""
        self._under_way = future
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if future.cancelled() and self._gone:
                raise Finish from None
            raise

    async def claimed(self, count: int) -> list[dict[str, Any]]:
        """All that the person holds, once they hold `count`, as the page needs it."""
        held = await self.committed(room().desk.claim(self.person.id, count))
        if self._gone:
            raise Finish
        return await shown(held)


async def shown(held: Sequence[HandOut]) -> list[dict[str, Any]]:
    """Messages with what explains them. Explaining takes a millisecond each, so it is not done on the loop."""
    return await aside(hand_outs, room(), held)


class Claim(DeskHandler):
    """Hands messages out."""

    async def post(self) -> None:
        """Until the person holds `count`; answers with all that they hold, and whose messages these are."""
        messages = await self.claimed(self.asked(_Count).count)
        self.answer({"room": identity(room()), "messages": messages})


class Judge(DeskHandler):
    """Takes a verdict."""

    async def post(self) -> None:
        """Answers after COMMIT, and not before; with the next messages where `claim` asks for them."""
        asked = self.asked(_Verdict)
        given, held = asked.given, None
        if asked.claim is None:
            taken = await self.committed(room().desk.judge(self.person.id, given))
        else:
            taken, held = await self.committed(room().desk.judge_and_claim(self.person.id, given, asked.claim))
        answer: dict[str, Any] = {"saved": True, **asdict(taken)}
        if held is not None:
            try:
                answer["messages"] = await shown(held)
            except Exception:  # the verdict is saved, whatever becomes of the explanations
                log.exception("no messages beside a verdict's answer")
        self.answer(answer)


class Undo(DeskHandler):
    """Takes the last verdict back."""

    async def post(self) -> None:
        """Answers with the message again, or null where nothing is left to undo."""
        handed = await self.committed(room().desk.undo(self.person.id, self.asked(_Undo).uuid))
        again = await shown([handed] if handed is not None else [])
        self.answer({"message": again[0] if again else None})


class Heartbeat(DeskHandler):
    """Holds messages on."""

    async def post(self) -> None:
        """Answers with how many are still held."""
        held = await self.committed(room().desk.heartbeat(self.person.id, self.asked(Leases).lease_ids))
        self.answer({"held": held})


class History(DeskHandler):
    """What the person said so far."""

    async def get(self) -> None:
        """Answers with a page of their newest verdicts, and where the next one begins."""
        before = self.get_query_argument("before", "0")
        if not before.isdecimal() or int(before) >= 2**63:
            raise TallyroomError("'before' is the id of a verdict")
        asked = (self.get_query_argument("klass", None), self.get_query_argument("kind", None), int(before) or None)
        self.answer(await aside(history, room(), self.person, *asked))


class Translation(DeskHandler):
    """A message in the reviewers' language."""

    async def post(self) -> None:
        """Answers with the text, or null where the office has no translator or that one nothing to say."""
        asked = self.asked(OneLease)
        self.answer({"text": await aside(translation, room(), self.person, asked.lease_id)})


class WholeMessage(DeskHandler):
    """A message that is too long for a page, as a file."""

    async def get(self) -> None:
        """Of a message that the person was handed; never shown as a page of ours."""
        lease = self.get_query_argument("lease_id", "")
        if not lease.isdecimal() or int(lease) >= 2**63:
            raise TallyroomError("'lease_id' is a number")
        text = await aside(whole, room(), self.person, int(lease))
        if text is None:
            raise HTTPError(404, reason="you were handed no such message")
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="message.txt"')
        self.finish(text.encode("utf-8", "replace"))


class Panel(Handler):
    """What stands beside the message."""

    role = Role.VIEWER

    async def get(self) -> None:
        """Queue, day, guide."""
        self.answer(await aside(panel, room(), self.person))


class DeskSocket(AudienceSocket):
    """One review page's socket: it hears that something moved at the desk, and asks what it needs."""

    @property
    def audience(self) -> Audience[Any]:
        """Those who are at their desks."""
        return room().desks
