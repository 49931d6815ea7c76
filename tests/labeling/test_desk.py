"""The desk: no message twice, no verdict lost or doubled, blind means blind."""

from __future__ import annotations

import re
import threading
import uuid
from typing import Any

import pandas as pd
import pytest
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from sqlalchemy import Executable, event, select, text, update

import labeling.check
from core.errors import AccessError, DeskError
from core.store import Feed, Store, check
from core.store.models import Origin, Truth
from core.store.queries.live import confusion, tallies
from labeling import claims, gold, opinions, tasks, verdicts
from labeling.claims import CLAIM, HandOut
from labeling.desk import Desk
from labeling.models import OpenLease, Queue, QueueState, Role, Verdict, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.queues import QueueSpec, create, fill
from labeling.verdicts import Given


def label(message: HandOut, klass: str = "spam") -> Given:
    return Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=1.0)


def leases(messages: list[HandOut]) -> list[int]:
    return [message.lease_id for message in messages]


def expire(store: Store) -> None:
    """Let the time of every lease run out: the state is set back, the facts stay."""
    store.write(lambda c: c.execute(update(OpenLease).values(expires_at=1)))


def truth_of(store: Store, message_id: int) -> tuple[str, str] | None:
    with store.read() as connection:
        row = connection.execute(select(Truth.klass, Truth.origin).where(Truth.message_id == message_id)).first()
    return None if row is None else (row.klass, row.origin)


def agrees_with_its_facts(store: Store) -> bool:
    with store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)] == []


def test_two_people_are_never_handed_the_same_message(store: Store, desk: Desk, ada: Reviewer, bela: Reviewer) -> None:
    add_queue(store, add_messages(store, ["a", "b", "c", "d"]))
    hers, his = desk.claim(ada.id, 2).result(), desk.claim(bela.id, 5).result()
    assert [message.body for message in (*hers, *his)] == ["a", "b", "c", "d"]
    assert leases(desk.claim(ada.id, 4).result()) == leases(hers), (
        "nothing is left, and a reload gives the same messages"
    )


def test_many_claimers_at_once_share_the_queue_without_a_double(store: Store, store_url: str) -> None:
    add_queue(store, add_messages(store, [f"m{n}" for n in range(60)]))
    people = [add_person(store, f"P{n}") for n in range(6)]
    handed: list[int] = []

    def work(person: Reviewer) -> None:
        with Store.open(store_url) as own:
            desk = Desk(own, CLASSES)
            while messages := desk.claim(person.id, 2).result():
                for message in messages:
                    handed.append(message.message_id)
                    desk.judge(person.id, label(message)).result()

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(handed) == sorted(set(handed))
    assert len(handed) == 60
    assert agrees_with_its_facts(store)


def test_a_verdict_becomes_the_truth_over_an_imported_label(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["win a prize"], label="personal")
    add_queue(store, ids)
    assert truth_of(store, ids[0]) == ("personal", Origin.IMPORTED)
    desk.judge(ada.id, label(desk.claim(ada.id).result()[0])).result()
    assert truth_of(store, ids[0]) == ("spam", Origin.VERDICT)


def test_a_verdict_sent_twice_is_stored_once(store: Store, desk: Desk, ada: Reviewer, bela: Reviewer) -> None:
    add_queue(store, add_messages(store, ["a"]))
    given = label(desk.claim(ada.id).result()[0])
    first, second = desk.judge(ada.id, given), desk.judge(ada.id, given)
    assert first.result().verdict_id == second.result().verdict_id
    assert [first.result().duplicate, second.result().duplicate].count(True) == 1
    with pytest.raises(DeskError, match="somebody else"):
        desk.judge(bela.id, given).result()
    with store.read() as connection:
        assert len(connection.execute(select(Verdict.id)).all()) == 1


def test_a_double_click_is_refused_with_a_sentence(store: Store, desk: Desk, ada: Reviewer) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    desk.judge(ada.id, label(message)).result()
    with pytest.raises(DeskError, match="judged this message already"):
        desk.judge(ada.id, label(message, "personal")).result()


