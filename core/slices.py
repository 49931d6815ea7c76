"""Slices: the parts of the messages that a page can be narrowed to. Pure.

A slice is named by its family and value: `kind:has a link`, `script:Devanagari`, `sender:AX-BANK`. A message is in
several kinds, in one script, and in the slice of its sender where that is a name and no number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import regex

_LINK = regex.compile(r"https?://|www\.|\b[\w-]+\.[a-z]{2,6}/\w", regex.IGNORECASE)
_EMOJI = regex.compile(r"\p{Emoji_Presentation}|\p{Extended_Pictographic}")
_NUMBER = regex.compile(r"\p{Nd}{5}")
_FOREIGN = regex.compile(r"(?!\p{Latin})\p{L}")
_LETTER = regex.compile(r"\p{L}")
_SCRIPTS = (
    "Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Tamil",
    "Telugu", "Kannada", "Malayalam", "Sinhala", "Thai", "Lao", "Khmer", "Myanmar", "Ethiopic", "Georgian",
    "Armenian", "Hangul", "Hiragana", "Katakana", "Han",
)  # fmt: skip
_SCRIPT = regex.compile("|".join(rf"(?P<{name}>\p{{{name}}}+)" for name in _SCRIPTS))
SHORT = 5
LOOKED_AT = 2_000
"""Characters of a message that are looked at: what it is made of shows by then."""
SENDER_MOST = 60
"""Characters of a sender's name; a longer one is none."""


def _foreign(body: str) -> bool:
    return 2 * len(_FOREIGN.findall(body)) > len(_LETTER.findall(body))


KINDS: Final[Mapping[str, Callable[[str, str | None], bool]]] = {
    f"short, under {SHORT} words": lambda body, _sender: len(body.split()) < SHORT,
    "has a link": lambda body, _sender: _LINK.search(body) is not None,
    "has a long number": lambda body, _sender: _NUMBER.search(body) is not None,
    "emoji": lambda body, _sender: _EMOJI.search(body) is not None,
    "not Latin script": lambda body, _sender: _foreign(body),
    "alphanumeric sender": lambda _body, sender: sender is not None and _LETTER.search(sender) is not None,
}
"""Each kind, and whether a message with this body and sender is of it."""

KIND, SCRIPT, SENDER = "kind", "script", "sender"
FAMILIES = (KIND, SCRIPT, SENDER)
NO_SCRIPT = "none"
"""The script of a message without letters."""


def slices_of(body: str, sender: str | None) -> tuple[str, ...]:
    """The slices that a message is in."""
    part = body[:LOOKED_AT]
    found = [f"{KIND}:{name}" for name, holds in KINDS.items() if holds(part, sender)]
    found.append(f"{SCRIPT}:{script_of(part)}")
    if sender is not None and len(sender) <= SENDER_MOST and _LETTER.search(sender):
        found.append(f"{SENDER}:{sender.strip()}")
    return tuple(found)


def script_of(body: str) -> str:
    """The script that most of its letters are in, by its Unicode name; `none` without letters that we know."""
    if body.isascii():
        return "Latin" if _LETTER.search(body) else NO_SCRIPT
    letters: Counter[str] = Counter()
    for run in _SCRIPT.finditer(body):
        letters[run.lastgroup or NO_SCRIPT] += len(run.group())
    return letters.most_common(1)[0][0] if letters else NO_SCRIPT


def is_slice(name: str) -> bool:
    """Whether a slice may be called so."""
    family, colon, value = name.partition(":")
    return bool(colon and value) and family in FAMILIES and len(name) <= len(SENDER) + 1 + SENDER_MOST
