"""Keeping the newest look at the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from core.store.feed import emit
from core.store.models import DatasetId, RuleLook, now_ms
from core.store.rollups import upsert


def keep_look(
    connection: Connection, dataset: DatasetId, made_from: str, report: Mapping[str, Any], hits: bytes
) -> None:
    """Keep a look in the place of the one before, and tell the pages."""
    statement = upsert(connection, RuleLook.__table__).values(  # type: ignore[arg-type]
        dataset_id=dataset, made_from=made_from, report=dict(report), hits=hits
    )
    new = statement.excluded
    values = {"made_from": new.made_from, "report": new.report, "hits": new.hits, "looked_at": now_ms()}
    connection.execute(statement.on_conflict_do_update(index_elements=["dataset_id"], set_=values))
    emit(connection, "rules", rules=len(report["rules"]))
