"""Labels that are probably wrong, written once a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, Table

from core.store import bulk
from core.store.models import RunId, Suspect

if TYPE_CHECKING:  # a second to import, which a server that starts has no use for
    import pandas as pd

_suspect: Table = Suspect.__table__  # type: ignore[assignment]


def add_suspects(connection: Connection, run_id: RunId, frame: pd.DataFrame) -> None:
    """Append the labels that a run doubts: columns message_id, given, origin, likely, sure."""
    bulk.append(connection, _suspect, frame.assign(run_id=int(run_id)))