def test_an_expired_lease_makes_a_verdict_late_and_not_refused(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    ids = add_messages(store, ["a"])
    add_queue(store, ids)
    hers = desk.claim(ada.id).result()[0]
    expire(store)
    his = desk.claim(bela.id).result()[0]
    assert his.message_id == hers.message_id
    assert his.lease_id > hers.lease_id
    assert not desk.judge(bela.id, label(his)).result().late
    assert desk.judge(ada.id, label(hers)).result().late
    assert truth_of(store, ids[0]) == ("spam", Origin.VERDICT)
    assert agrees_with_its_facts(store)


def test_overlap_asks_different_people_and_a_tie_is_no_truth(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    ids = add_messages(store, ["a"])
    add_queue(store, ids, overlap=2)
    hers, his = desk.claim(ada.id).result()[0], desk.claim(bela.id).result()[0]
    assert {hers.slot, his.slot} == {0, 1}
    desk.judge(ada.id, label(hers, "spam")).result()
    assert truth_of(store, ids[0]) == ("spam", Origin.VERDICT)
    desk.judge(bela.id, label(his, "personal")).result()
    assert truth_of(store, ids[0]) is None
    assert desk.claim(ada.id).result() == []


def test_a_skipped_message_goes_to_others_and_never_back(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    desk.judge(ada.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.SKIP)).result()
    assert desk.claim(ada.id).result() == []
    assert desk.claim(bela.id).result()[0].message_id == message.message_id


def test_undo_gives_the_message_back_and_keeps_both_facts(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["a", "b"])
    add_champion(store, ids)
    add_queue(store, ids)
    first = desk.claim(ada.id).result()[0]
    desk.judge(ada.id, label(first)).result()
    again = desk.undo(ada.id, str(uuid.uuid4())).result()
    assert again is not None
    assert again.message_id == first.message_id
    assert truth_of(store, first.message_id) is None
    desk.judge(ada.id, label(again, "personal")).result()
    assert truth_of(store, first.message_id) == ("personal", Origin.VERDICT)
    with store.read() as connection:
        kinds = connection.execute(select(Verdict.kind).order_by(Verdict.id)).scalars().all()
        assert kinds == ["label", "undo", "label"]
        assert tallies(connection)["verdicts"] == 1
    assert agrees_with_its_facts(store)


def test_an_undo_sent_twice_takes_back_one_verdict_and_gives_the_same_message(
    store: Store, desk: Desk, ada: Reviewer
) -> None:
    add_queue(store, add_messages(store, ["a", "b"]))
    for _ in range(2):
        desk.judge(ada.id, label(desk.claim(ada.id).result()[0])).result()
    uuid_ = str(uuid.uuid4())
    sent = [desk.undo(ada.id, uuid_), desk.undo(ada.id, uuid_.upper())]
    first, again = (future.result() for future in sent)
    assert first is not None
    assert first == again
    with store.read() as connection:
        assert tallies(connection)["verdicts"] == 1


def test_two_undos_at_once_take_back_two_verdicts(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, list("abcdefgh"))
    add_queue(store, ids)
    for _ in ids:
        desk.judge(ada.id, label(desk.claim(ada.id).result()[0])).result()
    undone = [future.result() for future in [desk.undo(ada.id, str(uuid.uuid4())) for _ in ids]]
    assert sorted(message.message_id for message in undone if message) == ids
    assert desk.undo(ada.id, str(uuid.uuid4())).result() is None
    assert agrees_with_its_facts(store)


def test_undo_gives_a_message_back_as_blind_as_it_was(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["a"])
    add_champion(store, ids)
    queue_id = add_queue(store, ids, blind_share=1.0)
    desk.judge(ada.id, label(desk.claim(ada.id).result()[0])).result()
    store.write(lambda c: c.execute(update(Queue).where(Queue.id == queue_id).values(blind_share=0.0)))
    again = desk.undo(ada.id, str(uuid.uuid4())).result()
    assert again is not None
    assert again.blind
    assert again.predicted is None


def test_a_message_given_back_unjudged_goes_to_somebody_else(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    assert desk.release(bela.id, [message.lease_id]).result() == 0, "only one's own"
    assert desk.claim(bela.id).result() == []
    assert desk.release(ada.id, [message.lease_id, 999]).result() == 1
    assert desk.claim(bela.id).result()[0].message_id == message.message_id
    assert desk.heartbeat(ada.id, [message.lease_id]).result() == 0
    assert agrees_with_its_facts(store)


def test_a_heartbeat_holds_a_message_past_its_time(store: Store, desk: Desk, ada: Reviewer, bela: Reviewer) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    soon = OpenLease.expires_at - 170_000
    store.write(lambda c: c.execute(update(OpenLease).values(expires_at=soon)))
    assert desk.heartbeat(ada.id, [message.lease_id]).result() == 1
    assert desk.claim(ada.id).result()[0].expires_at >= message.expires_at
    assert desk.heartbeat(bela.id, [message.lease_id]).result() == 0, "only one's own"


def test_a_queue_can_be_asked_alone_and_a_paused_one_gives_nothing(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["a", "b"])
    first = add_queue(store, ids[:1])
    dataset = the_dataset(store)
    second = store.write(lambda c: create(c, dataset, QueueSpec("second")))
    frame = pd.DataFrame({"message_id": ids[1:], "rank": 0.0})
    store.write(lambda c: fill(c, second, frame))
    assert [message.queue_id for message in desk.claim(ada.id, 5, second).result()] == [second]
    store.write(lambda c: c.execute(update(Queue).where(Queue.id == first).values(state=QueueState.PAUSED)))
    assert [message.queue_id for message in desk.claim(ada.id, 5).result()] == [second]


def test_two_queues_that_ask_about_the_same_messages_do_not_stop_each_other(store: Store, desk: Desk) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(40)])
    one = add_queue(store, ids)
    dataset = the_dataset(store)
    other = store.write(lambda c: create(c, dataset, QueueSpec("other")))
    store.write(lambda c: fill(c, other, pd.DataFrame({"message_id": ids, "rank": range(40)})))
    people = [add_person(store, name).id for name in ("Ada", "Bela")]
    for start in (0, 20):
        held = [desk.claim(person, 20, queue).result() for person, queue in zip(people, (one, other), strict=True)]
        assert [m.message_id for m in held[0]] == [m.message_id for m in held[1]] == ids[start : start + 20]
        sent = [
            desk.judge(person, label(message))
            for pair in zip(*held, strict=True)
            for person, message in zip(people, pair, strict=True)
        ]
        assert not any(future.result(30).late for future in sent)
    assert agrees_with_its_facts(store)


def test_a_flag_is_kept_with_its_note_and_the_message_stays_in_hand(store: Store, desk: Desk, ada: Reviewer) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    flag = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.FLAG, note="two topics\x00")
    desk.judge(ada.id, flag).result()
    assert leases(desk.claim(ada.id).result()) == [message.lease_id]
    with store.read() as connection:
        assert connection.execute(select(Verdict.note)).scalar_one() == "two topics\ufffd"


