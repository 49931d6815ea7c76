"""Label sets: the labels of a moment under a name, to train on, to compare, to hand out, and always the same."""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, insert, select

from core.errors import DeskError, did_you_mean
from core.store import Store, emit
from core.store.models import DatasetId, LabelSet, Origin
from labeling.exchange.labels import GIVEN, AsOf, labels, newest_ids, numbered
from labeling.exchange.row import LabelRow
from labeling.models import Withdrawal

NAME = re.compile(r"[\w][\w .:+-]{0,79}")


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """A set of labels that does not change; `counts` has the messages of each class, times are ms."""

    id: int
    name: str
    fingerprint: str
    as_of: AsOf
    origins: tuple[Origin, ...]
    counts: Mapping[str, int]
    made_by: str
    created_at: int

    @property
    def size(self) -> int:
        """Messages in it."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Change:
    """A message whose label differs between two sets; None where a set does not have it."""

    message_id: int
    source: str
    key: str
    before: str | None
    after: str | None


def freeze(store: Store, dataset: DatasetId, name: str, *, origins: Sequence[Origin] = GIVEN, by: str) -> FrozenSet:
    """Keep the labels of now under a name. Nothing is copied: facts never change, and the cut-offs say which count.

    Args:
        store: the room's store.
        dataset: whose messages.
        name: 1 to 80 letters, digits, spaces and `. : + - _`.
        origins: whose labels are in it.
        by: who makes it.

    Raises:
        DeskError: the name is taken or cannot be one, a withdrawal is under way, or there is no label.
    """
    if not NAME.fullmatch(name):
        raise DeskError("a set's name has 1 to 80 letters, digits, spaces and . : + - _", where=name[:80])
    _require_free(store, dataset, name)
    as_of = newest_ids(store)
    counts: Counter[str] = Counter()
    seal = _Seal()
    for row in labels(store, dataset, origins, as_of=as_of):
        counts[row.label] += 1
        seal.add(row)
    if not counts:
        raise DeskError("there is no label to freeze", fix="Judge or import some first.")
    frozen = {
        "dataset_id": dataset,
        "name": name,
        "fingerprint": seal.fingerprint,
        "label_cutoff": as_of.label,
        "verdict_cutoff": as_of.verdict,
        "withdrawal_cutoff": as_of.withdrawal,
        "filter": {"origins": sorted(origins)},
        "counts": dict(sorted(counts.items())),
        "made_by": by,
    }

    def write(connection: Connection) -> None:
        connection.execute(insert(LabelSet), frozen)
        emit(connection, "label_set", name=name, fingerprint=seal.fingerprint, n=counts.total())

    store.write(write)
    return find(store, dataset, name)


def _require_free(store: Store, dataset: DatasetId, name: str) -> None:
    with store.read() as connection:
        taken = select(LabelSet.id).where(LabelSet.dataset_id == dataset, LabelSet.name == name)
        if connection.execute(taken).first() is not None:
            raise DeskError(f"there is a set '{name}' already, and a set never changes", fix="Take another name.")
        under_way = select(Withdrawal.id).where(Withdrawal.derived_at.is_(None))
        if connection.execute(under_way).first() is not None:
            raise DeskError(
                "a withdrawal is under way",
                fix="Wait for it; where it broke off, 'tallyroom labels withdrawals' ends it.",
            )


def label_sets(store: Store, dataset: DatasetId) -> list[FrozenSet]:
    """All sets, the newest first."""
    with store.read() as connection:
        rows = connection.execute(
            select(LabelSet.__table__).where(LabelSet.dataset_id == dataset).order_by(LabelSet.id.desc())
        ).all()
    return [_frozen(row) for row in rows]


def _frozen(row: Any) -> FrozenSet:
    as_of = AsOf(row.label_cutoff, row.verdict_cutoff, row.withdrawal_cutoff)
    origins = tuple(map(Origin, row.filter["origins"]))
    return FrozenSet(row.id, row.name, row.fingerprint, as_of, origins, row.counts, row.made_by, row.created_at)


def find(store: Store, dataset: DatasetId, name: str) -> FrozenSet:
    """The set of that name.

    Raises:
        DeskError: there is none; names the nearest.
    """
    sets = label_sets(store, dataset)
    for each in sets:
        if each.name == name:
            return each
    fix = did_you_mean(name, [each.name for each in sets]) or "'tallyroom labels freeze NAME' makes one."
    raise DeskError(f"no set of labels is called '{name[:80]}'", fix=fix)


def rows_of(store: Store, dataset: DatasetId, frozen: FrozenSet, *, people: bool = False) -> Iterator[LabelRow]:
    """The labels of a set: the same rows whenever they are read.

    Raises:
        DeskError: at the end, where a message's text has changed since: the rows are then not the set's.
    """
    seal = _Seal()
    for row in labels(store, dataset, frozen.origins, as_of=frozen.as_of, people=people):
        seal.add(row)
        yield row
    if seal.fingerprint != frozen.fingerprint:
        raise DeskError(
            f"the messages of the set '{frozen.name}' are no longer as they were frozen: a source has changed them",
            fix="Freeze a new set.",
        )


def diff(store: Store, dataset: DatasetId, before: FrozenSet, after: FrozenSet) -> Iterator[Change]:
    """Where two sets differ, in order of the messages."""
    both = heapq.merge(
        ((message_id, 0, row) for message_id, row in numbered(store, dataset, before.origins, as_of=before.as_of)),
        ((message_id, 1, row) for message_id, row in numbered(store, dataset, after.origins, as_of=after.as_of)),
        key=lambda each: each[:2],
    )
    for message_id, group in groupby(both, key=lambda each: each[0]):
        found = {side: row for _, side, row in group}
        first, second = found.get(0), found.get(1)
        either = first or second
        assert either is not None, "groupby gives no empty group"
        one, other = (first.label if first else None), (second.label if second else None)
        if one != other:
            yield Change(message_id, either.source, either.key, one, other)


class _Seal:
    """A fingerprint of rows as they pass: their source, key, label and body, in order."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, row: LabelRow) -> None:
        said = json.dumps((row.source, row.key, row.label, row.body), ensure_ascii=False)
        self._hash.update(said.encode("utf-8", "surrogatepass") + b"\n")

    @property
    def fingerprint(self) -> str:
        return self._hash.hexdigest()[:16]
