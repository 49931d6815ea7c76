"""How far people mean the same by the classes."""

from __future__ import annotations

from typing import ClassVar

from labeling.disputes import newest_said
from labeling.models import VerdictKind
from labeling.signs.sign import Look, Measured, Sign

CLEAR = 0.01


class Agreement(Sign):
    """The upper end of Krippendorff's alpha over the newest verdicts; by his own bounds, 0.667 is the least to use."""

    name: ClassVar[str] = "agreement"
    title: ClassVar[str] = "People mean different things: even the upper end of alpha is below the limit"
    usual: ClassVar[float] = 0.667
    every_seconds: ClassVar[float] = 300.0

    def measure(self, look: Look) -> Measured | None:
        """None while too few messages were judged by two people."""
        import pandas as pd  # here: a server that starts does not wait for it

        from labeling.agreement import alpha

        said = [each for each in newest_said(look.connection) if each.kind == VerdictKind.LABEL]
        rows = [(each.message_id, each.person_id, each.klass) for each in said]
        frame = pd.DataFrame(rows, columns=["message_id", "person_id", "klass"])
        found = alpha(frame, sorted({*look.classes, *frame["klass"]}))
        if found is None:
            return None
        sentence = f"people agree with an alpha of {found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
        return Measured(found.high, sentence, {"alpha": found.value, "messages": found.messages})

    def clear_of(self, limit: float) -> float:
        """A hundredth above."""
        return min(limit + CLEAR, 1.0)
