"""What each person's words have meant so far: said against held true, of the newest verdicts.

Kept a minute a process: an estimate that is a minute old is as good, and the desk's hot path must not count thousands
of verdicts. Nothing is stored, so nothing can go stale in the store.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Connection, Engine, case, select

from core.store.models import Origin, Truth
from labeling.adaptive import Array, smoothed
from labeling.models import Gold, Task, Verdict, VerdictKind
from labeling.tasks import current

LOOK_BACK = 5_000
KEPT_SECONDS = 60.0

_held = case((Task.gold, Gold.klass), else_=Truth.klass)
SAID_AGAINST_HELD = (
    select(Verdict.person_id, Verdict.klass, _held)
    .join(Task, Task.id == Verdict.task_id)
    .outerjoin(Truth, (Truth.message_id == Verdict.message_id) & (Truth.origin == Origin.VERDICT))
    .outerjoin(Gold, Gold.message_id == Verdict.message_id)
    .where(Verdict.kind == VerdictKind.LABEL, current())
    .order_by(Verdict.id.desc())
    .limit(LOOK_BACK)
)


@dataclass(frozen=True, slots=True)
class Skills:
    """Counts by (held true, said), of each person and of all, over the classes that were used."""

    classes: tuple[str, ...]
    office: Array
    people: Mapping[int, Array]

    def of(self, person: int, classes: tuple[str, ...]) -> Array:
        """A person's confusion over these classes, smoothed by the office's."""
        counts = self.people.get(person)
        return smoothed(self._over(counts, classes), self._over(self.office, classes))

    def _over(self, counts: Array | None, classes: tuple[str, ...]) -> Array:
        wide = np.zeros((len(classes), len(classes)))
        if counts is not None:
            here = [index for index, klass in enumerate(self.classes) if klass in classes]
            there = [classes.index(self.classes[index]) for index in here]
            wide[np.ix_(there, there)] = counts[np.ix_(here, here)]
        return wide


_kept: WeakKeyDictionary[Engine, tuple[float, Skills]] = WeakKeyDictionary()
_lock = threading.Lock()


def skills(connection: Connection) -> Skills:
    """The office's skills as of a minute ago at most."""
    with _lock:
        made, found = _kept.get(connection.engine, (0.0, None))
    if found is None or time.monotonic() - made > KEPT_SECONDS:
        found = count(connection)
        with _lock:
            _kept[connection.engine] = (time.monotonic(), found)
    return found


def count(connection: Connection) -> Skills:
    """Count the newest verdicts against what is held true of their messages."""
    rows = [row for row in connection.execute(SAID_AGAINST_HELD) if row[2] is not None]
    classes = tuple(sorted({row[1] for row in rows} | {row[2] for row in rows}))
    place = {klass: index for index, klass in enumerate(classes)}
    people: dict[int, Array] = {}
    for person, said, held in rows:
        counts = people.setdefault(person, np.zeros((len(classes), len(classes))))
        counts[place[held], place[said]] += 1
    office = sum(people.values(), np.zeros((len(classes), len(classes))))
    return Skills(classes, office, people)
