"""White space, case, and letters repeated for effect."""

from __future__ import annotations

import html
from typing import ClassVar

import regex
from pydantic import Field

from core.cleaning.step import Step

REPEATABLE = r"[^\d\s]"
_ENTITY = regex.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


class Whitespace(Step):
    """Single spaces."""

    name: ClassVar[str] = "whitespace"
    title: ClassVar[str] = "Makes every run of white space one space, and none at the ends."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with single spaces."""
        return [text if _is_single_spaced(text) else " ".join(text.split()) for text in texts]


def _is_single_spaced(text: str) -> bool:
    """Whether there is nothing to do, which is quickly seen: the only white space that is printable is the space."""
    return text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " "


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
        pattern = regex.compile(rf"({REPEATABLE})\1{{{self.keep},}}")
        return [pattern.sub(lambda match: match[1] * self.keep, text) for text in texts]


class Entities(Step):
    """`&amp;` becomes `&`."""

    name: ClassVar[str] = "entities"
    title: ClassVar[str] = "Undoes HTML entities that a gateway left in: &amp;lt; becomes &lt;."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with entities undone once."""
        # Only with its semicolon: without, html.unescape makes ®=2 of the &reg=2 in a link.
        return [_ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text for text in texts]
