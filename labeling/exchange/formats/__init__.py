"""Formats of labels, one a file."""

from labeling.exchange.formats.form import FORMATS, Format

__all__ = ["FORMATS", "Format"]
