"""Punctuation, without breaking the scripts that write vowels as marks."""

from __future__ import annotations

from typing import ClassVar

import regex

from core.cleaning.step import Step

# \p{M} stays: in Python's \w combining marks are missing, and [^\w\s] turns नमस्ते into नमस त.
PUNCTUATION = r"[^\p{L}\p{M}\p{N}\p{So}\u200c\u200d\s<>]"
_PUNCTUATION = regex.compile(rf"{PUNCTUATION}+")


class Punctuation(Step):
    """Words only."""

    name: ClassVar[str] = "punctuation"
    title: ClassVar[str] = "Writes a space for punctuation; letters with their marks, digits and emoji stay."

    def apply(self, texts: list[str]) -> list[str]:
        """Each without punctuation."""
        return [_PUNCTUATION.sub(" ", text) for text in texts]
