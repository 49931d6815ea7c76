"""A queue asks for what it says it asks for, once each."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
import pytest
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from sqlalchemy import select

import labeling.check
from core.errors import DeskError, UnknownNameError
from core.settings import DeskSettings
from core.store import Store
from core.store.models import Origin
from core.store.records.labels import add_labels
from labeling.desk import Desk
from labeling.models import Task, VerdictKind
from labeling.orders import ORDERS, Asked
from labeling.people import add_person
from labeling.queries import open_queues
from labeling.queues import QueueSpec, change, create, fill, refill
from labeling.verdicts import Given


def candidates(
    store: Store, order: str, queue_id: int, most: int, run_id: int | None = None
) -> list[tuple[int, float]]:
    asked = Asked(the_dataset(store), queue_id, run_id, most)  # type: ignore[arg-type]
    with store.read() as connection:
        return list(ORDERS.get(order)().pick(connection, asked).itertuples(index=False, name=None))


def queued(store: Store, queue_id: int) -> list[int]:
    with store.read() as connection:
        rows = select(Task.message_id).where(Task.queue_id == queue_id).order_by(Task.rank, Task.id)
        return list(connection.execute(rows).scalars())


def test_random_order_has_nothing_to_do_with_the_order_of_arrival(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(1_000)])
    dataset = the_dataset(store)
    one, other = (store.write(lambda c, name=name: create(c, dataset, QueueSpec(name))) for name in ("one", "other"))
    orders = [[row[0] for row in candidates(store, "random", queue, 1_000)] for queue in (one, other)]
    for order in orders:
        assert sorted(order) == ids
        assert abs(np.corrcoef(order, range(1_000))[0, 1]) < 0.1
        assert abs(np.corrcoef(order[:-1], order[1:])[0, 1]) < 0.1
    assert abs(np.corrcoef(*orders)[0, 1]) < 0.1, "each queue draws in its own way"
    assert orders[0] == [row[0] for row in candidates(store, "random", one, 1_000)], "and the same whenever asked"


def test_a_random_draw_stores_its_probability(store: Store) -> None:
    add_messages(store, [f"m{n}" for n in range(40)])
    queue_id = add_queue(store, [])
    drawn = candidates(store, "random", queue_id, 10)
    assert [row[2] for row in drawn] == [1 / 40] * 10
    frame = pd.DataFrame(drawn, columns=["message_id", "rank", "draw_probability"])
    store.write(lambda c: fill(c, queue_id, frame))
    with store.read() as connection:
        assert set(connection.execute(select(Task.draw_probability)).scalars()) == {1 / 40}
    assert [row[2] for row in candidates(store, "random", queue_id, 50)] == [1 / 30] * 30


def test_newest_comes_from_the_end_and_least_sure_from_the_least_confidence(store: Store) -> None:
    ids = add_messages(store, ["a", "b", "c", "d"])
    queue_id = add_queue(store, ids[3:])
    assert [row[0] for row in candidates(store, "newest", queue_id, 2)] == [ids[2], ids[1]]
    sure = add_champion(store, ids[:2], "spam", 0.9)
    assert [row[0] for row in candidates(store, "least_sure", queue_id, 9, sure)] == ids[:2]


def test_what_people_or_sources_have_labelled_is_not_asked_again_but_what_rules_say_is(store: Store) -> None:
    ids = add_messages(store, ["a", "b", "c"])
    queue_id = add_queue(store, [])
    for origin, message_id in ((Origin.IMPORTED, ids[0]), (Origin.RULE, ids[1])):
        frame = pd.DataFrame({"message_id": [message_id], "klass": "spam", "origin_ref": "x"})
        store.write(lambda c, origin=origin, frame=frame: add_labels(c, origin, frame))
    assert [row[0] for row in candidates(store, "newest", queue_id, 9)] == [ids[2], ids[1]]


def test_filling_twice_adds_nothing_twice(store: Store) -> None:
    ids = add_messages(store, ["a", "b", "c"])
    queue_id = add_queue(store, ids[:2])
    frame = pd.DataFrame({"message_id": [*ids, ids[2]], "rank": 0.5})
    assert store.write(lambda c: fill(c, queue_id, frame)) == 1
    assert store.write(lambda c: fill(c, queue_id, frame)) == 0
    with store.read() as connection:
        assert labeling.check.check(connection) == []
        assert open_queues(connection)[0].total == 3


def test_the_review_queue_is_topped_up_and_follows_the_champion(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(15)])
    dataset, settings = the_dataset(store), DeskSettings(queue_size=10)
    assert refill(store, settings, dataset) == 0, "there is no champion to be unsure"
    add_champion(store, ids, "spam", 0.9)
    assert refill(store, settings, dataset) == 10
    assert refill(store, settings, dataset) == 0
    ada, desk = add_person(store, "Ada").id, Desk(store, CLASSES)
    message = desk.claim(ada).result()[0]
    desk.judge(ada, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam")).result()
    assert refill(store, settings, dataset) == 1
    order = queued(store, message.queue_id)
    assert len(set(order)) == len(order) == 11
    with store.read() as connection:
        drawn, chosen = (
            connection.execute(select(Task.message_id).where(Task.drawn == lane, Task.free > 0)).scalars().all()
            for lane in (True, False)
        )
    assert len(drawn) == 1, "a tenth of what waits is drawn at random"
    last = max(chosen)
    add_champion(store, [last, *drawn], "personal", 0.1)
    refill(store, settings, dataset)
    first = next(each for each in queued(store, message.queue_id) if each in chosen)
    assert first == last, "what the new champion is least sure of comes first"
    with store.read() as connection:
        assert connection.execute(select(Task.rank).where(Task.drawn, Task.free > 0)).scalar_one() > 1, (
            "what was drawn keeps its place"
        )
    store.write(lambda c: change(c, message.queue_id, explore_share=0.0))
    assert desk.claim(ada).result()[0].message_id == last


def test_a_queue_is_topped_up_to_its_size_though_the_draw_takes_what_waits_already(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(20)])
    dataset, settings = the_dataset(store), DeskSettings(queue_size=10)
    add_champion(store, ids, "spam", 0.9)
    refill(store, settings, dataset)
    queue_id = store.write(lambda c: c.execute(select(Task.queue_id).distinct()).scalar_one())
    ada, desk = add_person(store, "Ada").id, Desk(store, CLASSES)
    for share in (0.5, 1.0):
        store.write(lambda c, share=share: change(c, queue_id, explore_share=share))  # type: ignore[misc]
        for message in desk.claim(ada, 5).result():
            label = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam")
            desk.judge(ada, label).result()
        assert refill(store, settings, dataset) == 5


@pytest.mark.parametrize("spec", [{"overlap": 0}, {"overlap": 6}, {"blind_share": 1.1}, {"lease_ms": 0}])
def test_a_queue_out_of_range_is_refused(store: Store, spec: dict[str, float]) -> None:
    dataset = the_dataset(store)
    with pytest.raises(DeskError, match="overlap of 1 to 5"):
        store.write(lambda c: create(c, dataset, QueueSpec("q", **spec)))  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError):
        store.write(lambda c: create(c, dataset, QueueSpec("q", order="least_shure")))
