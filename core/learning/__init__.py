"""Learning: features, estimators, folds, scores, models. Pure: arrays in, arrays out."""

from core.intervals import mean_interval
from core.learning.benchmark import FoldResult, benchmark
from core.learning.calibration import confidence, fit_temperature, from_bytes, to_bytes
from core.learning.candidate import Candidate
from core.learning.estimators import ESTIMATORS
from core.learning.features import FEATURES
from core.learning.groups import near_copies
from core.learning.metrics import Score, scores
from core.learning.model import Model, Predictions, Span, fit
from core.learning.splits import Split, by_time, grouped_stratified, repeated_stratified, require_apart

__all__ = [
    "ESTIMATORS",
    "FEATURES",
    "Candidate",
    "FoldResult",
    "Model",
    "Predictions",
    "Score",
    "Span",
    "Split",
    "benchmark",
    "by_time",
    "confidence",
    "fit",
    "fit_temperature",
    "from_bytes",
    "grouped_stratified",
    "mean_interval",
    "near_copies",
    "repeated_stratified",
    "require_apart",
    "scores",
    "to_bytes",
]
