"""What a queue is told holds: purpose, priority, assignment, state, target, and a record of each change."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import pandas as pd
import pytest
from rooms import add_champion, add_messages, add_queue, the_dataset
from sqlalchemy import select

import labeling.check
from core.errors import AccessError, DeskError
from core.store import Feed, Store, check
from core.store.models import Alarm, AlarmState
from core.store.queries.live import tallies
from labeling.alarms import open_alarm, queue_from_alarm
from labeling.claims import HandOut
from labeling.desk import Desk
from labeling.models import Lease, Queue, QueueChange, QueueState, Role, Task, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.queues import QueueSpec, change, chosen, create, fill, fill_by_order, set_members, set_team
from labeling.verdicts import Given


def label(message: HandOut, klass: str = "spam") -> Given:
    return Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=1.0)


def queue(store: Store, name: str, ids: Sequence[int], **spec: object) -> int:
    dataset = the_dataset(store)
    queue_id = store.write(lambda c: create(c, dataset, QueueSpec(name, **spec)))  # type: ignore[arg-type]
    frame = pd.DataFrame({"message_id": list(ids), "rank": [float(n) for n in range(len(ids))]})
    store.write(lambda c: fill(c, queue_id, frame))
    return queue_id


def agrees_with_its_facts(store: Store) -> bool:
    with store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)] == []


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"purpose": "evaluation", "order": "least_sure"}, "is in random order, not 'least_sure'"),
        ({"purpose": "evaluation", "explore_share": 0.5}, "draws all its messages at random"),
        ({"purpose": "fun"}, "no purpose of a queue"),
        ({"gold_share": 0.6}, "can be gold"),
        ({"assigned": "team"}, "names the team"),
        ({"target": 0}, "at least 1"),
        ({"sure_at": 1.0}, "probability"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_sentence(
    store: Store, spec: dict[str, object], words: str
) -> None:
    with pytest.raises(DeskError, match=words):
        queue(store, "q", [], **spec)


def test_a_queue_for_evaluation_is_strictly_random_and_stays_so(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(40)])
    add_champion(store, ids)
    strict = queue(store, "how good", [], purpose="evaluation")
    with pytest.raises(DeskError, match="drawn at random only"):
        chosen(store, strict, ids[:3])
    for wrong in ({"order": "newest"}, {"explore_share": 0.0}):
        with pytest.raises(DeskError, match="random"):
            store.write(lambda c, wrong=wrong: change(c, strict, **wrong))
    assert fill_by_order(store, strict, 10) == 10
    with store.read() as connection:
        assert set(connection.execute(select(Task.drawn, Task.draw_probability)).all()) == {(True, 1 / 40)}


def test_a_comparison_is_settled_blind(store: Store) -> None:
    settle = queue(store, "B against A", [], purpose="settle")
    with pytest.raises(DeskError, match="judged blind"):
        store.write(lambda c: change(c, settle, blind_share=0.5))


def test_each_change_of_a_queue_is_kept_and_told_with_who_did_it(store: Store, ada: Reviewer) -> None:
    lead = add_person(store, "Lea", Role.LEAD)
    queue_id = queue(store, "q", [])
    feed = Feed(store.engine)
    assert store.write(lambda c: change(c, queue_id, by=lead.id, priority=3, blind_share=0.1)) == ["priority"]
    (event,) = [event for event in feed.wait(5) if event.kind == "queue"]
    assert event.payload == {"queue_id": queue_id, "fields": ["priority"]}
    with pytest.raises(AccessError, match="takes a lead"):
        store.write(lambda c: change(c, queue_id, by=ada.id, priority=4))
    with pytest.raises(DeskError, match="cannot be changed"):
        store.write(lambda c: change(c, queue_id, purpose="settle"))
    with store.read() as connection:
        columns = (QueueChange.field, QueueChange.before, QueueChange.after, QueueChange.person_id)
        rows = connection.execute(select(*columns).order_by(QueueChange.id)).all()
    assert rows == [("made", None, "q", None), ("priority", 0, 3, lead.id)]
    feed.close()


def test_queues_give_by_priority_and_ones_own_before_everybodys(
    store: Store, desk: Desk, ada: Reviewer, bela: Reviewer
) -> None:
    ids = add_messages(store, list("abcdef"))
    everybody = queue(store, "everybody", ids[:2])
    adas = queue(store, "Ada's", ids[2:3])
    teams = queue(store, "the night's", ids[3:4], assigned="team", team="night")
    urgent = queue(store, "urgent", ids[4:], priority=5)
    store.write(lambda c: set_members(c, adas, ["Ada"]))
    store.write(lambda c: set_team(c, "night", ["Ada"]))
    got = [message.queue_id for message in desk.claim(ada.id, 5).result()]
    assert got == [urgent, urgent, adas, teams, everybody]
    assert [message.queue_id for message in desk.claim(bela.id, 5).result()] == [everybody]
    with pytest.raises(DeskError, match="nobody called Cleo"):
        store.write(lambda c: set_members(c, adas, ["Cleo"]))


def test_a_paused_queue_gives_nothing_and_takes_what_is_out(store: Store, desk: Desk, ada: Reviewer) -> None:
    queue_id = queue(store, "q", add_messages(store, ["a", "b"]))
    message = desk.claim(ada.id).result()[0]
    store.write(lambda c: change(c, queue_id, state=QueueState.PAUSED))
    assert [held.lease_id for held in desk.claim(ada.id, 5).result()] == [message.lease_id], "nothing new"
    desk.judge(ada.id, label(message)).result()
    assert desk.claim(ada.id, 5).result() == []
    again = desk.undo(ada.id, str(uuid.uuid4())).result()
    assert again is not None
    assert again.message_id == message.message_id
    assert agrees_with_its_facts(store)


def test_a_queue_that_has_reached_its_target_gives_no_more(store: Store, desk: Desk, ada: Reviewer) -> None:
    queue(store, "q", add_messages(store, list("abcd")), target=2)
    for _ in range(2):
        desk.judge(ada.id, label(desk.claim(ada.id).result()[0])).result()
    assert desk.claim(ada.id).result() == []
    desk.undo(ada.id, str(uuid.uuid4())).result()
    assert len(desk.claim(ada.id, 2).result()) == 2


def test_every_hand_out_keeps_the_probability_of_its_draw(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(100)])
    add_champion(store, ids)
    queue_id = queue(store, "q", [], explore_share=0.2)
    fill_by_order(store, queue_id, 50, keep=50)
    held = desk.claim(ada.id, 20).result()
    for message in held:
        desk.judge(ada.id, label(message)).result()
    desk.undo(ada.id, str(uuid.uuid4())).result()
    with store.read() as connection:
        rows = connection.execute(select(Lease.draw_probability, Task.drawn).join(Task, Task.id == Lease.task_id)).all()
        drawn = connection.execute(select(Task.draw_probability).where(Task.drawn)).scalars().all()
    assert len(rows) == 21
    assert all(probability == (0.01 if random else 1.0) for probability, random in rows)
    assert drawn == [0.01] * 10, "a fifth of what waits, each one of a hundred messages"


def test_the_drawn_messages_come_in_their_share(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(400)])
    add_champion(store, ids)
    queue_id = queue(store, "q", [], explore_share=0.5)
    fill_by_order(store, queue_id, 400, keep=400)
    for _ in range(10):
        for message in desk.claim(ada.id, 10).result():
            desk.judge(ada.id, label(message)).result()
    with store.read() as connection:
        drawn = connection.execute(select(Task.drawn).where(Task.judged > 0)).scalars().all()
    assert len(drawn) == 100
    assert 25 <= sum(drawn) <= 75


def test_the_verdicts_of_a_queue_are_counted_and_checked(store: Store, desk: Desk, ada: Reviewer) -> None:
    queue_id = add_queue(store, add_messages(store, ["a", "b"]))
    desk.judge(ada.id, label(desk.claim(ada.id).result()[0])).result()
    with store.read() as connection:
        assert tallies(connection)[f"queue:{queue_id}:verdicts"] == 1
    assert agrees_with_its_facts(store)


def test_an_alarm_fills_a_queue_and_the_queues_result_closes_it(store: Store, desk: Desk, ada: Reviewer) -> None:
    ids = add_messages(store, ["a", "b", "c"])
    add_champion(store, ids, "spam")
    alarm_id = store.write(lambda c: open_alarm(c, "drift", "New words since noon", {"message_ids": ids}))
    queue_id = queue_from_alarm(store, the_dataset(store), alarm_id)
    for klass in ("spam", "personal", "spam"):
        with store.read() as connection:
            assert connection.execute(select(Alarm.state)).scalar_one() == AlarmState.OPEN
        desk.judge(ada.id, label(desk.claim(ada.id).result()[0], klass)).result()
    with store.read() as connection:
        alarm = connection.execute(select(Alarm.state, Alarm.result, Alarm.closed_at)).one()
        closed = connection.execute(select(Queue.state, Queue.source).where(Queue.id == queue_id)).one()
    assert alarm.state == AlarmState.CLOSED
    assert alarm.closed_at is not None
    assert (alarm.result["judged"], alarm.result["right"], alarm.result["compared"]) == (3, 2, 3)
    assert closed == (QueueState.CLOSED, f"alarm:{alarm_id}")
    assert agrees_with_its_facts(store)
