"""Words and runs of words."""

from typing import ClassVar

from sklearn.feature_extraction.text import TfidfVectorizer

from core.learning.features.feature_set import CASE, FeatureSet
from core.learning.parameters import Choice, Parameter, Whole

PATTERNS = {"glued": r"\S+", "apart": r"[!-/:-@\[-`{-~]|[^\s!-/:-@\[-`{-~]+"}
"""What a word is. scikit-learn's own pattern splits Hindi and Thai at vowel signs; neither of these does."""


class Word(FeatureSet):
    """TF-IDF of words and of neighbours."""

    name: ClassVar[str] = "word"
    title: ClassVar[str] = (
        "TF-IDF of runs of 1 to `longest` words: what stands between spaces, with its signs (`glued`) or each sign "
        "as a word of its own (`apart`)"
    )
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Whole("longest", 2, 1, 3),
        Choice("signs", "glued", tuple(PATTERNS)),
        CASE,
    )

    def build(self) -> TfidfVectorizer:
        """Fast, and what it learns can be read."""
        return TfidfVectorizer(
            analyzer="word",
            token_pattern=PATTERNS[self.values["signs"]],
            ngram_range=(1, self.values["longest"]),
            lowercase=self.values["case"] == "ignored",
            sublinear_tf=True,
        )
