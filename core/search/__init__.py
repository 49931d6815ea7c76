"""Words to search by: how a text is cut into terms, and what a search asks of them. Pure."""

from core.search.ask import ASKED_MOST, Piece, Search, search_of
from core.search.terms import terms_of

__all__ = ["ASKED_MOST", "Piece", "Search", "search_of", "terms_of"]
