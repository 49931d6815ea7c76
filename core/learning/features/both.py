"""Words and characters beside each other."""

from typing import ClassVar

from sklearn.pipeline import FeatureUnion

from core.learning.features.char import Char
from core.learning.features.feature_set import CASE, FeatureSet
from core.learning.features.word import PATTERNS, Word
from core.learning.parameters import Choice, Parameter, Real, Whole


class Both(FeatureSet):
    """The columns of words and those of characters; `words` says how much the words weigh beside the characters."""

    name: ClassVar[str] = "both"
    title: ClassVar[str] = "TF-IDF of words and TF-IDF of characters, beside each other"
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Whole("longest", 5, 4, 7),
        Choice("signs", "apart", tuple(PATTERNS)),
        CASE,
        Real("words", 1.0, 0.25, 4.0, log=True),
    )

    def build(self) -> FeatureUnion:
        """Words see what is said, characters see through how it is spelled."""
        case = self.values["case"]
        words = Word(signs=self.values["signs"], case=case).build()
        characters = Char(longest=self.values["longest"], case=case).build()
        weights = {"words": self.values["words"], "characters": 1.0}
        return FeatureUnion([("words", words), ("characters", characters)], transformer_weights=weights)
