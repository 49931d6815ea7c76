"""A comparison from two runs to a decision: asked blind and at random, told at any moment, kept with its evidence."""

from __future__ import annotations

import uuid

import pandas as pd
import pytest
from rooms import add_messages, the_dataset
from runs import add_run
from sqlalchemy import func, select

from core.errors import AccessError, DeskError
from core.learning.settle import State, Winner
from core.store import Store
from core.store.models import Audit, Promotion, RunId
from core.store.queries.compare import (
    Basis,
    compared_runs,
    disagreements,
    fold_scores_by_class,
    right_apart,
    whole_pool,
)
from core.store.records.predictions import add_predictions
from labeling.claims import HandOut
from labeling.comparison_models import Choice, ComparisonDecision
from labeling.comparisons import (
    add_note,
    ask_office,
    comparison_of,
    decide,
    decisions,
    notes,
    open_comparison,
    standing,
)
from labeling.desk import Desk
from labeling.models import Queue, Role, Task, VerdictKind
from labeling.people import PersonId, Reviewer, add_person
from labeling.verdicts import Given


@pytest.fixture
def lead(store: Store) -> Reviewer:
    return add_person(store, "Lea", Role.LEAD)


@pytest.fixture
def two(store: Store) -> tuple[RunId, RunId]:
    """Two runs on 120 messages: they disagree on 60, and B is right on 48 of these, A on 6, neither on 6."""
    ids = add_messages(store, [f"m{n}" for n in range(120)])
    first = ["personal"] * 48 + ["spam"] * 6 + ["personal"] * 6 + ["spam"] * 60
    second = ["spam"] * 48 + ["personal"] * 6 + ["notification"] * 6 + ["spam"] * 60
    return add_run(store, ids, "word-cnb", first), add_run(store, ids, "char-svc", second, model=b"x" * 1234)


def opened(store: Store, two: tuple[RunId, RunId], lead: Reviewer, name: str = "words or letters") -> int:
    dataset = the_dataset(store)
    return store.write(lambda c: open_comparison(c, dataset, name, *two, by=lead.id))


def judge(desk: Desk, person: PersonId, message: HandOut, klass: str | None = "spam") -> None:
    kind = VerdictKind.LABEL if klass else VerdictKind.UNSURE
    desk.judge(person, Given(str(uuid.uuid4()), message.lease_id, kind, klass, seconds=2.0)).result()


def test_two_runs_are_told_apart_by_scores_cost_and_messages(store: Store, two: tuple[RunId, RunId]) -> None:
    dataset = the_dataset(store)
    with store.read() as connection:
        second, first = compared_runs(connection, dataset)
        assert (second.title, second.size, first.size) == ("char-svc v1", 1234, None)
        assert (second.fit_seconds, second.predict_seconds) == pytest.approx((2 / 60, 1 / 60))
        assert first.trial == second.trial
        assert first.test_share == 1.0
        assert fold_scores_by_class(connection, two[0], "recall").keys() == {"spam", "personal"}
        page = disagreements(connection, Basis.FOLDS, *two, limit=10)
        rest = disagreements(connection, Basis.FOLDS, *two, after=page[-1].message_id, limit=100)
        assert (len(page), len(rest)) == (10, 50)
        assert (page[0].first, page[0].second) == ("personal", "spam")
    compared, apart = whole_pool(store, Basis.FOLDS, *two)
    assert (compared, len(apart)) == (120, 60)


def test_the_office_is_asked_blind_and_at_random_and_its_verdicts_settle_it(
    store: Store, desk: Desk, lead: Reviewer, ada: Reviewer, two: tuple[RunId, RunId]
) -> None:
    comparison = opened(store, two, lead)
    with store.read() as connection:
        assert standing(connection, comparison) is None
    queue_id = ask_office(store, the_dataset(store), comparison, by=lead.id, seed=5)
    with store.read() as connection:
        queue = connection.execute(select(Queue.__table__).where(Queue.id == queue_id)).one()
        ids = list(connection.execute(select(Task.message_id).order_by(Task.rank)).scalars())
    assert (queue.purpose, queue.order_name, queue.blind_share) == ("settle", "random", 1.0)
    assert len(ids) == 60
    assert ids != sorted(ids)
    for _ in range(40):
        (message,) = desk.claim(ada.id, 1).result()
        assert message.blind
        judge(desk, ada.id, message)
    with store.read() as connection:
        found = standing(connection, comparison)
    assert found is not None
    assert (found.compared, found.disagree, found.queued, len(found.counted)) == (120, 60, 60, 40)
    assert found.settlement.state is State.SETTLED
    assert found.settlement.leader is Winner.B
    assert found.settlement.low > 0
    assert [each.message_id for each in found.counted] == ids[:40], "in the order of drawing"


def test_a_verdict_that_is_still_out_holds_back_those_behind_it(
    store: Store, desk: Desk, lead: Reviewer, ada: Reviewer, bela: Reviewer, two: tuple[RunId, RunId]
) -> None:
    comparison = opened(store, two, lead)
    ask_office(store, the_dataset(store), comparison, by=lead.id)
    (slow,) = desk.claim(ada.id, 1).result()
    for _ in range(5):
        (message,) = desk.claim(bela.id, 1).result()
        judge(desk, bela.id, message)

    def counted() -> tuple[int, int]:
        with store.read() as connection:
            found = standing(connection, comparison)
            assert found is not None
            return len(found.counted), len(found.waiting)

    assert counted() == (0, 5)
    judge(desk, ada.id, slow, None)
    assert counted() == (6, 0), "who cannot tell has answered"


