"""The languages of the corpus, one a file."""

from core.corpus.languages.language import LANGUAGES, Language

__all__ = ["LANGUAGES", "Language"]
