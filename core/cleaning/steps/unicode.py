"""Unicode: one form for each character, and no characters that nobody sees."""

from __future__ import annotations

import unicodedata
from typing import ClassVar

import regex

from core.cleaning.step import Step

# Format characters (zero width, bidi marks) and controls, but no line breaks or tabs. The joiners stay where they
# shape letters: ZWNJ and ZWJ between letters or marks (Persian, Hindi) and ZWJ inside an emoji.
_CONTROLS = regex.compile(
    r"(?![\n\t])[\p{Cc}\p{Cf}--\u200c\u200d]|(?<![\p{L}\p{M}\p{So}\ufe0f\U0001f3fb-\U0001f3ff])[\u200c\u200d]|[\u200c\u200d](?![\p{L}\p{M}\p{So}])",
    regex.V1,
)


class Nfc(Step):
    """Composed characters."""

    name: ClassVar[str] = "nfc"
    title: ClassVar[str] = "Composes characters (Unicode NFC): é is one character, whoever typed it."

    def apply(self, texts: list[str]) -> list[str]:
        """NFC of each."""
        return [text if text.isascii() else unicodedata.normalize("NFC", text) for text in texts]


class Nfkc(Step):
    """Plain forms of styled characters."""

    name: ClassVar[str] = "nfkc"
    title: ClassVar[str] = "Undoes styled letters (Unicode NFKC): 𝗙𝗥𝗘𝗘 and ＦＲＥＥ become FREE."

    def apply(self, texts: list[str]) -> list[str]:
        """NFKC of each."""
        return [text if text.isascii() else unicodedata.normalize("NFKC", text) for text in texts]


class Controls(Step):
    """No invisible characters."""

    name: ClassVar[str] = "controls"
    title: ClassVar[str] = "Takes out control, zero-width and direction characters; keeps those that shape letters."

    def apply(self, texts: list[str]) -> list[str]:
        """Each without them."""
        return [text if text.isascii() and text.isprintable() else _CONTROLS.sub("", text) for text in texts]
