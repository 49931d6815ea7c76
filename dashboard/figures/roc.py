"""ROC: how much of a class is found, against how much of the others is taken for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dashboard.figures.curve_figure import CurveFigure

if TYPE_CHECKING:
    from core.learning.quality import Curve


class RocFigure(CurveFigure):
    """One line a class; the nearer to the upper left, the better."""

    name: ClassVar[str] = "roc"
    title: ClassVar[str] = "Found, and falsely alarmed"
    note: ClassVar[str] = "ROC curve of each class"
    place: ClassVar[int] = 60
    script: ClassVar[str] = "roc.js"
    across: ClassVar[str] = "of the others, taken for it"
    upwards: ClassVar[str] = "of the class, found"

    def curve(self, is_class: Any, probability: Any, points: int) -> Curve | None:
        """scikit-learn's."""
        from core.learning.quality import roc  # here: scikit-learn takes a second to import

        return roc(is_class, probability, points=points)