def test_a_decision_keeps_its_evidence_promotes_under_a_name_and_is_stored_once(
    store: Store, desk: Desk, lead: Reviewer, ada: Reviewer, two: tuple[RunId, RunId]
) -> None:
    comparison, dataset = opened(store, two, lead), the_dataset(store)
    queue_id = ask_office(store, dataset, comparison, by=lead.id)
    for _ in range(30):
        (message,) = desk.claim(ada.id, 1).result()
        judge(desk, ada.id, message)
    this = str(uuid.uuid4())
    first, again = (
        store.write(lambda c: decide(c, dataset, comparison, this, Choice.PROMOTE, "letters win", by=lead.id))
        for _ in range(2)
    )
    assert first == again
    with store.read() as connection:
        (decided,) = decisions(connection, comparison)
        promoted = connection.execute(select(Promotion.__table__)).one()
        acts = connection.execute(select(Audit.action, Audit.person_id).order_by(Audit.id)).all()
        state = connection.execute(select(Queue.state).where(Queue.id == queue_id)).scalar_one()
    assert (decided.choice, decided.reason, decided.by) == ("promote", "letters win", "Lea")
    assert decided.evidence is not None
    assert (decided.evidence["verdicts"], decided.evidence["leader"], decided.settled) == (30, "b", True)
    assert (promoted.run_id, promoted.promoted_by, promoted.reason) == (two[1], "Lea", "letters win")
    assert [act for act in acts if act.action in ("office asked", "promoted", "comparison decided")] == [
        ("office asked", lead.id),
        ("promoted", lead.id),
        ("comparison decided", lead.id),
    ]
    assert state == "closed"
    store.write(lambda c: decide(c, dataset, comparison, str(uuid.uuid4()), Choice.ASK_MORE, "not yet", by=lead.id))
    with store.read() as connection:
        assert [each.choice for each in decisions(connection, comparison)] == ["ask more", "promote"]
        assert connection.execute(select(Queue.state).where(Queue.id == queue_id)).scalar_one() == "open"


def test_a_model_that_was_never_trained_on_everything_is_not_promoted_and_nothing_is_kept(
    store: Store, lead: Reviewer, two: tuple[RunId, RunId]
) -> None:
    comparison, dataset = opened(store, (two[1], two[0]), lead), the_dataset(store)
    with pytest.raises(DeskError, match="never trained on everything"):
        store.write(
            lambda c: decide(
                c, dataset, comparison, str(uuid.uuid4()), Choice.PROMOTE, "so", by=lead.id, unsettled=True
            )
        )
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(ComparisonDecision)).scalar_one() == 0


def test_only_leads_compare_and_what_cannot_be_is_refused(
    store: Store, lead: Reviewer, ada: Reviewer, two: tuple[RunId, RunId]
) -> None:
    comparison, dataset = opened(store, two, lead), the_dataset(store)
    with pytest.raises(AccessError):
        ask_office(store, dataset, comparison, by=ada.id)
    with pytest.raises(AccessError):
        opened(store, two, ada, "mine")
    for name, runs in (("words  or letters", two), ("", two), ("self", (two[0], two[0])), ("gone", (two[0], 99))):
        with pytest.raises(DeskError):
            opened(store, runs, lead, name)  # type: ignore[arg-type]
    ask_office(store, dataset, comparison, by=lead.id)
    with pytest.raises(DeskError, match="already"):
        ask_office(store, dataset, comparison, by=lead.id)
    this = str(uuid.uuid4())
    for _ in range(2):
        store.write(lambda c: add_note(c, comparison, this, "look at the\u0000 links", by=lead.id))
    with store.read() as connection:
        (note,) = notes(connection, comparison)
        assert comparison_of(connection, comparison).queue_id is not None
    assert "links" in note.text
    assert "\u0000" not in note.text


def test_predictions_of_both_come_before_folds_and_what_taught_a_model_does_not_count(
    store: Store, lead: Reviewer, two: tuple[RunId, RunId]
) -> None:
    new = add_messages(store, [f"n{n}" for n in range(30)], source="later")
    with store.read() as connection:
        taught = disagreements(connection, Basis.FOLDS, *two)[0].message_id
    for run_id, klass in zip(two, ("personal", "spam"), strict=True):
        said = pd.DataFrame({"message_id": [taught, *new], "klass": klass, "confidence": 0.7, "hour": 497_222})
        store.write(lambda c, run_id=run_id, said=said: add_predictions(c, run_id, said))  # type: ignore[misc]
    compared, apart = whole_pool(store, Basis.PREDICTIONS, *two)
    assert (compared, apart) == (30, new)
    queue_id = ask_office(store, the_dataset(store), opened(store, two, lead), by=lead.id)
    with store.read() as connection:
        assert right_apart(connection, Basis.PREDICTIONS, *two) == (0, 0, 0)
        queued = connection.execute(select(func.count()).where(Task.queue_id == queue_id)).scalar_one()
    assert queued == 30
