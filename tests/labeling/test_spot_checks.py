"""Spot checks: some of a group come blind to somebody else, and tell how often the group's decision was wrong."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from groups import SHARE, agrees_with_its_facts, first, given, held_back, mined_bills, rows
from rooms import add_queue

from core.store import Store
from labeling.desk import Desk
from labeling.models import Assigned, Role, Verdict, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.queues import set_members
from labeling.spot_checks import choose, error_of_groups, hold_back, how_many, share_of
from labeling.verdicts import Given


@pytest.fixture
def ids(store: Store, store_url: str, tmp_path: Path) -> list[int]:
    return mined_bills(store, store_url, tmp_path / "room")


def judge(desk: Desk, person: Reviewer, lease_id: int, klass: str) -> None:
    desk.judge(person.id, Given(str(uuid.uuid4()), lease_id, VerdictKind.LABEL, klass)).result()


def test_they_come_blind_to_somebody_else_and_tell_the_error(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, ids: list[int]
) -> None:
    queue_id = add_queue(store, ids, blind_share=0.0)
    _, seen = first(store, desk, ada)
    desk.judge_group(ada.id, given(seen), 0.3).result()
    checks = held_back(store)
    assert len(checks) == 3
    hers = desk.claim(ada.id, 20).result()
    assert not checks & {message.task_id for message in hers}, "who judged the group is not asked again"
    desk.release(ada.id, [message.lease_id for message in hers]).result()
    his = [message for message in desk.claim(bela.id, 20).result() if message.task_id in checks]
    assert len(his) == 3
    assert all(message.blind and message.predicted is None for message in his)
    for message, klass in zip(his, ("notification", "spam"), strict=False):
        judge(desk, bela, message.lease_id, klass)
    with store.read() as connection:
        error = error_of_groups(connection)
        assert error_of_groups(connection, ids[0]) == error
        asked = {"person": ada.id, "queue_id": queue_id, "share": SHARE, "seed": "a"}
        assert len(hold_back(connection, range(100), template_id=ids[0], **asked)) == 5, "doubted: the share itself"
        assert len(hold_back(connection, range(100), template_id=ids[-1], **asked)) == 3
    assert (error.groups, error.messages, error.checked, error.otherwise, error.waiting) == (1, 27, 2, 1, 1)
    assert (error.share, error.low, error.high) == share_of([(1, True), (1, False)], {1: 27})
    assert agrees_with_its_facts(store)


def test_who_is_alone_has_nobody_to_check_them(store: Store, desk: Desk, ada: Reviewer, ids: list[int]) -> None:
    add_person(store, "Vic", Role.VIEWER)
    add_queue(store, ids, blind_share=0.0)
    _, seen = first(store, desk, ada)
    taken = desk.judge_group(ada.id, given(seen), SHARE).result()
    assert (taken.labelled, taken.checks) == (30, 0)


@pytest.mark.usefixtures("bela")
def test_a_queue_of_one_person_holds_nothing_back(store: Store, ada: Reviewer, ids: list[int]) -> None:
    queue_id = add_queue(store, ids, assigned=Assigned.PEOPLE)
    store.write(lambda c: set_members(c, queue_id, ["Ada"]))
    with store.read() as connection:
        asked = {"queue_id": queue_id, "template_id": ids[0], "share": SHARE, "seed": "a"}
        assert hold_back(connection, range(30), person=ada.id, **asked) == []


def test_what_one_group_holds_back_another_does_not_label(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    _, hers = first(store, desk, ada)
    _, his = first(store, desk, bela)
    decision = given(hers)
    desk.judge_group(ada.id, decision, SHARE).result()
    checks = held_back(store)
    assert checks & set(his.task_ids)
    taken = desk.judge_group(bela.id, given(his), SHARE).result()
    # All but his own first one, which was in his hands when she judged, is hers or held back.
    assert taken.labelled + taken.checks <= 1
    labelled = {row.task_id for row in rows(store, Verdict.task_id, Verdict.kind) if row.kind == VerdictKind.LABEL}
    assert not labelled & checks
    chidi = add_person(store, "Chidi")
    for message in desk.claim(chidi.id, 20).result():
        assert message.blind is (message.task_id in held_back(store))
    assert agrees_with_its_facts(store)


def test_what_was_judged_with_its_prediction_shown_checks_nothing(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids[:20], blind_share=0.0, overlap=2)
    _, seen = first(store, desk, ada)
    held = {message.task_id: message for message in desk.claim(bela.id, 20).result()}
    desk.judge_group(ada.id, given(seen), 0.5).result()
    assert len(held_back(store)) == 3
    for task_id in held_back(store):
        judge(desk, bela, held[task_id].lease_id, "spam")
    with store.read() as connection:
        assert error_of_groups(connection).checked == 0


def test_there_are_more_in_a_large_group_and_most_where_one_came_out_otherwise() -> None:
    unseen = (0, 1, 10, 20, 30, 100, 500)
    assert [how_many(n, 0.05) for n in unseen] == [0, 1, 1, 1, 2, 3, 5]
    assert [how_many(n, 0.05, doubted=True) for n in unseen] == [0, 1, 1, 1, 2, 5, 25]


@pytest.mark.usefixtures("bela")
def test_what_was_looked_at_is_not_checked_and_who_takes_one_out_looks_at_all_that_is_shown(
    store: Store, desk: Desk, ada: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids[:10], blind_share=0.0)
    _, seen = first(store, desk, ada)
    assert (len(seen.shown), seen.first) == (6, 4)
    order = [each.task_id for each in seen.shown]
    desk.judge_group(ada.id, given(seen, excluded=[order[1]]), 0.5).result()
    assert not held_back(store) & set(order)
    with store.read() as connection:
        error = error_of_groups(connection)
    assert (error.messages, error.unseen) == (9 - len(held_back(store)), 4 - len(held_back(store)))


def test_they_are_drawn_alike_for_the_same_decision() -> None:
    assert choose(range(100), 5, "a") == choose(range(100), 5, "a") != choose(range(100), 5, "b")


def test_a_check_stands_for_its_part_of_its_groups_labels() -> None:
    share, low, high = share_of([(1, True), (2, False), (2, False)], {1: 10, 2: 90})
    assert share == pytest.approx(0.1)
    assert low is not None
    assert high is not None
    assert 0 < low < 0.1 < high < 1
    assert share_of([], {}) == (None, None, None)
    assert share_of([(1, False)], {1: 30})[:2] == (0.0, 0.0)
