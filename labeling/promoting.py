"""A lead makes a model the champion, or rolls back to one that was it: with a reason, under their name, on record.

A comparison's decision promotes through the same records (`labeling.comparisons.deciding`).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.errors import DeskError
from core.store.models import DatasetId, Model, PromotionAct, RunId
from core.store.queries.models import finished_run
from core.store.queries.promotions import Promoted, champion_before, reigning, was_champion
from core.store.records.runs import promote
from core.text import storable
from labeling.models import Role
from labeling.people import PersonId, require

REASON_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Changed:
    """The champion now, and the one before."""

    champion: Promoted
    former: Promoted | None


def promote_run(connection: Connection, dataset: DatasetId, run_id: RunId, reason: str, *, by: PersonId) -> Changed:
    """Make a fitted run the champion.

    Raises:
        AccessError: the person is no lead.
        DeskError: no reason, no such finished run, it was never trained on everything, or it is the champion already.
    """
    return _change(connection, dataset, run_id, reason, by, PromotionAct.PROMOTED)


def roll_back(
    connection: Connection, dataset: DatasetId, run_id: RunId | None, reason: str, *, by: PersonId
) -> Changed:
    """Go back to a run that was champion once; to the one before this where none is named.

    Raises:
        AccessError: the person is no lead.
        DeskError: as `promote_run`, or there is nothing to go back to, or the run never was champion.
    """
    if run_id is None:
        current = reigning(connection, dataset)
        former = champion_before(connection, dataset, current.run_id) if current is not None else None
        if former is None:
            raise DeskError("there is no earlier champion", fix="'tallyroom models list' shows who can be promoted.")
        run_id = former.run_id
    return _change(connection, dataset, run_id, reason, by, PromotionAct.ROLLED_BACK)


def _change(
    connection: Connection, dataset: DatasetId, run_id: RunId, reason: str, by: PersonId, act: PromotionAct
) -> Changed:
    reviewer = require(connection, by, Role.LEAD, alone=True)
    reason = storable(reason).strip()[:REASON_MOST]
    if not reason:
        raise DeskError(f"who {_DOES[act]} says why", fix="Give a reason in a few words.")
    if finished_run(connection, dataset, run_id) is None:
        raise DeskError(f"there is no finished run {run_id}", fix="'tallyroom models list' shows them.")
    if act is PromotionAct.ROLLED_BACK and not was_champion(connection, dataset, run_id):
        raise DeskError(f"run {run_id} never was champion", fix="Promote it, which is the other act.")
    require_model(connection, run_id)
    former = reigning(connection, dataset)
    if former is not None and former.run_id == run_id:
        raise DeskError(f"{former.title} is the champion already")
    promote(connection, dataset, run_id, by=reviewer.name, reason=reason, person_id=by, act=act)
    champion = reigning(connection, dataset)
    assert champion is not None, "it was promoted in this transaction"
    return Changed(champion, former)


_DOES = {PromotionAct.PROMOTED: "promotes", PromotionAct.ROLLED_BACK: "rolls back"}


def require_model(connection: Connection, run_id: RunId) -> None:
    """Refuse a run that was tried on folds only, and never trained on everything.

    Raises:
        DeskError: says how to train it.
    """
    if connection.execute(select(Model.run_id).where(Model.run_id == run_id)).first() is None:
        raise DeskError(
            f"run {run_id} was tried on folds, but never trained on everything",
            fix=f"'tallyroom fit {run_id}' trains it; then promote it.",
        )
