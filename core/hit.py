"""Which messages of a look at the rules are meant: the words that pages, links and the looks share."""

from __future__ import annotations

import enum


class Hit(enum.StrEnum):
    """Which of a rule's hits; those of `OF_THE_LOOK` need no rule, and then are messages of the whole look."""

    ALL = "all"
    ALONE = "alone"
    OVERLAPS = "overlaps"
    CONFLICTS = "conflicts"
    RIGHT = "right"
    WRONG = "wrong"
    UNJUDGED = "unjudged"
    KNOWN = "known"
    ANY = "any"
    SEEN = "seen"


OF_A_RULE = frozenset(Hit) - {Hit.ANY, Hit.SEEN}
OF_THE_LOOK = frozenset({Hit.KNOWN, Hit.ANY, Hit.SEEN})
TELLS = frozenset({Hit.RIGHT, Hit.WRONG, Hit.KNOWN})
"""That a message is among these tells what others said of it, or that they did."""
