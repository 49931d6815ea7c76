"""What a cleaning step is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


class Step(BaseModel, ABC):
    """One way to clean texts. Its fields are its options in the dictionary.

    `name` is how a dictionary calls it, `title` says in a sentence what it does.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""

    @abstractmethod
    def apply(self, texts: list[str]) -> list[str]:
        """The texts, cleaned, in their order."""

    def spec(self) -> list[Any]:
        """The step and its options as JSON, for a fingerprint."""
        return [self.name, self.model_dump(mode="json")]
