"""Characters within words."""

from typing import ClassVar

from sklearn.feature_extraction.text import TfidfVectorizer

from core.learning.features.feature_set import FeatureSet


class Char(FeatureSet):
    """TF-IDF of three to five characters in a row, within words."""

    name: ClassVar[str] = "char"
    title: ClassVar[str] = "TF-IDF of 3 to 5 characters in a row, within words"

    def build(self) -> TfidfVectorizer:
        """Sees through typing errors and spellings, at six times the cost of words."""
        return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
