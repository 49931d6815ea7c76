"""Foreign messages in the reviewers' language, by a translator that the office plugs in.

A translator is a function from a text to a text, or to None where there is nothing to say. It comes through a Python
entry point in the group `tallyroom.translators`, and the setting `[desk] translate` names it. It is a courtesy: one
that fails or takes too long says nothing, and the desk goes on.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from importlib.metadata import entry_points

from core.errors import SettingsError, did_you_mean

GROUP = "tallyroom.translators"
PATIENCE_SECONDS = 2.0
THREADS = 2
KEPT = 500
LONGEST = 20_000
log = logging.getLogger(__name__)
Translate = Callable[[str], str | None]


class Translator:
    """Asks the office's translator, for a short while, and remembers what it said.

    Raises:
        SettingsError: no installed package offers a translator of that name.
    """

    def __init__(self, name: str, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._translate = _load(name)
        self._patience = patience_seconds
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="translate")
        self._free = threading.Semaphore(THREADS)  # what would have to wait behind a stuck one is not asked
        self._said: OrderedDict[str, str | None] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, text: str) -> str | None:
        """The text in the reviewers' language; None where there is nothing to say."""
        with self._lock:
            if text in self._said:
                self._said.move_to_end(text)
                return self._said[text]
        if not self._free.acquire(blocking=False):
            return None
        future = self._pool.submit(self._ask, text)
        try:
            said = future.result(self._patience)
        except TookTooLong:
            log.warning("the translator took longer than %s s", self._patience)
            return None
        except Exception as error:  # a stranger's code; what it says may hold the message's text
            log.warning("the translator failed: %s", type(error).__name__)
            return None
        with self._lock:
            self._said[text] = said
            while len(self._said) > KEPT:
                self._said.popitem(last=False)
        return said

    def _ask(self, text: str) -> str | None:
        try:
            said = self._translate(text)
        finally:
            self._free.release()
        return said[:LONGEST] if isinstance(said, str) and said.strip() and said != text else None

    def close(self) -> None:
        """Ask no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _load(name: str) -> Translate:
    offered = {point.name: point for point in entry_points(group=GROUP)}
    offered |= {point.value: point for point in offered.values()}
    if name not in offered:
        raise SettingsError(
            f"no installed package offers a translator '{name}' (entry point group {GROUP})",
            where="[desk] translate",
            fix=did_you_mean(name, offered) or "Install one, or leave the setting out.",
        )
    translate: Translate = offered[name].load()
    return translate
