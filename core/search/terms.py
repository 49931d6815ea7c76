"""A text as terms, the same for both databases.

Neither database's own tokeniser will do: PostgreSQL's parser takes Thai and Devanagari apart at their vowel signs and
reads hosts and paths as one word, FTS5's knows the Unicode of 2012. So both get our terms, and only compare them.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import regex

CHARACTERS_MOST: Final = 50_000
"""So much of a text can be found; PostgreSQL holds no more than a megabyte of terms a message."""
TERM_MOST: Final = 64
"""Characters of a term that count."""

# Scripts without spaces between words: each letter, with its marks, is a term, and a word there is a phrase.
_UNSPACED = r"[[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}]&&\p{L}]"
_TERM = regex.compile(
    rf"{_UNSPACED}\p{{M}}*|[[\p{{L}}\p{{N}}\p{{M}}\p{{Co}}]--{_UNSPACED}]+|\p{{Extended_Pictographic}}", regex.V1
)
_ALONE = regex.compile(rf"{_UNSPACED}\p{{M}}*", regex.V1)
_INVISIBLE = regex.compile(r"\p{Cf}+")


def terms_of(text: str) -> list[str]:
    r"""The terms of a text in their order: words, numbers, emoji; case, width and invisible characters do not count.

    >>> terms_of("Your CODE is 4-93, fr\u200bee 🎉")
    ['your', 'code', 'is', '4', '93', 'free', '🎉']
    >>> terms_of("आपका खाता ไทย")
    ['आपका', 'खाता', 'ไ', 'ท', 'ย']
    """
    return [term[:TERM_MOST] for term in _TERM.findall(_plain(text[:CHARACTERS_MOST]))]


def is_a_letter_alone(term: str) -> bool:
    """Whether the term is a letter of a script without spaces."""
    return _ALONE.fullmatch(term) is not None


def _plain(text: str) -> str:
    """One spelling for what reads the same: full-width letters, composed accents, capitals; nothing invisible."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", folded))[:CHARACTERS_MOST]
