"""Masking: what a viewer sees of a message."""

from __future__ import annotations

import regex

_DIGITS = regex.compile(r"(?<=\p{Nd})\p{Nd}(?=\p{Nd})")


def masked(text: str) -> str:
    """The text with the inner digits of each number hidden.

    >>> masked("Your code is 493822, call 112")
    'Your code is 4••••2, call 1•2'
    """
    return _DIGITS.sub("•", text)
