"""Cannot tell, second best, and a change of mind: each a fact of its own, each heard by what is derived."""

from __future__ import annotations

import uuid

import pytest
from rooms import add_champion, add_messages, add_queue
from sqlalchemy import select

import labeling.check
from core.errors import DeskError
from core.store import Store, check
from core.store.models import Label, Origin, RunId, Truth
from core.store.queries.live import confusion, tallies
from labeling.claims import HandOut
from labeling.desk import Desk
from labeling.history import PAGE, said_by
from labeling.models import Verdict, VerdictKind
from labeling.people import Reviewer
from labeling.verdicts import Given


def given(
    message: HandOut | int, klass: str | None = None, kind: VerdictKind = VerdictKind.LABEL, **more: object
) -> Given:
    lease = message if isinstance(message, int) else message.lease_id
    return Given(str(uuid.uuid4()), lease, kind, klass, **more)  # type: ignore[arg-type]


def unsure(message: HandOut) -> Given:
    return given(message, kind=VerdictKind.UNSURE)


def truth_of(store: Store, message_id: int) -> str | None:
    with store.read() as connection:
        query = select(Truth.klass).where(Truth.message_id == message_id, Truth.origin == Origin.VERDICT)
        return connection.execute(query).scalar_one_or_none()


def agrees_with_its_facts(store: Store) -> bool:
    with store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)] == []


