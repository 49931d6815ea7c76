"""How long new messages wait for the model, and changes for the pages."""

from __future__ import annotations

from typing import ClassVar

from core.store.queries import lag, live
from labeling.signs.sign import Look, Measured, Sign


class Lag(Sign):
    """Seconds; of the pipeline and the live feed the one that is further behind."""

    name: ClassVar[str] = "lag"
    title: ClassVar[str] = "New messages wait for the model, or changes for the pages, for more seconds than the limit"
    falls: ClassVar[bool] = False
    usual: ClassVar[float] = 600.0

    def measure(self, look: Look) -> Measured | None:
        """Before the first champion there is no pipeline to be behind."""
        champion = live.champion(look.connection, look.dataset)
        pipeline = lag.behind_ms(look.connection, look.dataset, champion) / 1000 if champion else 0.0
        facts = {"pipeline": round(pipeline, 1), "feed": round(look.feed_behind, 1)}
        if pipeline >= look.feed_behind:
            return Measured(pipeline, f"new messages have waited {pipeline:,.0f} s for the model", facts)
        return Measured(look.feed_behind, f"the live pages are {look.feed_behind:,.0f} s behind the store", facts)