def test_a_blind_message_leaves_the_store_without_its_prediction(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["a"])
    add_champion(store, ids)
    add_queue(store, ids, blind_share=1.0)
    message = desk.claim(ada.id).result()[0]
    assert message.blind
    assert (message.predicted, message.confidence, message.run_id) == (None, None, None)


def test_the_blind_share_of_a_queue_comes_blind_and_stays_so(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(400)])
    add_champion(store, ids)
    add_queue(store, ids, blind_share=0.25)
    blind = 0
    for _ in range(20):
        messages = desk.claim(ada.id, 20).result()
        blind += sum(message.blind for message in messages)
        for saved in [desk.judge(ada.id, label(message)) for message in messages]:
            saved.result()
    assert 60 <= blind <= 140


def test_the_confusion_and_the_page_hear_of_a_verdict(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["a", "b"])
    run_id = add_champion(store, ids, "spam")
    add_queue(store, ids, blind_share=0.0)
    feed = Feed(store.engine)
    message = desk.claim(ada.id).result()[0]
    desk.judge(ada.id, label(message, "personal")).result()
    (event,) = [event for event in feed.wait(5) if event.kind == "verdict"]
    assert (event.payload["klass"], event.payload["shown_klass"], event.payload["person"]) == (
        "personal",
        "spam",
        "Ada",
    )
    with store.read() as connection:
        assert confusion(connection, run_id, "verdicts") == {("personal", "spam"): 1}
    feed.close()


