"""The champion's macro-F1 over its folds."""

from __future__ import annotations

from typing import ClassVar

from core.intervals import mean_interval
from core.store.queries import live
from labeling.signs.sign import Look, Measured, Sign

CLEAR = 0.01


class MacroF1(Sign):
    """Moves when a model is promoted."""

    name: ClassVar[str] = "macro_f1"
    title: ClassVar[str] = "The champion's macro-F1 is below the limit"
    usual: ClassVar[float] = 0.8
    every_seconds: ClassVar[float] = 30.0

    def measure(self, look: Look) -> Measured | None:
        """None before the first champion, and where one has no folds."""
        champion = live.champion(look.connection, look.dataset)
        scores = live.run_scores(look.connection, champion.run_id) if champion else []
        if champion is None or not scores:
            return None
        mean, half = mean_interval(scores)
        sentence = f"the champion {champion.title} has a macro-F1 of {mean:.3f} ± {half:.3f}"
        return Measured(mean, sentence, {"run_id": champion.run_id})

    def clear_of(self, limit: float) -> float:
        """A point above."""
        return min(limit + CLEAR, 1.0)
