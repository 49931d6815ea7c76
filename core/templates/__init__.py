"""Templates: which messages say the same in other words. Pure: texts in, groups out, no store and no clock."""

from core.templates.mining import VERSION, Founded, Known, Mined, mine
from core.templates.pattern import common_pattern, generalise, pattern_of, readable, varying
from core.templates.sketch import BUCKET, Sketch, sketches
from core.templates.words import STAR, Word, forms, spelled

__all__ = [
    "BUCKET",
    "STAR",
    "VERSION",
    "Founded",
    "Known",
    "Mined",
    "Sketch",
    "Word",
    "common_pattern",
    "forms",
    "generalise",
    "mine",
    "pattern_of",
    "readable",
    "sketches",
    "spelled",
    "varying",
]