def test_a_viewer_may_not_judge(store: Store, desk: Desk) -> None:
    add_queue(store, add_messages(store, ["a"]))
    viewer = add_person(store, "Vera", Role.VIEWER)
    with pytest.raises(AccessError, match="takes a reviewer"):
        desk.claim(viewer.id).result()


@pytest.mark.parametrize("klass", ["", "Spam", "eggs", None])
def test_a_class_that_the_room_does_not_have_is_refused(
    store: Store, desk: Desk, ada: Reviewer, klass: str | None
) -> None:
    add_queue(store, add_messages(store, ["a"]))
    message = desk.claim(ada.id).result()[0]
    with pytest.raises(DeskError, match="no class of this room"):
        desk.judge(ada.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)).result()


def test_a_claim_reads_along_its_index(store: Store, ada: Reviewer) -> None:
    queue_id = add_queue(store, add_messages(store, [f"m{n}" for n in range(2_000)]))
    if store.dialect == "postgresql":
        store.write(lambda c: c.execute(text("ANALYZE task")))
    for drawn in (False, True):
        plan = plan_of(store, CLAIM, this_queue=queue_id, this_person=ada.id, drawn=drawn, most=1)
        assert "ix_task_claim" in plan
        no_sort(plan)


def no_sort(plan: str) -> None:
    assert "TEMP B-TREE" not in plan, "SQLite would sort the whole queue"
    assert "Sort" not in plan, "PostgreSQL would sort the whole queue"


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (tasks.LOCK, {"this_task": 1}),
        (tasks.EXPIRED, {"most": 9}),
        (claims.HOLD_ON, {"this_person": 1}),
        (verdicts.KNOWN, {"this_uuid": "x"}),
        (verdicts.HANDED_OUT, {"this_lease": 1, "this_person": 1}),
        (verdicts.NEW_ANSWER, {"this_lease": 1, "this_person": 1, "this_uuid": "x"}),
        (verdicts.OPINIONS, {"this_message": 1}),
        (verdicts.DECIDED, {"this_message": 1}),
        (verdicts.LAST, {"this_person": 1}),
        (claims.WAITING, {"this_queue": 1, "this_person": 1, "most": 1}),
        (gold.FROM_HERE, {"this_queue": 1, "this_person": 1, "start": 1}),
        (gold.TASK, {"this_queue": 1, "this_message": 1}),
        (opinions.GIVEN, {"this_task": 1}),
        (opinions.SAID, {"this_dataset": 1, "this_message": 1}),
    ],
)
def test_what_the_desk_looks_for_is_found_without_reading_all(
    store: Store, ada: Reviewer, statement: Executable, values: dict[str, Any]
) -> None:
    plan = plan_of(store, statement, **values)
    assert "Seq Scan" not in plan
    assert not re.search(r"SCAN (verdict|decision|lease|open_lease|task|message|person)\b", plan)
    assert not re.search(r"SEARCH message USING [A-Z ]*INDEX \S+ \(dataset_id=\?\)", plan), "all of a dataset"


def plan_of(store: Store, statement: Executable, **values: object) -> str:
    """What the database means to do, asked with the very text and parameters that the desk sends."""
    asked: list[tuple[str, Any]] = []
    with store.engine.connect() as connection:
        if store.dialect == "postgresql":  # a small table is read whole, whatever indexes it has
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")

        @event.listens_for(connection, "before_cursor_execute")
        def _hear(_c: object, _cursor: object, sql: str, parameters: Any, *_rest: object) -> None:
            asked.append((sql, parameters))

        connection.execute(statement, values)
        sql, parameters = asked[-1]
        explain = "EXPLAIN QUERY PLAN " if store.dialect == "sqlite" else "EXPLAIN "
        return " ".join(str(row) for row in connection.exec_driver_sql(explain + sql, parameters))
