"""Sets of characters as data, so that they travel with a model.

Which characters are letters, marks or white space differs between versions of Unicode, and every phone has its own. A
scorer that looks them up in the model's own file agrees with the room, whatever it runs on.
"""

from __future__ import annotations

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
    return ranges(f"[{''.join(sign for sign in _every() if sign.isspace())}]")


@cache
def folded() -> dict[str, str]:
    """What case folding makes of each character that it changes."""
    return {sign: sign.casefold() for sign in _every() if sign.casefold() != sign}
