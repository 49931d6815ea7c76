"""Look-alikes: seen before they are judged, a verdict row each, nothing taken from others, taken back as one."""

from __future__ import annotations

import re
import threading
import uuid
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from groups import SHARE, agrees_with_its_facts, first, given, mined_bills, rows
from rooms import CLASSES, add_queue
from sqlalchemy import select, text, update

from core.errors import DeskError
from core.store import Store
from core.store.models import Origin, Prediction, Truth
from labeling import group_verdicts, verdicts
from labeling.desk import Desk
from labeling.group_models import VerdictGroup
from labeling.group_verdicts import GroupGiven
from labeling.group_waiting import WAITING
from labeling.lookalikes import Look, feet, look
from labeling.models import OpenLease, Task, Verdict, VerdictKind
from labeling.people import Reviewer
from labeling.queues import fill
from labeling.spot_checks import error_of_groups
from labeling.spread import Member, Why, shown_of, spread
from labeling.tasks import judging
from labeling.verdicts import Given


@pytest.fixture
def ids(store: Store, store_url: str, tmp_path: Path) -> list[int]:
    """Thirty bills and three messages that are like no other, mined, predicted."""
    return mined_bills(store, store_url, tmp_path / "room")


def test_a_message_says_how_many_look_alikes_wait_with_it(
    store: Store, desk: Desk, ada: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    held = desk.claim(ada.id, 4).result()
    with store.read() as connection:
        found = feet(connection, ada.id, [message.lease_id for message in held])
    assert [(foot.lease_id, foot.size, foot.predicted) for foot in found] == [
        (message.lease_id, 30, {"notification": 30}) for message in held
    ]
    assert found[0].pattern == "Dear * your bill of * is due on Monday"


@pytest.mark.usefixtures("bela")
def test_a_group_is_judged_with_one_decision_and_each_message_has_its_own_row(
    store: Store, desk: Desk, ada: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    _, seen = first(store, desk, ada)
    assert (len(seen.task_ids), len(seen.shown)) == (30, shown_of(30))
    assert seen.shown[0].why is Why.HERE
    out = seen.shown[3].task_id
    decision = given(seen, excluded=[out])
    taken = desk.judge_group(ada.id, decision, SHARE).result()
    assert (taken.labelled, taken.checks, taken.gone) == (27, 2, 0)
    again = desk.judge_group(ada.id, decision, SHARE).result()
    assert again == taken, "sent twice, stored once"
    stored = rows(store, Verdict.task_id, Verdict.kind, Verdict.klass, Verdict.shown_klass, Verdict.group_id)
    assert len({row.task_id for row in stored}) == len(stored) == 29
    assert out not in {row.task_id for row in stored}
    assert {(row.kind, row.klass) for row in stored} == {("label", "notification"), ("skip", None)}
    assert {row.shown_klass for row in stored} == {None}, "a group tells nothing of how a prediction sways"
    with store.read() as connection:
        truths = connection.execute(select(Truth.klass).where(Truth.origin == Origin.VERDICT)).scalars().all()
    assert truths == ["notification"] * 27
    assert rows(store, VerdictGroup.id, VerdictGroup.size, VerdictGroup.excluded)[0][1:] == (27, [out])
    assert agrees_with_its_facts(store)


def test_what_is_predicted_otherwise_stays_out_of_the_group(
    store: Store, desk: Desk, ada: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    other = update(Prediction).where(Prediction.message_id.in_(ids[4:8])).values(klass="spam")
    store.write(lambda c: c.execute(other))
    _, seen = first(store, desk, ada)
    assert (len(seen.task_ids), seen.predicted) == (26, {"notification": 26, "spam": 4})
    desk.judge_group(ada.id, given(seen), SHARE).result()
    spam = next(message for message in desk.claim(ada.id, 9).result() if message.predicted == "spam")
    assert len(look(store, ada.id, spam.lease_id).task_ids) == 4


def test_a_group_that_was_not_looked_at_is_refused(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    _, seen = first(store, desk, ada)
    with pytest.raises(DeskError, match="not looked at"):
        desk.judge_group(ada.id, GroupGiven(str(uuid.uuid4()), str(uuid.uuid4()), "spam"), SHARE).result()
    with pytest.raises(DeskError, match="not looked at"):
        desk.judge_group(bela.id, given(seen), SHARE).result()
    with pytest.raises(DeskError, match="no class"):
        desk.judge_group(ada.id, given(seen, "ham"), SHARE).result()
    with pytest.raises(DeskError, match="not in this group"):
        desk.judge_group(ada.id, given(seen, excluded=[10**9]), SHARE).result()
    desk.judge_group(ada.id, given(seen), SHARE).result()
    with pytest.raises(DeskError, match="judged already"):
        desk.judge_group(ada.id, given(seen), SHARE).result()
    alone = desk.claim(ada.id, 3).result()[-1]
    with pytest.raises(DeskError, match="too few look-alikes"):
        look(store, ada.id, alone.lease_id)


def test_what_others_hold_or_judged_meanwhile_is_left_to_them(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    _, seen = first(store, desk, ada)
    his = desk.claim(bela.id, 5).result()
    desk.judge(bela.id, Given(str(uuid.uuid4()), his[0].lease_id, VerdictKind.LABEL, "spam")).result()
    taken = desk.judge_group(ada.id, given(seen), SHARE).result()
    assert taken.gone == 5
    assert {row.task_id for row in rows(store, OpenLease.task_id)} == {message.task_id for message in his[1:]}
    assert agrees_with_its_facts(store)


@pytest.mark.usefixtures("bela")
def test_undo_takes_the_whole_group_back_and_gives_its_first_message_again(
    store: Store, desk: Desk, ada: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    message, seen = first(store, desk, ada)
    decision = given(seen)
    desk.judge_group(ada.id, decision, SHARE).result()
    uuid_of_undo = str(uuid.uuid4())
    back = desk.undo(ada.id, uuid_of_undo).result()
    assert back is not None
    assert back.message_id == message.message_id
    twice = desk.undo(ada.id, uuid_of_undo).result()
    assert twice is not None
    assert twice.lease_id == back.lease_id
    with store.read() as connection:
        assert connection.execute(select(Truth.klass).where(Truth.origin == Origin.VERDICT)).all() == []
        assert error_of_groups(connection).groups == 0, "what was taken back does not count"
    assert sum(row.free for row in rows(store, Task.id, Task.free)) == len(ids) - 1
    late = desk.judge_group(ada.id, decision, SHARE).result()
    assert late.labelled == 28, "told of as it was; what is sent late does not bring it back"
    with store.read() as connection:
        assert connection.execute(select(Truth.klass).where(Truth.origin == Origin.VERDICT)).all() == []
    assert agrees_with_its_facts(store)


@pytest.mark.usefixtures("bela")
def test_undo_takes_back_the_group_and_not_what_another_tab_judged_meanwhile(
    store: Store, desk: Desk, ada: Reviewer, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_queue(store, ids, blind_share=0.0)
    other = next(message for message in desk.claim(ada.id, 20).result() if message.message_id == ids[1])
    _, seen = first(store, desk, ada)
    single = Given(str(uuid.uuid4()), other.lease_id, VerdictKind.LABEL, "spam")
    whole, to_come = group_verdicts._judge_piece, [single]

    def interrupted(connection: Any, *arguments: Any) -> None:
        whole(connection, *arguments)
        if to_come:
            verdicts.judge(connection, ada.id, to_come.pop(), CLASSES)

    monkeypatch.setattr(group_verdicts, "_judge_piece", interrupted)
    desk.judge_group(ada.id, given(seen, excluded=[other.task_id]), SHARE).result()
    monkeypatch.undo()
    back = desk.undo(ada.id, str(uuid.uuid4())).result()
    assert back is not None
    assert back.task_id == seen.task_ids[0]
    with store.read() as connection:
        standing = connection.execute(select(Verdict.uuid).where(judging())).scalars().all()
    assert standing == [single.uuid]
    assert agrees_with_its_facts(store)


@pytest.mark.usefixtures("bela")
def test_a_decision_cut_off_halfway_is_finished_when_it_is_sent_again(
    store: Store, desk: Desk, ada: Reviewer, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_queue(store, ids, blind_share=0.0)
    _, seen = first(store, desk, ada)
    decision = given(seen)
    whole, pieces = group_verdicts._judge_piece, 0

    def dies(*arguments: Any) -> None:
        nonlocal pieces
        pieces += 1
        if pieces == 2:
            raise OSError("the server was killed")
        whole(*arguments)

    monkeypatch.setattr(group_verdicts, "_judge_piece", dies)
    with pytest.raises(OSError, match="killed"):
        desk.judge_group(ada.id, decision, SHARE).result()
    assert 0 < len(rows(store, Verdict.id)) < 30
    assert agrees_with_its_facts(store)
    monkeypatch.setattr(group_verdicts, "_judge_piece", whole)
    taken = desk.judge_group(ada.id, decision, SHARE).result()
    assert (taken.labelled, taken.checks, taken.gone) == (28, 2, 0)
    assert agrees_with_its_facts(store)


def test_what_measures_is_judged_one_by_one(store: Store, desk: Desk, ada: Reviewer, ids: list[int]) -> None:
    queue_id = add_queue(store, ids[:10], blind_share=0.0)
    drawn = pd.DataFrame({"message_id": ids[10:20], "rank": 0.5, "draw_probability": 0.1})
    store.write(lambda c: fill(c, queue_id, drawn))
    message = next(m for m in desk.claim(ada.id, 20).result() if m.message_id in ids[:10])
    assert len(look(store, ada.id, message.lease_id).task_ids) == 10


def test_a_blind_message_has_no_group_and_is_in_none(store: Store, desk: Desk, ada: Reviewer, ids: list[int]) -> None:
    add_queue(store, ids[:30], blind_share=0.5)
    held = desk.claim(ada.id, 20).result()
    blind = {message.task_id for message in held if message.blind}
    with store.read() as connection:
        found = feet(connection, ada.id, [message.lease_id for message in held])
    assert {foot.lease_id for foot in found} == {message.lease_id for message in held if not message.blind}
    open_one = next(message for message in held if not message.blind)
    seen = look(store, ada.id, open_one.lease_id)
    assert not blind & set(seen.task_ids)
    desk.judge_group(ada.id, given(seen), SHARE).result()
    assert {m.task_id for m in desk.claim(ada.id, 20).result() if m.blind} >= blind


def test_two_people_judging_one_group_at_once_judge_each_message_once(
    store: Store, store_url: str, desk: Desk, ada: Reviewer, bela: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0)
    looks = [(person, first(store, desk, person)[1]) for person in (ada, bela)]
    took: list[int] = []

    def work(person: Reviewer, seen: Look) -> None:
        with Store.open(store_url) as own:
            took.append(Desk(own, CLASSES).judge_group(person.id, given(seen), SHARE).result(60).labelled)

    threads = [threading.Thread(target=work, args=each) for each in looks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    labelled = [row.task_id for row in rows(store, Verdict.task_id, Verdict.kind) if row.kind == "label"]
    assert len(labelled) == len(set(labelled)) == sum(took)
    assert agrees_with_its_facts(store)


def test_with_an_overlap_each_person_takes_one_place(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer, ids: list[int]
) -> None:
    add_queue(store, ids, blind_share=0.0, overlap=2)
    for person in (ada, bela):
        _, seen = first(store, desk, person)
        desk.judge_group(person.id, given(seen), SHARE).result()
    assert max(row.judged for row in rows(store, Task.id, Task.judged)) == 2
    assert agrees_with_its_facts(store)


def test_the_group_reads_along_its_index(store: Store, ids: list[int]) -> None:
    add_queue(store, ids, blind_share=0.0)
    asked = {"this_person": 1, "this_queue": 1, "this_template": ids[0], "this_run": 1}
    with store.engine.connect() as connection:
        if store.dialect == "postgresql":
            connection.execute(text("SET enable_seqscan = off"))
        compiled = WAITING.compile(connection, compile_kwargs={"literal_binds": False})
        explain = "EXPLAIN QUERY PLAN " if store.dialect == "sqlite" else "EXPLAIN "
        parameters = compiled.construct_params(asked)
        sql = str(WAITING.params(asked).compile(connection, compile_kwargs={"literal_binds": True}))
        assert parameters["this_template"] == ids[0]
        plan = " ".join(str(row) for row in connection.exec_driver_sql(explain + sql.replace("%", "%%")))
    assert "ix_task_template" in plan
    assert not re.search(r"SCAN (task|verdict|message)\b|TEMP B-TREE", plan), plan


def members(*parts: tuple[str, float]) -> list[Member]:
    return [Member(n, f"bill of {varies}", varies, sure) for n, (varies, sure) in enumerate(parts)]


def test_the_odd_one_is_shown_whatever_makes_it_odd() -> None:
    usual = [("Anna 120", 0.97)] * 60
    shown = dict(spread(members(*usual, ("claim your prize http://x.test", 0.97), ("Anna 120", 0.5)), 0, "seed"))
    assert shown[60] is Why.OUTLIER
    assert shown[61] in (Why.LEAST_SURE, Why.OUTLIER)
    assert len(shown) == shown_of(62) <= 12
    assert list(shown.values()).count(Why.RANDOM) >= 2


def test_no_group_shows_more_than_twelve_and_a_pair_shows_both() -> None:
    assert [shown_of(n) for n in (2, 3, 9, 25, 100, 500)] == [2, 3, 6, 8, 12, 12]
    for n in (2, 3, 5, 40):
        chosen = spread(members(*[(str(place), 0.5) for place in range(n)]), None, "seed")
        assert len({place for place, _ in chosen}) == len(chosen) == shown_of(n)
