"""Characters within words."""

from typing import ClassVar

from sklearn.feature_extraction.text import TfidfVectorizer

from core.learning.features.feature_set import CASE, FeatureSet
from core.learning.parameters import Parameter, Whole


class Char(FeatureSet):
    """TF-IDF of a few characters in a row, within words."""

    name: ClassVar[str] = "char"
    title: ClassVar[str] = "TF-IDF of `shortest` to `longest` characters in a row, within words"
    parameters: ClassVar[tuple[Parameter, ...]] = (Whole("shortest", 3, 1, 4), Whole("longest", 5, 4, 7), CASE)

    def build(self) -> TfidfVectorizer:
        """Sees through typing errors and spellings, at six times the cost of words."""
        return TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(self.values["shortest"], self.values["longest"]),
            lowercase=self.values["case"] == "ignored",
            sublinear_tf=True,
        )
