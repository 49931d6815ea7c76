"""Patterns: what a template's messages share, with a star for what varies; and which parts of a message vary."""

from __future__ import annotations

from collections.abc import Sequence

import regex
from rapidfuzz.distance import LCSseq

from core.templates.words import STAR, spelled

_APART = regex.compile(
    r"(?<=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{M}]) "
    r"(?=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
)


def pattern_of(text: str) -> str:
    """The pattern of a template that has this one message: its words as written, a star for each run of numbers."""
    words: list[str] = []
    for word in spelled(text):
        if word.form != STAR:
            words.append(text[word.start : word.end])
        elif words[-1:] != [STAR]:
            words.append(STAR)
    return " ".join(words)


def shape_of(pattern: str) -> tuple[str, ...]:
    """The shape (see `forms`) of the message that a founding pattern was made from."""
    return tuple(pattern.lower().split())


def generalise(pattern: str, shape: Sequence[str]) -> str:
    """The pattern with a star for all that this shape does not have; the same where it has all of it."""
    words = pattern.split()
    wider: list[str] = []
    for operation in LCSseq.opcodes([word.lower() for word in words], list(shape)):
        kept = words[operation.src_start : operation.src_end] if operation.tag == "equal" else [STAR]
        wider.extend(word for word in kept if word != STAR or wider[-1:] != [STAR])
    return " ".join(word for place, word in enumerate(wider) if word != STAR or wider[place - 1 : place] != [STAR])


def common_pattern(founding: str, shapes: Sequence[Sequence[str]], share: float = 0.8) -> str:
    """The founding pattern with a star for each word that less than a share of these shapes has in its place.

    `generalise` keeps what *all* share, which a single misspelt message ends; this is what people recognise.
    """
    words = founding.split()
    small = [word.lower() for word in words]
    having = [0] * len(words)
    for shape in shapes:
        for operation in LCSseq.opcodes(small, list(shape)):
            if operation.tag == "equal":
                for place in range(operation.src_start, operation.src_end):
                    having[place] += 1
    least = share * len(shapes)
    kept = [word if n >= least else STAR for word, n in zip(words, having, strict=True)]
    return " ".join(word for place, word in enumerate(kept) if word != STAR or kept[place - 1 : place] != [STAR])


def varying(pattern: str, text: str) -> list[tuple[int, int]]:
    """The stretches of a text that its template leaves open, as (start, end) in code points, neighbours joined."""
    words = spelled(text)
    fixed = {word for word in pattern.lower().split() if word != STAR}
    open_places = [place for place, word in enumerate(words) if word.form == STAR or word.form not in fixed]
    steps = LCSseq.opcodes(pattern.lower().split(), [word.form for word in words])
    for step in steps:
        if step.tag != "equal":
            open_places.extend(range(step.dest_start, step.dest_end))
    stretches: list[tuple[int, int]] = []
    last = -2
    for place in sorted(set(open_places)):
        start, end = words[place].start, words[place].end
        if place == last + 1:
            start = stretches.pop()[0]
        stretches.append((start, end))
        last = place
    return stretches


def readable(pattern: str) -> str:
    """The pattern as people write it: no spaces within a script that has none."""
    return _APART.sub("", pattern)
