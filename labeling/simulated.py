"""Simulated colleagues, for demos and trials: of known skill, at the real desk, and marked as what they are."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.errors import DeskError, TallyroomError
from core.store import Store
from labeling.desk import Desk
from labeling.models import Role, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.verdicts import Given

Truth = Callable[[int], str | None]
"""The class that a message really has, by its id; None where nobody knows."""

IDLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Skill:
    """A simulated colleague: how often right, how fast, and how often the prediction shown is simply believed."""

    name: str
    accuracy: float
    seconds: float
    believes: float


OFFICE = (
    Skill("Ada (simulated)", accuracy=0.98, seconds=2.6, believes=0.02),
    Skill("Bela (simulated)", accuracy=0.95, seconds=2.0, believes=0.10),
    Skill("Chidi (simulated)", accuracy=0.90, seconds=3.2, believes=0.25),
)


class Colleague:
    """One simulated colleague at the desk, until told to stop.

    Raises:
        DeskError: somebody real has that name.
    """

    def __init__(self, store: Store, classes: Sequence[str], skill: Skill, truth: Truth, seed: int) -> None:
        self._desk = Desk(store, classes)
        self._classes = tuple(classes)
        self._skill = skill
        self._truth = truth
        self._random = random.Random(f"{seed}:{skill.name}")  # noqa: S311 - a simulation
        self.person: Reviewer = add_person(store, skill.name, Role.REVIEWER, simulated=True)
        if not self.person.simulated:
            raise DeskError(f"{skill.name} is a real person here", fix="Give the simulated colleague another name.")

    def work(self, stop: threading.Event) -> int:
        """Judge until `stop` is set; gives the number of verdicts. Trouble is waited out."""
        verdicts = 0
        while not stop.is_set():
            try:
                verdicts += self._judge_one(stop)
            except TallyroomError:
                stop.wait(IDLE_SECONDS)
        return verdicts

    def _judge_one(self, stop: threading.Event) -> int:
        held = self._desk.claim(self.person.id, 1).result()
        if not held:
            stop.wait(IDLE_SECONDS)
            return 0
        message = held[0]
        seconds = self._skill.seconds * self._random.lognormvariate(0, 0.4)
        if stop.wait(seconds):
            return 0
        opinion = self.opinion(self._truth(message.message_id), message.predicted)
        given = Given(
            uuid=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
            lease_id=message.lease_id,
            kind=VerdictKind.LABEL if opinion else VerdictKind.SKIP,
            klass=opinion,
            seconds=round(seconds, 2),
        )
        self._desk.judge(self.person.id, given).result()
        return 1

    def opinion(self, truth: str | None, shown: str | None) -> str | None:
        """What the colleague holds the message to be."""
        if shown is not None and self._random.random() < self._skill.believes:
            return shown
        if truth is None or self._random.random() < self._skill.accuracy:
            return truth
        return self._random.choice([klass for klass in self._classes if klass != truth])
