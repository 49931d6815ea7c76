"""Gold: asked once, of nobody who could tell, and changing no label."""

from __future__ import annotations

import threading
import uuid

import pytest
from rooms import CLASSES, add_champion, add_messages, add_queue
from sqlalchemy import select, update

import labeling.check
from core.errors import DeskError
from core.store import Store, check
from core.store.models import Origin, Truth
from labeling.claims import HandOut
from labeling.desk import Desk
from labeling.gold import gold_from_queue, gold_results, set_gold, withdraw_gold
from labeling.models import Queue, Task, Verdict, VerdictKind
from labeling.people import PersonId, add_person
from labeling.verdicts import Given


def label(message: HandOut, klass: str = "spam") -> Given:
    return Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=1.0)


def gold(store: Store, ids: list[int], klass: str = "personal") -> None:
    store.write(lambda c: set_gold(c, dict.fromkeys(ids, klass), CLASSES))


def judge_all(desk: Desk, person: PersonId, count: int = 3) -> list[HandOut]:
    seen = []
    while held := desk.claim(person, count).result():
        for message in held:
            seen.append(message)
            desk.judge(person, label(message)).result()
    return seen


def test_gold_is_asked_once_of_each_and_changes_no_label(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(60)])
    known = ids[50:]
    add_champion(store, ids, "spam")
    gold(store, known)
    add_queue(store, ids, overlap=2, gold_share=0.5)
    desk = Desk(store, CLASSES)
    people = [add_person(store, name).id for name in ("Ada", "Bela")]
    for person in people:
        seen = [message.message_id for message in judge_all(desk, person)]
        assert len(seen) == len(set(seen)), "nobody is asked twice"
        assert sorted(set(seen) & set(known)) == known, "all of it was mixed in, however small"
    with store.read() as connection:
        truths = connection.execute(select(Truth.message_id).where(Truth.origin == Origin.VERDICT)).scalars()
        assert sorted(truths) == ids[:50], "what is said of gold is no label"
        assert gold_results(connection) == [(people[0], 10, 0), (people[1], 10, 0)]
        assert [*check.check(connection), *labeling.check.check(connection)] == []
    assert desk.undo(people[0], str(uuid.uuid4())).result() is not None
    with store.read() as connection:
        assert [*check.check(connection), *labeling.check.check(connection)] == []


def test_a_gold_message_looks_like_any_other(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(12)])
    add_champion(store, ids, "spam")
    gold(store, ids[:1])
    queue_id = add_queue(store, ids[1:], overlap=3, blind_share=0.0, gold_share=0.5)
    desk = Desk(store, CLASSES)
    for name in ("Ada", "Bela", "Cleo", "Dora"):
        person = add_person(store, name).id
        seen = judge_all(desk, person)
        if name == "Dora":  # whose places are all taken
            continue
        (known,) = [message for message in seen if message.message_id == ids[0]]
        (other, *_) = [message for message in seen if message.message_id != ids[0]]
        for fact in ("queue_id", "overlap", "blind", "predicted", "confidence", "run_id"):
            assert getattr(known, fact) == getattr(other, fact), fact
        assert known.slot < known.overlap
    assert queue_id


def test_a_queue_with_nothing_else_to_ask_asks_no_gold(store: Store) -> None:
    ids = add_messages(store, ["a", "b"])
    gold(store, ids)
    add_queue(store, ids, gold_share=0.5)
    assert Desk(store, CLASSES).claim(add_person(store, "Ada").id, 5).result() == []


def test_many_people_are_handed_the_same_gold_at_once(store: Store, store_url: str) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(90)])
    gold(store, ids[:4])
    add_queue(store, ids[4:], gold_share=0.5)
    people = [add_person(store, f"P{n}").id for n in range(6)]
    trouble: list[BaseException] = []

    def work(person: PersonId) -> None:
        try:
            with Store.open(store_url) as own:
                judge_all(Desk(own, CLASSES), person, 4)
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    with store.read() as connection:
        said = connection.execute(
            select(Verdict.person_id, Verdict.message_id).where(Verdict.message_id.in_(ids[:4]))
        ).all()
        assert labeling.check.check(connection) == []
    assert len(said) == len(set(said))


def test_a_message_that_becomes_gold_waits_no_more_and_one_withdrawn_is_asked_no_more(store: Store) -> None:
    ids = add_messages(store, ["a", "b", "c"])
    add_queue(store, ids, gold_share=0.5)
    desk, ada = Desk(store, CLASSES), add_person(store, "Ada").id
    (held,) = desk.claim(ada).result()
    with pytest.raises(DeskError, match="somebody is judging"):
        gold(store, [held.message_id])
    with pytest.raises(DeskError, match="no class"):
        gold(store, ids, "eggs")
    gold(store, ids[2:])
    with store.read() as connection:
        assert connection.execute(select(Task.message_id).order_by(Task.id)).scalars().all() == ids[:2]
        assert labeling.check.check(connection) == []
    assert store.write(lambda c: withdraw_gold(c, ids)) == 1
    assert [message.message_id for message in judge_all(desk, ada)] == ids[:2]


def test_what_a_queue_for_gold_agrees_on_becomes_gold(store: Store) -> None:
    ids = add_messages(store, ["a", "b"])
    queue_id = add_queue(store, ids, purpose="gold", overlap=2)
    desk = Desk(store, CLASSES)
    ada, bela = (add_person(store, name).id for name in ("Ada", "Bela"))
    judge_all(desk, ada)
    first, second = desk.claim(bela, 2).result()
    desk.judge(bela, label(first)).result()
    desk.judge(bela, label(second, "personal")).result()
    assert store.write(lambda c: gold_from_queue(c, queue_id, CLASSES)) == 1
    store.write(lambda c: c.execute(update(Queue).values(gold_share=0.5)))
