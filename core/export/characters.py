"""Sets of characters as data, so that they travel with a model.

Which characters are letters, marks or white space differs between versions of Unicode, and every phone has its own. A
scorer that looks them up in the model's own file agrees with the room, whatever it runs on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import regex


def _every() -> str:
    """Each code point at the place of its number."""
    return "".join(map(chr, range(0x110000)))


@cache
def ranges(pattern: str) -> tuple[int, ...]:
    """The code points that a class of the `regex` package (version 1) matches: first, last, first, last ...

    >>> ranges("[a-cx]")
    (97, 99, 120, 120)
    """
    found = regex.finditer(f"(?V1){pattern}+", _every())
    return tuple(end for match in found for end in (match.start(), match.end() - 1))


@cache
def spaces() -> tuple[int, ...]:
    """What Python takes for white space, in `str.split` and in its `re`."""
    return _where(str.isspace)


@cache
def casing() -> dict[str, tuple[int, ...]]:
    """What Python looks at around a capital sigma, which has another small letter at the end of a word.

    `ignorable` are passed over (marks, apostrophes, full stops in a word); `cased` beyond them is the word's letter.
    """

    def ends_a_word(before: str) -> bool:
        return f"{before}Σ".lower().endswith("ς")

    return {
        "cased": _where(ends_a_word),
        "ignorable": _where(lambda sign: ends_a_word(f"A{sign}") and not ends_a_word(sign)),
    }


def _where(holds: Callable[[str], bool]) -> tuple[int, ...]:
    found = re.finditer("y+", "".join("ny"[holds(sign)] for sign in _every()))
    return tuple(end for match in found for end in (match.start(), match.end() - 1))


@cache
def folded() -> dict[str, str]:
    """What case folding makes of each character that it changes."""
    return {sign: sign.casefold() for sign in _every() if sign.casefold() != sign}
