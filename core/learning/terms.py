"""Which terms of a vectoriser come from which word of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sklearn.feature_extraction.text import TfidfVectorizer

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text by code points, and the terms that it brings, each with its share in it.

    A pair of neighbouring words is brought by both, half each. The shares of a term over all words add up to how often
    the text has it.
    """

    start: int
    end: int
    terms: tuple[tuple[str, float], ...]


def split_words(text: str) -> list[tuple[int, int]]:
    """The words of a text as (start, end) in code points."""
    return [match.span() for match in _WORD.finditer(text)]


def words_of(text: str, vectoriser: TfidfVectorizer) -> list[Word]:
    """The words of a text with their terms, as a vectoriser of words or of characters within words cuts them."""
    spans = split_words(text)
    words = [text[start:end] for start, end in spans]
    if vectoriser.analyzer == "char_wb":
        cut = vectoriser.build_analyzer()
        shares = [[(term, 1.0) for term in cut(word)] for word in words]
    else:
        prepare = vectoriser.build_preprocessor()
        prepared = [prepare(word) for word in words]
        shares = _shares_of_runs(prepared, vectoriser.build_tokenizer(), *vectoriser.ngram_range)
    return [Word(start, end, tuple(terms)) for (start, end), terms in zip(spans, shares, strict=True)]


def _shares_of_runs(
    words: Sequence[str], tokens_of: Callable[[str], Sequence[str]], least: int, most: int
) -> list[list[tuple[str, float]]]:
    """For each word the runs of `least` to `most` tokens that it has a part in; a run is shared evenly."""
    tokens = [(place, token) for place, word in enumerate(words) for token in tokens_of(word)]
    shares: list[list[tuple[str, float]]] = [[] for _ in words]
    for run in _runs(tokens, least, most):
        term = " ".join(token for _, token in run)
        for place, _ in run:
            shares[place].append((term, 1 / len(run)))
    return shares


def _runs(tokens: Sequence[tuple[int, str]], least: int, most: int) -> Iterator[Sequence[tuple[int, str]]]:
    for length in range(least, most + 1):
        for start in range(len(tokens) - length + 1):
            yield tokens[start : start + length]
