"""Answers that are worked out once for all who ask for the same at about the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

MOST = 200
T = TypeVar("T")


class Kept:
    """Keeps each answer for some seconds; whoever asks while it is being worked out waits for that one.

    Args:
        seconds: for which an answer may be given again; infinite where it never changes.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._making: dict[Hashable, threading.Lock] = {}
        self._answers: dict[Hashable, tuple[float, Any]] = {}
        self._since = float("-inf")

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer under a key: the one that is kept, or what `make` gives."""
        with self._lock:
            if len(self._making) > 2 * MOST:  # keys whose answers were errors
                self._making.clear()
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                kept = self._answers.get(key)
            if kept is not None and kept[0] > self._since and time.monotonic() - kept[0] <= self._seconds:
                answer: T = kept[1]
                return answer
            began = time.monotonic()  # an answer is as old as what it was made from
            made = make()
            with self._lock:
                if len(self._answers) >= MOST:
                    self._answers.clear()
                    self._making.clear()
                self._answers[key] = (began, made)
            return made

    def forget(self) -> None:
        """What is kept, or being worked out, does not hold any more."""
        self._since = time.monotonic()
