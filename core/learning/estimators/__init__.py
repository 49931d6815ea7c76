"""Estimators, one a file."""

from core.learning.estimators.estimator import ESTIMATORS, Estimator

__all__ = ["ESTIMATORS", "Estimator"]
