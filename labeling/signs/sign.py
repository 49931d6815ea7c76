"""What a sign is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from sqlalchemy import Connection

from core.registry import Registry
from core.store.models import DatasetId


@dataclass(frozen=True, slots=True)
class Look:
    """What a sign looks at: one moment of the store, and what the server knows of itself.

    `queue` is the queue that the rule names, or empty; `feed_behind` how old, in seconds, the last change was when this
    server's pages got it.
    """

    connection: Connection
    dataset: DatasetId
    classes: tuple[str, ...]
    queue: str = ""
    feed_behind: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A sign's number, a sentence that says it, and what else is worth keeping with an alarm."""

    value: float
    sentence: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Sign(ABC):
    """A number that tells whether something is amiss.

    It is amiss below the limit where `falls`, else above it; `usual` is the limit of a rule that names none. It is
    looked at every `every_seconds`, so a look may cost what a page's does, and never a scan. `of_queue` says whether
    a rule may name a queue.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    falls: ClassVar[bool] = True
    usual: ClassVar[float] = 0.0
    every_seconds: ClassVar[float] = 10.0
    of_queue: ClassVar[bool] = False

    @abstractmethod
    def measure(self, look: Look) -> Measured | None:
        """The number now; None where nothing can be said, and everything stays as it is."""

    def messages(self, look: Look) -> list[int]:  # noqa: ARG002 - most signs have none
        """The messages that people should look at, asked for when an alarm opens."""
        return []

    def clear_of(self, limit: float) -> float:
        """Past which number an alarm ends: a little beyond the limit, so that it does not flicker."""
        return 1.1 * limit if self.falls else 0.8 * limit


SIGNS: Registry[Sign] = Registry("sign", Sign, "labeling.signs")  # type: ignore[type-abstract]
