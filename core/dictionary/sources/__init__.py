"""The kinds of sources, one a file."""

from core.dictionary.sources.source import SOURCES, Part, Source

__all__ = ["SOURCES", "Part", "Source"]
