"""How often the live model is right, told from verdicts that came in whatever order.

A queue's order brings what it likes; a share of its hand-outs is drawn at random, with a probability that is kept. What
was drawn stands for all messages, what was chosen for itself. `hajek` is pure; `live_accuracy` reads the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select

from core.store.models import DatasetId, Label, Origin, Prediction, Promotion, Run, Truth
from core.store.queries.live import tallies
from labeling.models import Task, Verdict, VerdictKind
from labeling.tasks import opinion

if TYPE_CHECKING:
    import pandas as pd

LOOK_BACK = 20_000
LEAST_DRAWN = 20
"""With fewer random draws than this an interval would say nothing."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A share of messages, with its interval at `level`; `drawn` were drawn at random, `chosen` by an order."""

    share: float
    low: float
    high: float
    drawn: int
    chosen: int
    level: float = 0.95

    @property
    def sentence(self) -> str:
        """As a page says it."""
        shares = f"{self.share:.1%} of messages ({self.low:.1%} to {self.high:.1%})"
        seen = f"{self.drawn:,} judged at random" + (f" and {self.chosen:,} that were chosen" if self.chosen else "")
        return f"The live model is right on {shares}, as far as {seen} can tell."


def hajek(judged: pd.DataFrame, population: int, level: float = 0.95) -> Accuracy | None:
    """The share of messages on which the model is right; None without anything drawn at random.

    Each draw took a message out of those that nobody had judged by then; with what was known at that moment it tells of
    all messages (Des Raj 1956, as a ratio): so it holds at any moment, however many were chosen in between. What was
    drawn before and still waits could not be drawn again, but is unknown too: a draw stands for it as well. The
    interval is Jeffreys' at the design's effective sample size (Korn and Graubard 1998), which stays honest where
    nearly all are right.

    Args:
        judged: a row a judged message: `right` (was the model), `drawn` (at random, or chosen), `draw_probability` (of
            the draw that took it), `drawn_at` and `judged_at` (times on one clock). What was not drawn has no draw.
        population: how many messages there are.
        level: of the interval.
    """
    draws = judged[judged["drawn"].astype(bool)]
    if draws.empty:
        return None
    known = judged.sort_values("judged_at", kind="stable")
    before = np.searchsorted(known["judged_at"].to_numpy(float), draws["drawn_at"].to_numpy(float), side="left")
    right_before = np.concatenate([[0.0], known["right"].to_numpy(float).cumsum()])[before]
    stands_for = np.maximum(1.0 / draws["draw_probability"].to_numpy(float), population - before)
    y, weights = draws["right"].to_numpy(float), stands_for / stands_for.sum()
    share = float(weights @ y)
    low, high = interval_of_share(y, weights, share, level)
    everything = float(stands_for.sum() + before.sum())
    unknown, sure = float(stands_for.sum()) / everything, float(right_before.sum()) / everything
    share, low, high = (sure + unknown * value for value in (share, low, high))
    return Accuracy(share, low, high, len(draws), len(judged) - len(draws), level)


def interval_of_share(y: Floats, weights: Floats, share: float, level: float = 0.95) -> tuple[float, float]:
    """Jeffreys' interval of a weighted share, at as many messages as an even draw would need for the same variance.

    Args:
        y: 0 or 1 for each message.
        weights: how much of the whole each stands for; they add up to 1.
        share: `weights @ y`.
        level: of the interval.
    """
    from scipy import stats  # here: SciPy takes a second to import

    n = len(y)
    effective = 1.0 / float(weights @ weights)
    spread = float((weights**2) @ (y - share) ** 2) * n / max(1, n - 1)
    if 0.0 < share < 1.0 and spread > 0.0:
        # Both are estimates; the smaller one errs on the safe side.
        effective = min(effective, share * (1.0 - share) / spread)
    right, tail = share * effective, (1.0 - level) / 2
    low = 0.0 if share == 0.0 else float(stats.beta.ppf(tail, right + 0.5, effective - right + 0.5))
    high = 1.0 if share == 1.0 else float(stats.beta.ppf(1 - tail, right + 0.5, effective - right + 0.5))
    return low, high


# The newest verdicts only, so that it costs the same after years of work. Of messages that the champion was trained on
# nothing counts: labels up to its cut-off were its teachers.
JUDGED = (
    select(
        Verdict.message_id,
        Truth.klass.label("held"),
        Prediction.klass.label("said"),
        Task.drawn,
        Task.draw_probability,
        Task.drawn_at,
        Verdict.at,
        Verdict.queue_id,
    )
    .join(Task, Task.id == Verdict.task_id)
    .join(Truth, (Truth.message_id == Verdict.message_id) & (Truth.origin == Origin.VERDICT))
    .join(Label, Label.id == Truth.label_id)
    .join(Prediction, (Prediction.message_id == Verdict.message_id) & (Prediction.run_id == bindparam("this_run")))
    .where(
        Verdict.id > bindparam("after"),
        Verdict.kind == VerdictKind.LABEL,
        opinion(),
        Label.id > bindparam("cutoff"),
    )
    .order_by(Verdict.id)
)
REIGNING = (
    select(Run.id, Run.label_cutoff)
    .join(Promotion, Promotion.run_id == Run.id)
    .where(Promotion.dataset_id == bindparam("this_dataset"))
    .order_by(Promotion.id.desc())
    .limit(1)
)
NEWEST = select(Verdict.id).order_by(Verdict.id.desc()).limit(1)


def live_accuracy(connection: Connection, dataset: DatasetId, queue_id: int | None = None) -> Accuracy | None:
    """How often the live model is right on messages that it was not trained on; None while too little was drawn.

    Args:
        connection: a look at the store.
        dataset: whose champion.
        queue_id: only the verdicts of this queue; of all by default.
    """
    import pandas as pd  # here: pandas takes a second to import

    reigning = connection.execute(REIGNING, {"this_dataset": dataset}).first()
    if reigning is None:
        return None
    newest = connection.execute(NEWEST).scalar() or 0
    asked = {"this_run": reigning.id, "cutoff": reigning.label_cutoff, "after": newest - LOOK_BACK}
    rows = [
        (row.message_id, row.held == row.said, row.drawn, row.draw_probability, row.drawn_at, row.at)
        for row in connection.execute(JUDGED, asked)
        if queue_id in (None, row.queue_id)
    ]
    columns = ["message_id", "right", "drawn", "draw_probability", "drawn_at", "judged_at"]
    # Several verdicts on a message are one judged message; drawn in one queue and chosen in another, it was drawn.
    judged = pd.DataFrame(rows, columns=columns).sort_values("drawn", ascending=False, kind="stable")
    judged = judged.drop_duplicates("message_id")
    if judged["drawn"].sum() < LEAST_DRAWN:
        return None
    return hajek(judged, tallies(connection).get("messages", 0))
