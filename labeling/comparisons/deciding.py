"""A lead decides a comparison: promote, keep, ask more. The reason and the evidence of that moment are kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from core.errors import DeskError
from core.store.feed import emit
from core.store.models import DatasetId
from core.store.records.runs import promote
from core.text import storable
from labeling.audit import Act, audit
from labeling.comparison_models import Choice, ComparisonDecision
from labeling.comparisons.evidence import Standing, standing
from labeling.comparisons.opening import TEXT_MOST, Opened, comparison_of, own_uuid
from labeling.models import Person, QueueState, Role
from labeling.people import PersonId, Reviewer, require
from labeling.promoting import require_model
from labeling.queues import change

NOT_SETTLED = "not settled: "


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that stands, with its evidence as it was then (None: the office had not been asked).

    `settled`: whether the evidence bore it out; None where it took none.
    """

    id: int
    choice: str
    reason: str
    by: str
    at: int
    evidence: dict[str, Any] | None
    settled: bool | None


def decide(
    connection: Connection,
    dataset: DatasetId,
    comparison_id: int,
    uuid: str,
    choice: Choice,
    reason: str,
    *,
    by: PersonId,
    unsettled: bool = False,
) -> int:
    """Decide; gives the decision's id. To promote makes the second run the champion, and ends the asking, as does keep.

    Sent twice under one UUID, it is stored once. Who promotes what is not settled says that they know (`unsettled`);
    the decision, the promotion and the audit log say so too.

    Raises:
        AccessError: the person is no lead.
        DeskError: no reason, no such comparison, an id that is none or somebody else's, no fitted model to promote, or
            a promotion that is not settled and not said to be.
    """
    reviewer = require(connection, by, Role.LEAD, alone=True)
    reason = storable(reason).strip()[:TEXT_MOST]
    if not reason:
        raise DeskError("a decision has a reason", fix="Say why in a few words.")
    this = own_uuid(uuid)
    columns = (ComparisonDecision.id, ComparisonDecision.person_id)
    known = connection.execute(select(*columns).where(ComparisonDecision.uuid == this)).first()
    if known is not None:
        if known.person_id != by:
            raise DeskError("this decision's id is somebody else's")
        return int(known.id)
    comparison = comparison_of(connection, comparison_id)
    found = standing(connection, comparison_id)
    settled = bears_out(found, choice)
    if choice is Choice.PROMOTE and not settled and not unsettled:
        raise DeskError(
            "it is not settled that B is better",
            fix="Ask the office on; or promote B all the same, and say that you know it is not settled.",
        )
    row = {
        "uuid": this,
        "comparison_id": comparison_id,
        "person_id": by,
        "choice": choice,
        "reason": reason,
        "evidence": frozen(found),
        "settled": settled,
    }
    decision_id: int = connection.execute(insert(ComparisonDecision).returning(ComparisonDecision.id), row).scalar_one()
    _act(connection, dataset, comparison, choice, reason if settled else f"{NOT_SETTLED}{reason}", reviewer)
    detail = {"choice": str(choice), "reason": reason, "settled": settled, "evidence": row["evidence"]}
    audit(connection, Act.DECIDED, by=by, subject=f"comparison {comparison_id}", detail=detail)
    emit(connection, "comparison", comparison_id=comparison_id)
    return decision_id


def bears_out(found: Standing | None, choice: Choice) -> bool | None:
    """Whether what the verdicts say settles it in favour of a choice; None for asking more, which takes no evidence."""
    from core.learning.settle import State, Winner  # here: scikit-learn comes with it, and takes seconds

    if choice is Choice.ASK_MORE:
        return None
    if found is None:
        return False
    said = found.settlement
    if choice is Choice.PROMOTE:
        return said.state is State.SETTLED and said.leader is Winner.B
    return said.state is State.EQUAL or (said.state is State.SETTLED and said.leader is Winner.A)


def _act(
    connection: Connection, dataset: DatasetId, comparison: Opened, choice: Choice, reason: str, by: Reviewer
) -> None:
    """What follows from the decision."""
    if choice is Choice.PROMOTE:
        require_model(connection, comparison.second)
        promote(connection, dataset, comparison.second, by=by.name, reason=reason, person_id=by.id)
    if comparison.queue_id is not None:
        # A queue that met its target was closed; who asks more wants it open.
        state = QueueState.OPEN if choice is Choice.ASK_MORE else QueueState.CLOSED
        change(connection, comparison.queue_id, by=by.id, state=state)


def frozen(found: Standing | None) -> dict[str, Any] | None:
    """The evidence as it is kept: numbers and plain words."""
    if found is None:
        return None
    said = asdict(found.settlement)
    said |= {"leader": found.settlement.leader.name.lower(), "state": str(found.settlement.state)}
    pool = {"basis": found.basis, "compared": found.compared, "disagree": found.disagree}
    return {**said, **pool, "verdicts": found.settlement.verdicts, "level": found.level, "equivalent": found.equivalent}


def decisions(connection: Connection, comparison_id: int) -> list[Decided]:
    """The decisions of a comparison, the newest (which stands) first."""
    query = (
        select(
            ComparisonDecision.id,
            ComparisonDecision.choice,
            ComparisonDecision.reason,
            Person.name,
            ComparisonDecision.at,
            ComparisonDecision.evidence,
            ComparisonDecision.settled,
        )
        .join(Person, Person.id == ComparisonDecision.person_id)
        .where(ComparisonDecision.comparison_id == comparison_id)
        .order_by(ComparisonDecision.id.desc())
    )
    return [Decided(*row) for row in connection.execute(query)]
