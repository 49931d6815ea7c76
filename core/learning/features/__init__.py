"""Feature sets, one a file."""

from core.learning.features.feature_set import FEATURES, FeatureSet

__all__ = ["FEATURES", "FeatureSet"]
