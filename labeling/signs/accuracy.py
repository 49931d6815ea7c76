"""How often the live model is right, as far as verdicts can tell."""

from __future__ import annotations

from typing import ClassVar

from labeling.estimate import live_accuracy
from labeling.signs.sign import Look, Measured, Sign

CLEAR = 0.01


class Accuracy(Sign):
    """The upper end of its interval: with few verdicts a low share may be bad luck, and raises nothing."""

    name: ClassVar[str] = "accuracy"
    title: ClassVar[str] = "The live model is often wrong: even the upper end of its accuracy is below the limit"
    usual: ClassVar[float] = 0.9
    every_seconds: ClassVar[float] = 60.0

    def measure(self, look: Look) -> Measured | None:
        """None while too few messages were drawn at random."""
        found = live_accuracy(look.connection, look.dataset)
        if found is None:
            return None
        sentence = f"the live model is right on {found.share:.1%} of messages ({found.low:.1%} to {found.high:.1%})"
        return Measured(found.high, sentence, {"share": found.share, "low": found.low, "high": found.high})

    def clear_of(self, limit: float) -> float:
        """A point above."""
        return min(limit + CLEAR, 1.0)
