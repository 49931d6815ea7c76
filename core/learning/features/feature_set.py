"""What a feature set is: a vectoriser by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from sklearn.feature_extraction.text import TfidfVectorizer

from core.registry import Registry


class FeatureSet(ABC):
    """Turns n texts into a sparse matrix (n, features)."""

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""

    @abstractmethod
    def build(self) -> TfidfVectorizer:
        """A vectoriser that is not fitted yet."""


FEATURES: Registry[FeatureSet] = Registry("feature set", FeatureSet, "core.learning.features")  # type: ignore[type-abstract]
