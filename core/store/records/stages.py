"""Finished stages of the pipeline: the marks that make a second run do nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from core.store.feed import emit
from core.store.models import Stage, now_ms
from core.store.rollups import upsert


def mark_done(connection: Connection, name: str, fingerprint: str, result: Mapping[str, Any], seconds: float) -> None:
    """Say that a stage is done, in the transaction that holds (the last of) its data."""
    statement = upsert(connection, Stage.__table__).values(  # type: ignore[arg-type]
        fingerprint=fingerprint, name=name, result=dict(result), seconds=seconds
    )
    connection.execute(statement.on_conflict_do_nothing())
    emit(connection, "stage", name=name, fingerprint=fingerprint, seconds=round(seconds, 3))


def mark_anew(connection: Connection, name: str, fingerprint: str, result: Mapping[str, Any], seconds: float) -> None:
    """Say that a stage is done whose data may be lost and made again: what is kept is what was made last."""
    set_progress(connection, name, fingerprint, result, seconds)
    emit(connection, "stage", name=name, fingerprint=fingerprint, seconds=round(seconds, 3))


def done(connection: Connection, fingerprint: str) -> dict[str, Any] | None:
    """The result of a finished stage, or None where it is not finished."""
    return connection.execute(select(Stage.result).where(Stage.fingerprint == fingerprint)).scalar_one_or_none()


def set_progress(
    connection: Connection, name: str, fingerprint: str, progress: Mapping[str, Any], seconds: float = 0.0
) -> None:
    """Move the mark of a stage that is never done for good (it follows the messages as they come)."""
    statement = upsert(connection, Stage.__table__).values(  # type: ignore[arg-type]
        fingerprint=fingerprint, name=name, result=dict(progress), seconds=seconds
    )
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["fingerprint"], set_={"result": new.result, "seconds": new.seconds, "finished_at": now_ms()}
        )
    )


def keep_first(connection: Connection, name: str, fingerprint: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a process found, unless another one was first; gives what is kept."""
    statement = upsert(connection, Stage.__table__).values(  # type: ignore[arg-type]
        fingerprint=fingerprint, name=name, result=dict(result), seconds=0.0
    )
    connection.execute(statement.on_conflict_do_nothing())
    kept = done(connection, fingerprint)
    assert kept is not None
    return kept


def newest_of(connection: Connection, name: str) -> list[dict[str, Any]]:
    """What the stages of that name have kept, the newest first."""
    query = select(Stage.result).where(Stage.name == name).order_by(Stage.finished_at.desc())
    return list(connection.execute(query).scalars())


def all_done(connection: Connection, name: str) -> set[str]:
    """The fingerprints of all finished stages of that name."""
    return set(connection.execute(select(Stage.fingerprint).where(Stage.name == name)).scalars())
