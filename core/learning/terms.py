"""Which terms of a vectoriser come from which word of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text by code points, and the terms that it brings, each as often as it does.

    A pair of neighbouring words is brought by both, half each: it stands in the terms of both of them.
    """

    start: int
    end: int
    terms: tuple[str, ...]


def split_words(text: str) -> list[tuple[int, int]]:
    """The words of a text as (start, end) in code points."""
    return [match.span() for match in _WORD.finditer(text)]


def words_of(text: str, vectoriser: TfidfVectorizer) -> list[Word]:
    """The words of a text with their terms, as the vectoriser cuts them."""
    found = [(match.start(), match.end(), match[0].lower()) for match in _WORD.finditer(text)]
    if vectoriser.analyzer == "char_wb":
        least, most = vectoriser.ngram_range
        return [Word(start, end, tuple(_within_word(word, least, most))) for start, end, word in found]
    words = [word for _, _, word in found]
    return [Word(start, end, (word, word, *_pairs(words, place))) for place, (start, end, word) in enumerate(found)]


def _pairs(words: list[str], place: int) -> Iterator[str]:
    if place > 0:
        yield f"{words[place - 1]} {words[place]}"
    if place + 1 < len(words):
        yield f"{words[place]} {words[place + 1]}"


def _within_word(word: str, least: int, most: int) -> Iterator[str]:
    """The runs of `least` to `most` characters of a word with a space at both ends, as scikit-learn makes them."""
    padded = f" {word} "
    for length in range(least, most + 1):
        if length >= len(padded):
            yield padded  # a short word counts once, whole
            return
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]
