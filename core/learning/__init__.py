"""Learning: features, estimators, folds, scores, models. Pure: arrays in, arrays out."""

from core.intervals import mean_interval
from core.learning.benchmark import benchmark, trials
from core.learning.cache import ArrayCache
from core.learning.calibration import confidence, fit_temperature, from_bytes, to_bytes
from core.learning.candidate import Candidate
from core.learning.ensemble import AnyCandidate, Ensemble, candidate_of
from core.learning.estimators import ESTIMATORS
from core.learning.features import FEATURES
from core.learning.groups import near_copies
from core.learning.metrics import Score, scores
from core.learning.model import Model, Predictions, Span, fit
from core.learning.racing import Race, hopeless
from core.learning.splits import Split, by_time, grouped_stratified, repeated_stratified, require_apart
from core.learning.trial import FailedFold, FoldResult, Outcome, Stopped

__all__ = [
    "ESTIMATORS",
    "FEATURES",
    "AnyCandidate",
    "ArrayCache",
    "Candidate",
    "Ensemble",
    "FailedFold",
    "FoldResult",
    "Model",
    "Outcome",
    "Predictions",
    "Race",
    "Score",
    "Span",
    "Split",
    "Stopped",
    "benchmark",
    "by_time",
    "candidate_of",
    "confidence",
    "fit",
    "fit_temperature",
    "from_bytes",
    "grouped_stratified",
    "hopeless",
    "mean_interval",
    "near_copies",
    "repeated_stratified",
    "require_apart",
    "scores",
    "to_bytes",
    "trials",
]
