"""Whose labels a run learnt from, and how good it is where people have judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.store.models import Origin, Run, RunId

PLURAL = {"verdict": "verdicts", "imported": "imported", "rule": "by rules"}


@dataclass(frozen=True, slots=True)
class Whose:
    """The messages that a run was trained on by the origin of their label, and its scores on those people judged.

    `origins` is empty of a run of an earlier version. `macro_f1` and `accuracy` are (value, low, high) of a 95 %
    interval, None where too few messages tell; all scores are of messages that the run was not trained on.
    `weak_weight`: what a label by a rule weighed on average beside the others, None where all weighed the same.
    """

    train_size: int
    origins: Mapping[str, int]
    judged: int
    accuracy: tuple[float, float, float] | None
    macro_f1: tuple[float, float, float] | None
    weak_weight: float | None = None

    @property
    def named(self) -> str:
        """`840 verdicts, 11,460 by rules that weigh 0.31 each`; empty where that was not kept."""
        said = [f"{n:,} {PLURAL.get(origin, origin)}" for origin, n in self.origins.items()]
        if said and self.weak_weight is not None:  # rules come last
            said[-1] += f" that weigh {self.weak_weight:.2f} each"
        return ", ".join(said)

    @property
    def trained(self) -> str:
        """As a page says it: `trained on 12,300: 840 verdicts, 11,460 imported`."""
        return f"trained on {self.train_size:,}" + (f": {self.named}" if self.origins else "")

    @property
    def on_people(self) -> str:
        """How good it is on what people judged, or why that is not said; empty where nobody knows."""
        if not self.origins:
            return ""
        if self.macro_f1 is not None:
            value, low, high = self.macro_f1
            return f"on the {self.judged:,} that people judged {value:.3f} ({low:.3f} to {high:.3f})"
        if not self.judged:
            return "none of them judged by people"
        return f"{self.judged:,} judged by people: too few to say how good it is on those"


def whose(connection: Connection, run_id: RunId) -> Whose:
    """Of one run."""
    row = connection.execute(select(Run.train_size, Run.params).where(Run.id == run_id)).one()
    return whose_of(row.train_size, row.params)


def whose_of(train_size: int, params: Mapping[str, Any]) -> Whose:
    """The same from a run's row."""
    origins = {origin: sum(classes.values()) for origin, classes in params.get("origins", {}).items()}
    scores = params.get("apart", {}).get(Origin.VERDICT, {})

    def interval(name: str) -> tuple[float, float, float] | None:
        found = scores.get(name)
        return None if found is None else (found[0], found[1], found[2])

    judged = int(scores.get("messages", origins.get(Origin.VERDICT, 0)))
    weak = params.get("weak_weight")
    return Whose(train_size, origins, judged, interval("accuracy"), interval("macro_f1"), weak)