def test_who_cannot_tell_is_done_with_the_message_and_somebody_else_is_asked(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    desk.judge(ada.id, unsure(message)).result()
    assert desk.claim(ada.id).result() == []
    assert desk.claim(bela.id).result()[0].message_id == message.message_id
    assert truth_of(store, message.message_id) is None
    with store.read() as connection:
        assert connection.execute(select(Label.id)).all() == [], "nobody has named a class: no label is written"
    assert agrees_with_its_facts(store)


@pytest.mark.parametrize("unsure_first", [True, False])
def test_cannot_tell_is_an_opinion_that_names_no_class(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, unsure_first: bool
) -> None:
    ids = add_messages(store, ["a"])
    add_queue(store, ids, overlap=2)
    hers, his = desk.claim(ada.id).result()[0], desk.claim(bela.id).result()[0]
    said = [(ada, unsure(hers)), (bela, given(his, "spam"))]
    for person, verdict in said if unsure_first else reversed(said):
        desk.judge(person.id, verdict).result()
    assert truth_of(store, ids[0]) == "spam"
    with store.read() as connection:
        newest = select(Label.confidence).order_by(Label.id.desc()).limit(1)
        assert connection.execute(newest).scalar() == 0.5
        assert tallies(connection)["verdicts"] == 1
    assert agrees_with_its_facts(store)


def test_undo_takes_cannot_tell_back(store: Store, desk: Desk, ada: Reviewer) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    desk.judge(ada.id, unsure(message)).result()
    again = desk.undo(ada.id, str(uuid.uuid4())).result()
    assert again is not None
    assert again.message_id == message.message_id
    assert agrees_with_its_facts(store)


def test_the_second_best_class_is_kept_and_must_be_another_class_of_the_room(
    store: Store, desk: Desk, ada: Reviewer
) -> None:
    add_queue(store, add_messages(store, ["a", "b"]))
    first, second = desk.claim(ada.id, 2).result()
    with pytest.raises(DeskError, match="no class of this room"):
        desk.judge(ada.id, given(first, "spam", second="eggs")).result()
    desk.judge(ada.id, given(first, "spam", second="personal")).result()
    desk.judge(ada.id, given(second, "spam", second="spam")).result()
    with store.read() as connection:
        assert connection.execute(select(Verdict.second).order_by(Verdict.id)).scalars().all() == ["personal", None]


def test_a_change_of_mind_replaces_a_verdict_and_everything_derived_follows(
    store: Store, desk: Desk, ada: Reviewer
) -> None:
    ids = add_messages(store, ["a", "b"])
    run_id = add_champion(store, ids, "spam")
    add_queue(store, ids)
    message = desk.claim(ada.id).result()[0]
    before = desk.judge(ada.id, given(message, "spam")).result().verdict_id
    changed = given(message, "personal", changes=before)
    first, again = (desk.judge(ada.id, changed).result() for _ in range(2))
    assert (first.verdict_id, first.duplicate, again.duplicate) == (again.verdict_id, False, True)
    assert truth_of(store, message.message_id) == "personal"
    with store.read() as connection:
        rows = connection.execute(select(Verdict.klass, Verdict.supersedes).order_by(Verdict.id)).all()
        assert [tuple(row) for row in rows] == [("spam", None), ("personal", before)]
        assert confusion(connection, RunId(run_id), "verdicts") == {("personal", "spam"): 1}
        assert tallies(connection)["verdicts"] == 1
    assert agrees_with_its_facts(store)


def test_a_verdict_is_changed_once_by_its_giver_and_only_while_it_stands(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    add_queue(store, add_messages(store, ["a", "b"]))
    message = desk.claim(ada.id).result()[0]
    verdict = desk.judge(ada.id, given(message, "spam")).result().verdict_id
    with pytest.raises(DeskError, match="not handed to you"):
        desk.judge(bela.id, given(message, "personal", changes=verdict)).result()
    desk.judge(ada.id, given(message, "personal", changes=verdict)).result()
    with pytest.raises(DeskError, match="changed or taken back already"):
        desk.judge(ada.id, given(message, "notification", changes=verdict)).result()
    other = desk.claim(ada.id).result()[0]
    with pytest.raises(DeskError, match="changed or taken back already"):
        desk.judge(ada.id, given(other, "notification", changes=verdict)).result()
    assert agrees_with_its_facts(store)


@pytest.mark.parametrize(("kind", "free"), [(VerdictKind.SKIP, True), (VerdictKind.UNSURE, True)])
def test_a_label_changed_to_none_gives_the_message_to_others(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, kind: VerdictKind, free: bool
) -> None:
    ids = add_messages(store, ["a"])
    add_queue(store, ids)
    message = desk.claim(ada.id).result()[0]
    verdict = desk.judge(ada.id, given(message, "spam")).result().verdict_id
    assert desk.claim(bela.id).result() == []
    desk.judge(ada.id, given(message, kind=kind, changes=verdict)).result()
    assert truth_of(store, ids[0]) is None
    assert bool(desk.claim(bela.id).result()) is free
    assert desk.claim(ada.id).result() == []
    assert agrees_with_its_facts(store)


def test_a_skip_changed_to_a_label_counts_beside_the_one_who_was_asked_instead(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    ids = add_messages(store, ["a"])
    add_queue(store, ids)
    message = desk.claim(ada.id).result()[0]
    skip = desk.judge(ada.id, given(message, kind=VerdictKind.SKIP)).result().verdict_id
    his = desk.claim(bela.id).result()[0]
    desk.judge(ada.id, given(message, "spam", changes=skip)).result()
    assert agrees_with_its_facts(store)
    desk.judge(bela.id, given(his, "spam")).result()
    assert truth_of(store, ids[0]) == "spam"
    assert agrees_with_its_facts(store)


def test_undo_after_a_change_of_mind_brings_the_message_back(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["a", "b"])
    add_queue(store, ids)
    first = desk.claim(ada.id).result()[0]
    verdict = desk.judge(ada.id, given(first, "spam")).result().verdict_id
    desk.judge(ada.id, given(desk.claim(ada.id).result()[0], "spam")).result()
    desk.judge(ada.id, given(first, "personal", changes=verdict)).result()
    again = desk.undo(ada.id, str(uuid.uuid4())).result()
    assert again is not None
    assert again.message_id == first.message_id
    assert truth_of(store, first.message_id) is None
    assert agrees_with_its_facts(store)


def test_the_history_has_what_stands_the_newest_first_a_page_at_a_time(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(40)])
    add_queue(store, ids, overlap=2)
    for n in range(40):
        message = desk.claim(ada.id).result()[0]
        desk.judge(ada.id, given(message, "spam" if n % 4 else "personal")).result()
    desk.judge(bela.id, given(desk.claim(bela.id).result()[0], "spam")).result()
    with store.read() as connection:
        page = said_by(connection, ada.id)
        rest = said_by(connection, ada.id, before=page.before)
        of_class = said_by(connection, ada.id, klass="personal")
        assert said_by(connection, ada.id, kind="unsure").verdicts == ()
    assert [said.body for said in (*page.verdicts, *rest.verdicts)] == [f"m{n}" for n in reversed(range(40))]
    assert (len(page.verdicts), rest.before) == (PAGE, None)
    assert {said.klass for said in of_class.verdicts} == {"personal"}
    assert len(of_class.verdicts) == 10
    first = rest.verdicts[-1]
    desk.judge(ada.id, given(first.lease_id, "notification", changes=first.verdict_id)).result()
    with store.read() as connection:
        newest = said_by(connection, ada.id).verdicts[0]
    assert (newest.body, newest.klass) == ("m0", "notification")
