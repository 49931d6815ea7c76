"""Precision and recall: how much of what is called a class is of it, against how much of the class is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dashboard.figures.curve_figure import CurveFigure

if TYPE_CHECKING:
    from core.learning.quality import Curve


class PrecisionRecallFigure(CurveFigure):
    """One line a class; the nearer to the upper right, the better."""

    name: ClassVar[str] = "precision_recall"
    title: ClassVar[str] = "Found, and right"
    note: ClassVar[str] = "precision and recall of each class"
    place: ClassVar[int] = 61
    script: ClassVar[str] = "precision_recall.js"
    across: ClassVar[str] = "of the class, found"
    upwards: ClassVar[str] = "of what is called so, right"

    def curve(self, is_class: Any, probability: Any, points: int) -> Curve | None:
        """scikit-learn's."""
        from core.learning.quality import precision_recall  # here: scikit-learn takes a second to import

        return precision_recall(is_class, probability, points=points)
