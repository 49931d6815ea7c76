"""Which of a rule's hits are meant: the words that pages, links and the rules' looks share."""

from __future__ import annotations

import enum


class Hit(enum.StrEnum):
    """Which of a rule's hits."""

    ALL = "all"
    ALONE = "alone"
    OVERLAPS = "overlaps"
    CONFLICTS = "conflicts"
    RIGHT = "right"
    WRONG = "wrong"
    UNJUDGED = "unjudged"


TELLS = frozenset({Hit.RIGHT, Hit.WRONG})
"""That a message is among these tells what others said of it."""
