"""White space, case, and letters repeated for effect."""

from __future__ import annotations

import html
from typing import ClassVar

import regex
from pydantic import Field

from core.cleaning.step import Step


class Whitespace(Step):
    """Single spaces."""

    name: ClassVar[str] = "whitespace"
    title: ClassVar[str] = "Makes every run of white space one space, and none at the ends."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with single spaces."""
        return [" ".join(text.split()) for text in texts]


class Lowercase(Step):
    """No capitals."""

    name: ClassVar[str] = "lowercase"
    title: ClassVar[str] = "Makes letters small, as Unicode says (casefold is too much: it turns ß to ss)."

    def apply(self, texts: list[str]) -> list[str]:
        """Each in small letters."""
        return [text.lower() for text in texts]


class Repeats(Step):
    """Sooooo becomes sooo."""

    name: ClassVar[str] = "repeats"
    title: ClassVar[str] = "Shortens a character that is repeated for effect; digits are left alone."

    keep: int = Field(3, ge=1, le=10, description="how many are kept")

    def apply(self, texts: list[str]) -> list[str]:
        """Each with at most `keep` of the same character in a row."""
        pattern = regex.compile(rf"([^\d\s])\1{{{self.keep},}}")
        return [pattern.sub(lambda match: match[1] * self.keep, text) for text in texts]


class Entities(Step):
    """`&amp;` becomes `&`."""

    name: ClassVar[str] = "entities"
    title: ClassVar[str] = "Undoes HTML entities that a gateway left in: &amp;lt; becomes &lt;."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with entities undone once."""
        return [html.unescape(text) if "&" in text else text for text in texts]
