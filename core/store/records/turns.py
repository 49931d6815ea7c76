"""By which rules messages are labelled now. Others, or the same ones weighed otherwise, take a turn of their own.

What was written under an older turn stays until the new one comes to it; nothing more is written under it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.errors import PipelineError
from core.fingerprint import fingerprint
from core.store.models import DatasetId, Stage
from core.store.records.stages import done, set_progress
from core.store.records.stretches import begin_stretch, forget_stretch
from core.store.rollups import upsert

NAME = "Tag"


class OvertakenError(PipelineError):
    """Other rules label the messages now."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The how-manieth turn of a dataset, and the fingerprint of all that decides what the rules say in it."""

    dataset: DatasetId
    number: int
    mark: str

    @property
    def key(self) -> str:
        """Under which the store keeps which messages were labelled in it."""
        return fingerprint("votes", int(self.dataset), self.number)


def turn_of(connection: Connection, dataset: DatasetId) -> Turn | None:
    """Whose turn it is; None before the first."""
    found = done(connection, _key(dataset))
    return None if found is None else Turn(dataset, int(found["turn"]), str(found["mark"]))


def take_turn(connection: Connection, dataset: DatasetId, mark: str, newest: int) -> Turn:
    """The turn of these rules, which begins at the newest message unless it is theirs already."""
    first = {"turn": 0, "mark": ""}  # so that two who begin at once have a row to wait at
    new = upsert(connection, Stage.__table__).values(  # type: ignore[arg-type]
        fingerprint=_key(dataset), name=NAME, result=first, seconds=0.0
    )
    connection.execute(new.on_conflict_do_nothing())
    row = connection.execute(select(Stage.result).where(Stage.fingerprint == _key(dataset)).with_for_update())
    found = row.scalar_one()
    before = Turn(dataset, int(found["turn"]), str(found["mark"]))
    if before.mark == mark:
        return before
    turn = Turn(dataset, before.number + 1, mark)
    set_progress(connection, NAME, _key(dataset), {"turn": turn.number, "mark": mark})
    forget_stretch(connection, before.key, newest)
    begin_stretch(connection, turn.key, NAME, newest)
    return turn


def require_turn(connection: Connection, turn: Turn) -> None:
    """Refuse to write unless it is this turn, and let no other begin before the transaction ends.

    Raises:
        OvertakenError: another has begun.
    """
    query = select(Stage.result).where(Stage.fingerprint == _key(turn.dataset)).with_for_update(read=True)
    found = connection.execute(query).scalar_one()
    if int(found["turn"]) != turn.number:
        raise OvertakenError("other rules label the messages now")


def _key(dataset: DatasetId) -> str:
    return fingerprint("turn", int(dataset))
