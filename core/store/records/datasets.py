"""Datasets by name."""

from __future__ import annotations

from sqlalchemy import Connection, select

from core.store.models import Dataset, DatasetId
from core.store.rollups import upsert


def dataset_id(connection: Connection, name: str) -> DatasetId:
    """The id of the dataset, made at first sight."""
    found = connection.execute(select(Dataset.id).where(Dataset.name == name)).scalar_one_or_none()
    if found is None:
        statement = upsert(connection, Dataset.__table__).values(name=name)  # type: ignore[arg-type]
        connection.execute(statement.on_conflict_do_nothing())
        found = connection.execute(select(Dataset.id).where(Dataset.name == name)).scalar_one()
    return DatasetId(found)
