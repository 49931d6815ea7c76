"""Two models compared. Pure: scores and answers in, differences with what they are worth out."""

from core.learning.compare.kinds import HeldOut, KindDifference, by_kind
from core.learning.compare.mcnemar import OneRight, mcnemar
from core.learning.compare.paired import FoldTest, paired_folds
from core.learning.compare.pareto import Standing, pareto_front
from core.learning.compare.per_class import ClassDifference, per_class
from core.learning.compare.reliability import Bin, Reliability, reliability
from core.learning.compare.several import Against, against_first

__all__ = [
    "Against",
    "Bin",
    "ClassDifference",
    "FoldTest",
    "HeldOut",
    "KindDifference",
    "OneRight",
    "Reliability",
    "Standing",
    "against_first",
    "by_kind",
    "mcnemar",
    "paired_folds",
    "pareto_front",
    "per_class",
    "reliability",
]
