"""What a consensus is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.registry import Registry

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
DIGITS = 9
"""Sums of floats depend on their order in the last digits: probabilities are compared after rounding."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What the office holds to be true, and how much each person's word is worth.

    `messages`: message_id (rising), klass (None where nothing is more likely than all else), confidence (0 to 1).
    `people`: person_id (rising), quality (0 to 1, the higher the better), verdicts.
    `by`: the name of the way that was taken; another's where the one that was asked could not be.
    """

    messages: pd.DataFrame
    people: pd.DataFrame
    by: str


class Weighed(NamedTuple):
    """The (messages, k) posterior, each person's quality, and the name of the way that was taken."""

    posterior: Floats
    quality: Floats
    by: str


@dataclass(frozen=True, slots=True)
class Votes:
    """Verdicts as numbers: the i-th is by `who[i]` of `people`, on `what[i]` of `messages`, for `said[i]` of k classes.

    `classes` stand in the order of their names, so that no result depends on another order.
    """

    messages: Codes
    people: Codes
    classes: tuple[str, ...]
    what: Codes
    who: Codes
    said: Codes

    @classmethod
    def of(cls, verdicts: pd.DataFrame, classes: Sequence[str]) -> Votes:
        """Columns message_id, person_id, klass; their order does not matter.

        Raises:
            ValueError: a verdict names a class that is not among `classes`.
        """
        names = tuple(sorted(set(classes)))
        unknown = set(verdicts["klass"]) - set(names)
        if unknown:
            raise ValueError(f"verdicts name {', '.join(map(repr, sorted(unknown)))}, which is no class here")
        rows = verdicts.sort_values(["message_id", "person_id", "klass"], kind="stable")
        messages, what = np.unique(rows["message_id"].to_numpy(np.int64), return_inverse=True)
        people, who = np.unique(rows["person_id"].to_numpy(np.int64), return_inverse=True)
        place = {name: code for code, name in enumerate(names)}
        said = np.array([place[klass] for klass in rows["klass"]], dtype=np.int64)
        return cls(messages, people, names, what.astype(np.int64), who.astype(np.int64), said)

    def counts(self) -> Floats:
        """(messages, k): how many named each class."""
        counted = np.zeros((len(self.messages), len(self.classes)))
        np.add.at(counted, (self.what, self.said), 1.0)
        return counted

    def aligned(self, probabilities: pd.DataFrame | None) -> Floats | None:
        """(messages, k) of what a model says; all classes alike where it said nothing of a message."""
        if probabilities is None or not len(self.messages):
            return None
        columns = probabilities.reindex(columns=list(self.classes), fill_value=0.0)
        known = np.asarray(columns.reindex(self.messages).to_numpy(float), dtype=float).copy()
        silent = np.isnan(known).any(axis=1)
        if silent.all():
            return None
        known[silent] = 1.0 / len(self.classes)
        return known

    def fitted(self, weighed: Weighed) -> Fitted:
        """The most likely class of each message; none where two are as likely."""
        rounded = np.round(weighed.posterior, DIGITS)
        best = rounded.argmax(axis=1) if len(rounded) else np.zeros(0, dtype=np.int64)
        most = rounded.max(axis=1, initial=0.0)
        tied = (rounded == most[:, None]).sum(axis=1) > 1
        names: list[Any] = [
            None if tie else self.classes[code] for code, tie in zip(best.tolist(), tied.tolist(), strict=True)
        ]
        messages = pd.DataFrame(
            {"message_id": self.messages, "klass": pd.Series(names, dtype=object), "confidence": most}
        )
        given = np.bincount(self.who, minlength=len(self.people))
        quality = np.clip(np.round(weighed.quality, DIGITS), 0.0, 1.0)
        people = pd.DataFrame({"person_id": self.people, "quality": quality, "verdicts": given})
        return Fitted(messages, people, weighed.by)


class Method(ABC):
    """From verdicts to truth. Pure.

    `uses_model`: what a model says is weighed in; without it the method does with people's words alone.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    uses_model: ClassVar[bool] = False

    def __init__(self, classes: Sequence[str]) -> None:
        self.classes = tuple(classes)

    def fit(self, verdicts: pd.DataFrame, probabilities: pd.DataFrame | None = None) -> Fitted:
        """What the messages are.

        Args:
            verdicts: columns message_id, person_id, klass; a row a verdict that stands.
            probabilities: a model's, a row a message (index message_id), a column a class.
        """
        votes = Votes.of(verdicts, self.classes)
        if not len(votes.messages):
            return votes.fitted(Weighed(np.zeros((0, len(votes.classes))), np.zeros(0), self.name))
        return votes.fitted(self.weigh(votes, votes.aligned(probabilities)))

    @abstractmethod
    def weigh(self, votes: Votes, model: Floats | None) -> Weighed:
        """What the verdicts, and what a model says (messages, k) of their messages, come to."""


CONSENSUS: Registry[Method] = Registry("consensus", Method, "labeling.consensus")  # type: ignore[type-abstract]
