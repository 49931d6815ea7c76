"""What the figures of quality share: whose predictions they show, of how many messages, and what a click opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from core.store.models import HOUR_MS
from core.store.queries.judged import IMPORTED
from core.store.rollups import FOLDS, VERDICTS
from dashboard.figures.figure import Figure

if TYPE_CHECKING:
    from dashboard.reading import Reading

HELD_AGAINST: Final[Mapping[str, str]] = {
    FOLDS: "messages it was not trained on",
    VERDICTS: "messages that the office has judged",
    IMPORTED: "messages that came with a label",
}
NOTHING: Final[Mapping[str, str]] = {
    FOLDS: "No fold is finished yet. It fills while the benchmark runs.",
    VERDICTS: "The office has judged no message that this model has predicted. Review changes that.",
    IMPORTED: "No message that this model has predicted came with a label of its own.",
}
NARROWED = "None of the messages chosen above has a known class."


class QualityFigure(Figure):
    """A figure of the quality pane, drawn from the view's sample."""

    panes: ClassVar[frozenset[str]] = frozenset({"quality"})
    wakes_on: ClassVar[frozenset[str]] = frozenset({"verdict", "labels", "predicted", "promoted", "fold", "run"})

    def words(self, reading: Reading) -> Mapping[str, Any]:
        """Of what it is, a sentence where there is nothing, and what the messages behind it have in common."""
        return {
            f"{self.name}-note": self.sentence(reading),
            f"{self.name}-empty": nothing(reading),
            "quality-of": behind(reading),
        }

    def sentence(self, reading: Reading) -> str:
        """What it says, in a sentence."""
        return whose(reading)


def whose(reading: Reading) -> str:
    """Whose predictions they are, and of how many messages."""
    n = len(reading.sample)
    if not n:
        return ""
    newest = "" if reading.sample.whole else "the newest "
    return f"{reading.common.shown[1]} on {newest}{n:,} {HELD_AGAINST[reading.view.against]}"


def nothing(reading: Reading) -> str:
    """Why there is nothing to draw."""
    return NARROWED if reading.view.is_narrowed else NOTHING[reading.view.against]


def behind(reading: Reading) -> dict[str, Any]:
    """What all messages of the view have in common, as the drawer of messages takes it."""
    run_id, title = reading.common.shown
    found: dict[str, Any] = {"run": run_id, "model": title, "against": reading.view.against}
    if reading.view.slice:
        found["slice"] = reading.view.slice
    if reading.view.when:
        found["since"] = reading.hours[0] * HOUR_MS
        found["until"] = (reading.hours[-1] + 1) * HOUR_MS
    return found


def percent(share: float, digits: int = 1) -> str:
    """A share as pages write it."""
    return f"{100 * share:.{digits}f} %"
