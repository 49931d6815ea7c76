"""Labels out and in: streamed, with their provenance; the cost follows the labels, not the messages."""

from labeling.exchange.formats import FORMATS, Format
from labeling.exchange.labels import AsOf, labels
from labeling.exchange.row import LabelRow
from labeling.exchange.take import Imported, import_labels, take
from labeling.exchange.write import export, write_labels

__all__ = [
    "FORMATS",
    "AsOf",
    "Format",
    "Imported",
    "LabelRow",
    "export",
    "import_labels",
    "labels",
    "take",
    "write_labels",
]
