"""The data dictionary: what a dataset is, from its sources to clean messages. Pure: files in, frames out."""

from core.dictionary.load import load_dictionary
from core.dictionary.read import Chunk, parts, read, read_part
from core.dictionary.rows import QuarantinedRow, RawRows, Reason
from core.dictionary.schema import Dictionary
from core.dictionary.sources import SOURCES, Part

__all__ = [
    "SOURCES",
    "Chunk",
    "Dictionary",
    "Part",
    "QuarantinedRow",
    "RawRows",
    "Reason",
    "load_dictionary",
    "parts",
    "read",
    "read_part",
]
