"""Unicode: one form for each character, and no characters that nobody sees."""

from __future__ import annotations

import unicodedata
from typing import ClassVar, Literal

import regex

from core.cleaning.step import Step

# Format characters (zero width, bidi marks) and controls, but no line breaks or tabs. The joiners stay where they
# shape letters: ZWNJ and ZWJ between letters or marks (Persian, Hindi) and ZWJ inside an emoji. Number signs of Arabic
# and its relatives are format characters too, but people see them.
UNSEEN = r"[[\p{Cc}\p{Cf}]--[\n\t\u200c\u200d\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd]]"
SHAPED_BEFORE, SHAPED_AFTER = r"[\p{L}\p{M}\p{So}\ufe0f\U0001f3fb-\U0001f3ff]", r"[\p{L}\p{M}\p{So}]"
_CONTROLS = regex.compile(
    rf"{UNSEEN}|(?<!{SHAPED_BEFORE})[\u200c\u200d]|[\u200c\u200d](?!{SHAPED_AFTER})",
    regex.V1,
)

# Normalising sorts the marks that follow a letter, in a time that grows with the square of their number: 100,000 on one
# letter take ten seconds. Unicode's way out (UAX 15, stream-safe text) is a joiner after every thirtieth.
MARK = r"[\p{M}--\u034f]"
PILE, LONG = 30, 1_000
_PILE = regex.compile(rf"{MARK}{{{PILE}}}(?={MARK})", regex.V1)


def _normalised(form: Literal["NFC", "NFKC"], texts: list[str]) -> list[str]:
    normalize = unicodedata.normalize
    return [text if text.isascii() else normalize(form, text if len(text) <= LONG else _safe(text)) for text in texts]


def _safe(text: str) -> str:
    return str(_PILE.sub("\\g<0>\u034f", text))


class Nfc(Step):
    """Composed characters."""

    name: ClassVar[str] = "nfc"
    title: ClassVar[str] = "Composes characters (Unicode NFC): é is one character, whoever typed it."

    def apply(self, texts: list[str]) -> list[str]:
        """NFC of each."""
        return _normalised("NFC", texts)


class Nfkc(Step):
    """Plain forms of styled characters."""

    name: ClassVar[str] = "nfkc"
    title: ClassVar[str] = "Undoes styled letters (Unicode NFKC): 𝗙𝗥𝗘𝗘 and ＦＲＥＥ become FREE."

    def apply(self, texts: list[str]) -> list[str]:
        """NFKC of each."""
        return _normalised("NFKC", texts)


class Controls(Step):
    """No invisible characters."""

    name: ClassVar[str] = "controls"
    title: ClassVar[str] = "Takes out control, zero-width and direction characters; keeps those that shape letters."

    def apply(self, texts: list[str]) -> list[str]:
        """Each without them."""
        # To Python neither controls nor format characters are printable: what is printable holds none of them.
        return [text if text.isprintable() else _CONTROLS.sub("", text) for text in texts]
