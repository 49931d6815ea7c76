"""Who stands behind the cookies and tokens in use: asked of the store together, and not with every request.

An answer is believed for a second and a half. Meanwhile the server asks again for all that are in use at once (see
`watch`), so that a request costs no question, and whoever is sent out is out within a second or so, through whichever
server it was done. Where the store does not answer, nothing is believed for longer: the next request asks for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
BELIEVED_SECONDS = 1.5
IN_USE_SECONDS = 30.0
# Strangers with made-up cookies wait for one another here, and for nobody else's verdicts.
_asking = ThreadPoolExecutor(4, thread_name_prefix="who")


@dataclass(slots=True)
class _Answer(Generic[T]):
    who: T
    asked_at: float
    used_at: float


class Known(Generic[T]):
    """What the store said of those hashes that it knew. What it does not know is not kept.

    Args:
        ask: which of these hashes are good, and who stands behind them.
        clock: seconds that never go back.
    """

    def __init__(
        self, ask: Callable[[Iterable[str]], dict[str, T]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: dict[str, _Answer[T]] = {}

    def get(self, hashed: str) -> T | None:
        """Who it is, where an answer is at hand that is believed."""
        answer, now = self._answers.get(hashed), self._clock()
        if answer is None or now - answer.asked_at > BELIEVED_SECONDS:
            return None
        answer.used_at = now
        return answer.who

    async def find(self, hashed: str) -> T | None:
        """Who it is; None for nobody. Off the event loop."""
        if (found := self.get(hashed)) is not None:
            return found
        now = self._clock()
        found = (await self._asked({hashed})).get(hashed)
        if found is not None:
            self._answers[hashed] = _Answer(found, now, now)
        return found

    async def again(self, also: Iterable[str] = ()) -> dict[str, T]:
        """Ask for all that are in use, and for others; those that were found."""
        now = self._clock()
        for hashed in [each for each, answer in self._answers.items() if now - answer.used_at > IN_USE_SECONDS]:
            del self._answers[hashed]
        wanted = self._answers.keys() | set(also)
        if not wanted:
            return {}
        found = await self._asked(wanted)
        for hashed in wanted & self._answers.keys():
            if hashed in found:
                self._answers[hashed] = _Answer(found[hashed], now, self._answers[hashed].used_at)
            else:
                del self._answers[hashed]
        return found

    def forget(self) -> None:
        """Believe nothing any more: something was changed here just now."""
        self._answers.clear()

    async def _asked(self, hashes: set[str]) -> dict[str, T]:
        return await asyncio.get_running_loop().run_in_executor(_asking, self._ask, hashes)
