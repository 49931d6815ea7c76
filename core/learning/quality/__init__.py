"""How good a model is, seen from several sides. Pure: arrays in, numbers with their intervals out."""

from core.learning.quality.areas import Area, Curve, precision_recall, roc
from core.learning.quality.classes import ClassQuality, per_class
from core.learning.quality.folds import FoldScores, fold_scores
from core.learning.quality.proportions import Proportion, proportion
from core.learning.quality.reliability import Bin, Reliability, reliability
from core.learning.quality.slices import SliceQuality, by_slice
from core.learning.quality.thresholds import Threshold, thresholds

__all__ = [
    "Area",
    "Bin",
    "ClassQuality",
    "Curve",
    "FoldScores",
    "Proportion",
    "Reliability",
    "SliceQuality",
    "Threshold",
    "by_slice",
    "fold_scores",
    "per_class",
    "precision_recall",
    "proportion",
    "reliability",
    "roc",
    "thresholds",
]
