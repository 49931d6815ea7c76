"""Walking over the messages of a dataset by their ids, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from core.store.models import DatasetId, Label, Message, Origin, Truth, WithdrawnRule
from core.store.rollups import message_hour
from core.store.store import Store

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["message_id", "text", "hour", "body", "sender"]


def newest_message(store: Store) -> int:
    """The highest message id; ids commit in their order, so none below it is still to come."""
    with store.read() as connection:
        return connection.execute(select(func.coalesce(func.max(Message.id), 0))).scalar_one()


def oldest_message(connection: Connection, dataset: DatasetId) -> int | None:
    """The lowest message id of a dataset."""
    query = select(Message.id).where(Message.dataset_id + 0 == dataset)  # plus nothing: see below
    return connection.execute(query.order_by(Message.id).limit(1)).scalar()


def above(store: Store, dataset: DatasetId, low: int, limit: int) -> pd.DataFrame:
    """The next messages with ids above `low`, rising, as `COLUMNS`."""
    return _page(store, dataset, Message.id > low, Message.id.asc(), limit)


def below(store: Store, dataset: DatasetId, high: int, limit: int) -> pd.DataFrame:
    """The next messages with ids below `high`, falling, as `COLUMNS`."""
    return _page(store, dataset, Message.id < high, Message.id.desc(), limit)


def _page(store: Store, dataset: DatasetId, where: object, order: object, limit: int) -> pd.DataFrame:
    import pandas as pd  # here: pandas takes a second to import

    columns = (Message.id, Message.text, message_hour, Message.body, Message.sender)
    # Plus nothing: by the index that begins with the dataset, SQLite would read and sort all messages for each page.
    query = select(*columns).where(Message.dataset_id + 0 == dataset, where)  # type: ignore[arg-type]
    with store.read() as connection:
        rows = connection.execute(query.order_by(order).limit(limit)).all()  # type: ignore[arg-type]
    return pd.DataFrame(rows, columns=COLUMNS)


def given_truth(store: Store, first: int, last: int) -> dict[int, str]:
    """What people or imported labels hold the messages with ids from `first` to `last` to be."""
    with store.read() as connection:
        query = select(Truth.message_id, Truth.klass).where(Truth.message_id.between(first, last))
        rows = connection.execute(query.where(Truth.origin != Origin.RULE))
        return {row.message_id: row.klass for row in rows}


@dataclass(frozen=True, slots=True)
class WithdrawnRules:
    """Rules that do not vote; `epoch` rises with each withdrawal of a rule, and with each that is taken back."""

    names: frozenset[str]
    epoch: int


def withdrawn_rules(connection: Connection) -> WithdrawnRules:
    """Which rules were withdrawn and not taken back."""
    rows = connection.execute(select(WithdrawnRule.name, WithdrawnRule.withdrawal_id, WithdrawnRule.back_id)).all()
    names = frozenset(row.name for row in rows if row.back_id is None)
    return WithdrawnRules(names, max((row.back_id or row.withdrawal_id for row in rows), default=0))


def rule_labels(connection: Connection, first: int, last: int) -> dict[int, tuple[str | None, str]]:
    """The newest label that a rule gave each message with an id from `first` to `last`: class and rule."""
    rows = connection.execute(
        select(Label.message_id, Label.klass, Label.origin_ref)
        .where(Label.message_id.between(first, last), Label.origin == Origin.RULE)
        .order_by(Label.id)
    )
    return {message_id: (klass, ref) for message_id, klass, ref in rows}


def message_hours(connection: Connection, first: int, last: int) -> dict[int, int]:
    """The hour that each message with an id from `first` to `last` counts in."""
    rows = connection.execute(select(Message.id, message_hour).where(Message.id.between(first, last)))
    return {message_id: int(hour) for message_id, hour in rows}
