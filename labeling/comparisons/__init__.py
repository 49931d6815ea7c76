"""Comparisons of two models: opened, put to the office, and decided on the evidence of its verdicts."""

from labeling.comparisons.asking import ask_office
from labeling.comparisons.deciding import Decided, decide, decisions, frozen, require_model
from labeling.comparisons.evidence import Standing, standing
from labeling.comparisons.listing import AskedMessage, asked_messages
from labeling.comparisons.opening import (
    Note,
    Opened,
    add_note,
    comparison_of,
    comparisons,
    notes,
    open_comparison,
)

__all__ = [
    "AskedMessage",
    "Decided",
    "Note",
    "Opened",
    "Standing",
    "add_note",
    "ask_office",
    "asked_messages",
    "comparison_of",
    "comparisons",
    "decide",
    "decisions",
    "frozen",
    "notes",
    "open_comparison",
    "require_model",
    "standing",
]
