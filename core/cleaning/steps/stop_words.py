"""Stop words: words that a room does not want its models to see."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

from pydantic import Field

from core.cleaning.step import Step


class StopWords(Step):
    """The words of a list go."""

    name: ClassVar[str] = "stop_words"
    title: ClassVar[str] = "Takes out the listed words, in any case; words are what stands between white space."

    words: tuple[str, ...] = Field((), description="the words to take out")

    @cached_property
    def _unwanted(self) -> frozenset[str]:
        return frozenset(word.casefold() for word in self.words)

    def apply(self, texts: list[str]) -> list[str]:
        """Each without the listed words; what is left stands between single spaces."""
        if not self._unwanted:
            return texts
        return [" ".join(word for word in text.split() if word.casefold() not in self._unwanted) for text in texts]
