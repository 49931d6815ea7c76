"""Comparisons of two models: opened, put to the office, and decided on the evidence of its verdicts."""

from labeling.comparisons.asking import ask_office
from labeling.comparisons.deciding import Decided, bears_out, decide, decisions, frozen
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
    runs_of,
)
from labeling.comparisons.session import Present, Selected, Selection, be_there, present, select_part, selected

__all__ = [
    "AskedMessage",
    "Decided",
    "Note",
    "Opened",
    "Present",
    "Selected",
    "Selection",
    "Standing",
    "add_note",
    "ask_office",
    "asked_messages",
    "be_there",
    "bears_out",
    "comparison_of",
    "comparisons",
    "decide",
    "decisions",
    "frozen",
    "notes",
    "open_comparison",
    "present",
    "runs_of",
    "select_part",
    "selected",
    "standing",
]
