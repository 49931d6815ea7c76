"""The labelled messages up to a label id: the same id gives the same messages and classes, whatever came after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select

from core.errors import UnknownNameError, did_you_mean
from core.store.locks import own_labels_lock
from core.store.models import PRECEDENCE, DatasetId, Label, LabelSet, Message, Origin, Run, RunState
from core.store.store import Store

PAGE = 5_000


def labelled(store: Store, dataset: DatasetId, cutoff: int, origins: Sequence[Origin]) -> Iterator[pd.DataFrame]:
    """Pages of message_id, text, klass, origin, origin_ref in order of message_id, from labels with ids up to `cutoff`.

    Each page is a short transaction of its own: a snapshot held open for long makes every claim at the desk slow.
    """
    after = 0
    while True:
        with store.read() as connection:
            ids = (
                connection.execute(
                    select(Label.message_id)
                    .where(Label.message_id > after, Label.id <= cutoff, Label.origin.in_(origins))
                    .group_by(Label.message_id)
                    .order_by(Label.message_id)
                    .limit(PAGE)
                )
                .scalars()
                .all()
            )
            if not ids:
                return
            after = ids[-1]
            rows = connection.execute(
                select(Label.message_id, Label.origin, Label.origin_ref, Label.klass, Label.id, Message.text)
                .join(Message, Message.id == Label.message_id)
                .where(
                    Label.message_id.between(ids[0], after),
                    Label.id <= cutoff,
                    Label.origin.in_(origins),
                    Message.dataset_id == dataset,
                )
            ).all()
        yield _decided(pd.DataFrame(rows, columns=["message_id", "origin", "origin_ref", "klass", "label_id", "text"]))


def _decided(labels: pd.DataFrame) -> pd.DataFrame:
    """Of each message the newest label of each origin, then the origin that takes precedence."""
    newest = labels.sort_values("label_id").drop_duplicates(["message_id", "origin"], keep="last")
    given = newest[newest["klass"].notna()]
    ranked = given.assign(rank=given["origin"].map(lambda origin: PRECEDENCE[Origin(origin)])).sort_values(
        ["message_id", "rank"], kind="stable"
    )
    return ranked.drop_duplicates("message_id")[["message_id", "text", "klass", "origin", "origin_ref"]].reset_index(
        drop=True
    )


@dataclass(frozen=True, slots=True)
class FrozenLabels:
    """What a training run needs to know of a frozen set."""

    fingerprint: str
    label_cutoff: int
    origins: tuple[Origin, ...]


def frozen_labels(store: Store, dataset: DatasetId, name: str) -> FrozenLabels:
    """A frozen set by its name.

    Raises:
        UnknownNameError: there is none.
    """
    with store.read() as connection:
        sets = connection.execute(
            select(LabelSet.name, LabelSet.fingerprint, LabelSet.label_cutoff, LabelSet.filter).where(
                LabelSet.dataset_id == dataset
            )
        ).all()
    for row in sets:
        if row.name == name:
            return FrozenLabels(row.fingerprint, row.label_cutoff, tuple(map(Origin, row.filter["origins"])))
    raise UnknownNameError(
        f"no set of labels is called '{name}'",
        where="[pipeline] label_set",
        fix=did_you_mean(name, [row.name for row in sets]) or "'tallyroom labels freeze NAME' makes one.",
    )


def sent_times(store: Store, message_ids: np.ndarray) -> np.ndarray:
    """When n messages were sent, in milliseconds; where nobody knows, when they arrived."""
    times: list[int] = []
    for start in range(0, len(message_ids), PAGE):
        page = message_ids[start : start + PAGE]
        with store.read() as connection:
            query = select(Message.id, func.coalesce(Message.sent_at, Message.arrived_at))
            rows = connection.execute(query.where(Message.id.in_(page.tolist()))).all()
        of = {row[0]: row[1] for row in rows}
        times += [of[each] for each in page.tolist()]
    return np.array(times, dtype=np.int64)


def newest_label(store: Store) -> int:
    """The id of the newest label, with every lower one committed."""

    def read(connection: Connection) -> int:
        own_labels_lock(connection)
        return connection.execute(select(Label.id).order_by(Label.id.desc()).limit(1)).scalar() or 0

    return store.write(read)


def last_cutoff(store: Store, dataset: DatasetId) -> int:
    """The label cut-off of the newest finished benchmark; 0 before the first."""
    with store.read() as connection:
        query = select(Run.label_cutoff).where(Run.dataset_id == dataset, Run.state == RunState.DONE)
        return connection.execute(query.order_by(Run.id.desc()).limit(1)).scalar() or 0


def last_train_size(store: Store, dataset: DatasetId) -> int:
    """How many labelled messages the newest finished benchmark had; 0 before the first."""
    with store.read() as connection:
        query = select(Run.train_size).where(Run.dataset_id == dataset, Run.state == RunState.DONE)
        return connection.execute(query.order_by(Run.id.desc()).limit(1)).scalar() or 0


def labels_since(store: Store, cutoff: int, origins: Sequence[Origin], enough: int) -> int:
    """How many labels came after `cutoff`, counted up to `enough`."""
    with store.read() as connection:
        query = select(Label.id).where(Label.id > cutoff, Label.origin.in_(origins)).limit(enough)
        return len(connection.execute(query).all())
