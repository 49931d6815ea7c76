"""Words and pairs of words."""

from typing import ClassVar

from sklearn.feature_extraction.text import TfidfVectorizer

from core.learning.features.feature_set import FeatureSet


class Word(FeatureSet):
    """TF-IDF of words and pairs of neighbours."""

    name: ClassVar[str] = "word"
    title: ClassVar[str] = "TF-IDF of words and pairs of neighbouring words"

    def build(self) -> TfidfVectorizer:
        """Words are what stands between spaces: scikit-learn's own pattern splits Hindi and Thai at vowel signs."""
        return TfidfVectorizer(analyzer="word", token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True)
