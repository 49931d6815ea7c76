"""What somebody typed into a search, read: never as anybody's query syntax."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import regex

from core.errors import TallyroomError
from core.search.terms import is_a_letter_alone, terms_of

ASKED_MOST: Final = 400
"""Characters of a search."""
PIECES_MOST: Final = 20
PREFIX_LEAST: Final = 2
_PART = regex.compile(r'"([^"]*)"|([^\s"]+)')
_NUMBER = regex.compile(r"\p{Nd}{3}")
_DIGIT_LAST = regex.compile(r"\p{Nd}$")


@dataclass(frozen=True, slots=True)
class Piece:
    """Terms that stand one behind the other; with `prefix` the last may go on."""

    terms: tuple[str, ...]
    prefix: bool

    def matches(self, terms: Sequence[str]) -> bool:
        """Whether it is among a text's terms."""
        n = len(self.terms)
        return any(self._at(terms[start : start + n]) for start in range(len(terms) - n + 1))

    def _at(self, terms: Sequence[str]) -> bool:
        *first, last = self.terms
        return list(terms[:-1]) == first and (terms[-1].startswith(last) if self.prefix else terms[-1] == last)

    @property
    def begins_too_much(self) -> bool:
        """Whether as good as every text has a word that begins so."""
        last = self.terms[-1]
        return self.prefix and len(last) < PREFIX_LEAST and not is_a_letter_alone(last)

    @property
    def tells_hidden_digits(self) -> bool:
        """Whether an answer would tell a digit that masking hides (labeling/masking.py shows a number's ends)."""
        goes_on = self.prefix and _DIGIT_LAST.search(self.terms[-1]) is not None
        return goes_on or any(_NUMBER.search(term) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Search:
    """All of the pieces must be in a text."""

    pieces: tuple[Piece, ...]

    def matches(self, text: str) -> bool:
        """Whether a text has them all."""
        terms = terms_of(text)
        return all(piece.matches(terms) for piece in self.pieces)


def search_of(asked: str) -> Search:
    """Read what was typed: all words must be there, `"in this order"`, `begin*` for words that begin so.

    >>> search_of('win "free entry" pri*').pieces[1:]
    (Piece(terms=('free', 'entry'), prefix=False), Piece(terms=('pri',), prefix=True))

    Raises:
        TallyroomError: there is no word in it, or too much; says what to do.
    """
    if len(asked) > ASKED_MOST:
        raise TallyroomError(
            f"a search has at most {ASKED_MOST} characters, this one has {len(asked):,}",
            where="q",
            fix="A few words will do.",
        )
    pieces = list(dict.fromkeys(piece for quoted, bare in _PART.findall(asked) if (piece := _piece(quoted, bare))))
    if not pieces:
        raise TallyroomError("there is no word in this search", where="q", fix="Type a word, a number or an emoji.")
    if len(pieces) > PIECES_MOST:
        raise TallyroomError(f"a search has at most {PIECES_MOST} words", where="q", fix="Leave some of them out.")
    if short := next((each.terms[-1] for each in pieces if each.begins_too_much), None):
        raise TallyroomError(
            f"'{short}*' begins too many words", where="q", fix=f"Give at least {PREFIX_LEAST} characters before the *."
        )
    return Search(tuple(pieces))


def _piece(quoted: str, bare: str) -> Piece | None:
    terms = tuple(terms_of(quoted or bare))
    return Piece(terms, bool(bare) and bare.endswith("*")) if terms else None
