"""Where Optuna keeps its own books: the point of every trial, who waits, who is alive.

On PostgreSQL they stand in the room's database, under a schema of their own (`optuna`): its tables have common names,
and its `alembic_version` would be taken for ours. SQLite has no schemas; there they are a file beside the room's, so
that the search, which writes a heartbeat every few seconds for each worker, never holds the lock that a verdict
waits for. What a reader needs (candidates, scores, why) is in our own tables, in both.
"""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, event, text

from core.store import Store
from core.store.records.trials import lose_trial

if TYPE_CHECKING:  # a third of a second to import
    import optuna

SCHEMA = "optuna"
HEARTBEAT_SECONDS = 5
GRACE_SECONDS = 20
"""A worker that was silent for so long is dead; what it tried is tried again."""
MOST_RETRIES = 2
"""A trial that kills its worker each time (memory) is not tried for ever."""
SQLITE_WAIT_SECONDS = 60
_LOCK = 7_316


def address(url: URL) -> tuple[URL, dict[str, Any]]:
    """The address of Optuna's tables for a store's address, and how to connect there."""
    if url.get_backend_name() == "sqlite":
        room = Path(str(url.database))
        return url.set(database=str(room.with_name(f"{room.stem}-optuna.db"))), {"timeout": SQLITE_WAIT_SECONDS}
    return url, {"options": f"-c search_path={SCHEMA}"}


def open_storage(store: Store, search_id: int | None = None) -> optuna.storages.RDBStorage:
    """Optuna's storage beside a store; its tables are made where they are missing.

    Args:
        store: the room's.
        search_id: the search whose trials are marked as lost when their worker died.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if store.dialect == "postgresql":
        store.write(_make_schema)
    url, connect = address(store.url)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = optuna.storages.RDBStorage(
            url.render_as_string(hide_password=False),
            engine_kwargs={"connect_args": connect},
            heartbeat_interval=HEARTBEAT_SECONDS,
            grace_period=GRACE_SECONDS,
            heartbeat_stale_trial_callback=_again(store, search_id),
        )
    if store.dialect == "sqlite":
        event.listen(storage.engine, "connect", _write_ahead)
    return storage


def _make_schema(connection: Connection) -> None:
    # Two that begin at once would both find it missing.
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))


def _write_ahead(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # a lost heartbeat costs a trial at most
    cursor.close()


def give_up(study: optuna.study.Study, number: int, *, again: bool) -> None:
    """End a trial of which is known that nobody works at it, without waiting for its heartbeat to be missed.

    Args:
        study: its study.
        number: its number there.
        again: whether it is to be tried again.
    """
    import optuna

    storage = study._storage
    trial_id = storage.get_trial_id_from_study_id_trial_number(study._study_id, number)
    try:
        ended = storage.set_trial_state_values(trial_id, optuna.trial.TrialState.FAIL)
    except optuna.exceptions.UpdateFinishedTrialError:
        return  # another worker was faster
    if ended and again:
        _retry()(study, storage.get_trial(trial_id))


def _retry() -> Any:
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.storages.RetryHeartbeatStaleTrialCallback(max_retry=MOST_RETRIES)


def _again(store: Store, search_id: int | None) -> Any:
    """What happens to a trial whose worker died: it is marked as lost in our books, and waits again in Optuna's."""
    retry = _retry()

    def lost(study: optuna.study.Study, trial: optuna.trial.FrozenTrial) -> None:
        if search_id is not None:
            why = f"its worker was silent for {GRACE_SECONDS} s; it is tried again"
            store.write(lambda connection: lose_trial(connection, search_id, trial.number, why))
        retry(study, trial)

    return lost
