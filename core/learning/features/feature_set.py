"""What a feature set is: one vectoriser or several beside each other, by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeAlias

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from core.learning.parameters import Choice, Tunable
from core.registry import Registry

Vectoriser: TypeAlias = TfidfVectorizer | FeatureUnion
"""scikit-learn's; a union's parts are TF-IDF vectorisers, its columns theirs one after the other."""

CASE = Choice("case", "ignored", ("ignored", "kept"))
"""Whether FREE and free are one term."""


class FeatureSet(Tunable, ABC):
    """Turns n texts into a sparse matrix (n, features)."""

    @abstractmethod
    def build(self) -> Vectoriser:
        """A vectoriser that is not fitted yet."""


def parts(vectoriser: Vectoriser) -> list[TfidfVectorizer]:
    """The TF-IDF vectorisers that it is made of, in the order of their columns."""
    return [each for _, each in vectoriser.transformer_list] if isinstance(vectoriser, FeatureUnion) else [vectoriser]


FEATURES: Registry[FeatureSet] = Registry("feature set", FeatureSet, "core.learning.features")  # type: ignore[type-abstract]
