"""What an exporter is: it writes a fitted model as a file for elsewhere, and reads its own file as elsewhere would."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from core.cleaning import Step, clean
from core.errors import PipelineError
from core.registry import Registry

if TYPE_CHECKING:  # scikit-learn comes with it, and takes seconds
    import numpy as np

    from core.learning import Model

Scores = Callable[[str], Sequence[float]]
"""The probability of each class for a text as it came in, not cleaned."""


@dataclass(frozen=True)
class Leaving:
    """A model about to leave: with the steps that clean what it reads, and what is to be known of it, as JSON."""

    model: Model
    steps: Sequence[Step]
    about: Mapping[str, Any]

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """(n, k): what the room itself says of n texts as they came in."""
        return self.model.predict(clean(texts, self.steps)).probabilities

    @cached_property
    def sharpness(self) -> float:
        """By how much, at most, a difference in a sum of weights grows on its way to a probability; 1 or more.

        A temperature divides it, and so does a cascade's stage: the rounding of weights shows where they are tiny.
        """
        from core.learning.heads import CascadeHead  # here: scipy comes with it

        head = self.model.head
        stage = float(min(head.temperatures)) if isinstance(head, CascadeHead) else 1.0
        return max(1.0, 1.0 / (self.model.temperature * stage))

    @cached_property
    def title(self) -> str:
        """How a sentence calls it."""
        return str(self.about.get("title") or self.model.candidate)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a file agreed with the room: on how many texts, and the largest difference of a probability."""

    texts: int
    furthest: float


class Exporter(ABC):
    """Writes one kind of file. `suffix` ends its name.

    `tolerance` is how far its probabilities may be off, times the model's `sharpness`.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    suffix: ClassVar[str] = ".json"
    media_type: ClassVar[str] = "application/json"
    version: ClassVar[int] = 1
    linear_only: ClassVar[bool] = True
    tolerance: ClassVar[float] = 1e-6

    @abstractmethod
    def write(self, leaving: Leaving) -> bytes:
        """The file.

        Raises:
            PipelineError: this model, or a step before it, cannot go along.
        """

    @abstractmethod
    def scorer(self, content: bytes) -> Scores:
        """What scores texts by the file alone."""

    def examples(self, content: bytes) -> Sequence[str]:  # noqa: ARG002 - most have none
        """Texts that the file itself promises something about."""
        return ()

    def check(self, content: bytes, leaving: Leaving, texts: Sequence[str]) -> Agreement:
        """Score the file's own examples and `texts` with the file alone, and hold them against the room.

        A class is the same where it is the likeliest in both, or where the room itself is torn between the two.

        Raises:
            PipelineError: they differ; the sentence names no text.
        """
        texts = [*self.examples(content), *texts]
        scores, furthest, allowed = self.scorer(content), 0.0, self.tolerance * leaving.sharpness
        for number, (text, expected) in enumerate(zip(texts, leaving.probabilities(texts), strict=True), start=1):
            said = scores(text)
            off = max(abs(float(one) - float(other)) for one, other in zip(said, expected, strict=True))
            chosen = max(range(len(said)), key=lambda code: said[code])
            if not (off <= allowed and expected.max() - expected[chosen] <= allowed):
                raise PipelineError(
                    f"the {self.name} file of {leaving.title} does not agree with the room: text {number} of "
                    f"{len(texts)} is off by {off:.2g} where {allowed:.3g} is allowed",
                    fix="It is not offered. This is a fault of the exporter: please report it.",
                )
            furthest = max(furthest, off)
        return Agreement(len(texts), furthest)


EXPORTERS: Registry[Exporter] = Registry("exporter", Exporter, "core.export")  # type: ignore[type-abstract]
