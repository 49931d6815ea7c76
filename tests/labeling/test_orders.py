"""Each order brings what it says first."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
import pytest
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset

from core.store import Store
from core.store.records.predictions import add_predictions
from core.store.records.runs import NewRun, start_run
from labeling.desk import Desk
from labeling.models import VerdictKind
from labeling.orders import ORDERS, Asked
from labeling.orders.diverse import k_center
from labeling.orders.random import thrown
from labeling.people import add_person
from labeling.verdicts import Given


def pick(store: Store, order: str, queue_id: int, most: int, champion: int | None) -> list[int]:
    asked = Asked(the_dataset(store), queue_id, champion, most)  # type: ignore[arg-type]
    with store.read() as connection:
        frame = ORDERS.get(order)().pick(connection, asked)
    assert list(frame["rank"]) == sorted(frame["rank"])
    return [int(message_id) for message_id in frame["message_id"]]


def another_run(store: Store, said: dict[int, tuple[str, float]]) -> None:
    new = NewRun(the_dataset(store), "word-cnb", "fp-other", 0, 0, 5, 7, {})
    run_id = store.write(lambda c: start_run(c, new))
    rows = [(message_id, klass, sure, 497_222) for message_id, (klass, sure) in said.items()]
    frame = pd.DataFrame(rows, columns=["message_id", "klass", "confidence", "hour"])
    store.write(lambda c: add_predictions(c, run_id, frame))


def test_every_order_gives_new_messages_once_also_without_a_champion(store: Store) -> None:
    ids = add_messages(store, [f"message {n} of {n % 7}" for n in range(30)])
    queue_id = add_queue(store, ids[:5])
    for champion in (None, add_champion(store, ids)):
        for order in ORDERS.names():
            got = pick(store, order, queue_id, 10, champion)
            assert len(got) == len(set(got)) == 10, order
            if champion and order != "random":  # a draw may take what was chosen and nobody has seen
                assert not set(got) & set(ids[:5]), order


def test_where_two_models_are_sure_of_different_things_comes_first(store: Store) -> None:
    ids = add_messages(store, list("abcd"))
    champion = add_champion(store, ids, "spam", 0.9)
    queue_id = add_queue(store, [])
    said = {ids[0]: ("spam", 0.99), ids[1]: ("personal", 0.6), ids[2]: ("personal", 0.95), ids[3]: ("spam", 0.5)}
    another_run(store, said)
    assert pick(store, "disagree", queue_id, 2, champion) == [ids[2], ids[1]]
    assert pick(store, "disagree", queue_id, 3, champion) == [ids[2], ids[1], ids[0]], "then the least sure"


def test_diverse_messages_are_unlike_one_another() -> None:
    texts = ["win a prize now"] * 20 + ["see you at noon"] * 20 + ["your code is 4••2"] * 20
    assert {texts[place] for place in k_center(texts, 3)} == set(texts)
    assert k_center([], 3) == []
    assert sorted(k_center(texts, 100)) == list(range(60))


def test_most_telling_prefers_what_the_model_is_unsure_of(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(40)])
    champion = add_champion(store, ids[:20], "spam", 0.95)
    frame = pd.DataFrame({"message_id": ids[20:], "klass": "personal", "confidence": 0.55, "hour": 497_222})
    store.write(lambda c: add_predictions(c, champion, frame))
    desk = Desk(store, CLASSES)
    judged = [*ids[:5], *ids[20:25]]
    queue_id = add_queue(store, judged)
    for name in ("Ada", "Bela"):
        person = add_person(store, name).id
        for message in desk.claim(person, 5).result():
            klass = "spam" if message.message_id in ids[:20] else "personal"
            desk.judge(person, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)).result()
    assert set(pick(store, "most_telling", queue_id, 10, champion)) <= set(ids[25:])


@pytest.mark.parametrize("most", [1, 40])
def test_a_draw_by_thrown_ids_takes_each_message_alike_and_knows_how_likely(store: Store, most: int) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(200)])
    queue_id = add_queue(store, [])
    asked = Asked(the_dataset(store), queue_id, None, most)
    counts = dict.fromkeys(ids, 0)
    generator = np.random.default_rng(5)
    told = []
    with store.read() as connection:
        for _ in range(60):
            frame = thrown(connection, asked, 1, 1_000, generator)
            assert frame is not None
            told.append(frame["draw_probability"].iloc[0])
            for message_id in frame["message_id"]:
                counts[message_id] += 1
    assert np.mean(told) == pytest.approx(1 / 200, rel=0.05)
    halves = sum(counts[i] for i in ids[:100]), sum(counts[i] for i in ids[100:])
    assert abs(halves[0] - halves[1]) < 4 * np.sqrt(60 * most)
