"""All metrics of the shown run, each with its interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from dashboard.figures.figure import Figure, Rows

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource

    from core.store.queries.folds import FoldScore
    from dashboard.reading import Reading

ANY = float("inf")
WORDS: Final[Mapping[str, tuple[str, str, float, float]]] = {
    "macro_f1": ("Macro-F1", "F1 of each class, all classes alike", 0.0, 1.0),
    "accuracy": ("Accuracy", "the share that is right", 0.0, 1.0),
    "mcc": ("Matthews' coefficient", "1 is perfect, 0 is chance, also where classes are uneven", -1.0, 1.0),
    "roc_auc": ("Area under ROC", "how often a message of a class ranks above one of another", 0.0, 1.0),
    "average_precision": ("Average precision", "the area under precision and recall, of all classes alike", 0.0, 1.0),
    "log_loss": ("Log loss", "0 is best; who is sure and wrong pays most", 0.0, ANY),
    "brier": ("Brier score", "0 is best; how far probabilities are from what came true", 0.0, 1.0),
    "calibration_error": ("Calibration error", "0 is best; how far 'sure' and 'right' are apart", 0.0, 1.0),
    "cost": ("Cost of a message", "0 is best; by the room's costs of mistakes, 1 where nothing is said", 0.0, ANY),
}
"""In the order of the table: what each is called, what it means, and between what it lies."""


class MetricsFigure(Figure):
    """A line a metric: the mean over the folds and its corrected interval."""

    name: ClassVar[str] = "metrics"
    title: ClassVar[str] = "All metrics"
    note: ClassVar[str] = "mean over the held-out folds, with its 95 % interval"
    empty: ClassVar[str] = "No fold is finished yet. It fills while the benchmark runs."
    panes: ClassVar[frozenset[str]] = frozenset({"quality"})
    place: ClassVar[int] = 90
    script: ClassVar[str] = "metrics.js"
    wakes_on: ClassVar[frozenset[str]] = frozenset({"promoted", "fold", "run"})

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """No Bokeh source."""
        return {}

    def rows(self, reading: Reading) -> dict[str, Rows]:
        """A row a metric; one of an earlier version's runs has fewer."""
        if not reading.metrics:
            return {"rows": {}}
        of: dict[str, list[FoldScore]] = defaultdict(list)
        for score in reading.metrics:
            of[score.metric].append(score)
        known = {name: words for name, words in WORDS.items() if name in of}
        return {
            "rows": {
                name: {"title": title, "is": what, **_mean(of[name], least, most)}
                for name, (title, what, least, most) in known.items()
            }
        }

    def build(self, sources: Mapping[str, ColumnDataSource]) -> Any:  # noqa: ARG002 - it has none
        """Nothing of Bokeh's."""
        return None


def _mean(scores: list[FoldScore], least: float, most: float) -> dict[str, Any]:
    """The mean over folds and its interval (none of a single fold)."""
    import numpy as np

    from core.learning.compare.paired import paired_folds  # here: SciPy takes a second to import

    values = np.array([score.value for score in scores])
    test_share = sum(score.test_size for score in scores) / max(1, sum(score.train_size for score in scores))
    found = paired_folds(np.zeros(len(values)), values, test_share)
    low, high = (None, None) if found is None else (round(max(found.low, least), 5), round(min(found.high, most), 5))
    return {"mean": round(float(values.mean()), 5), "low": low, "high": high, "folds": len(values)}
