"""What is said of the live model from verdicts of any order holds as often as it says."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
import pytest
from rooms import CLASSES, add_champion, add_messages, the_dataset
from sqlalchemy import update

from core.store import Store
from core.store.models import Run
from labeling.desk import Desk
from labeling.estimate import hajek, live_accuracy
from labeling.models import VerdictKind
from labeling.people import add_person
from labeling.queues import QueueSpec, create, fill_by_order
from labeling.verdicts import Given

RUNS = 2_000


def population(generator: np.random.Generator, n: int = 3_000) -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and whether a model that is about as right as it thinks is right."""
    confidence = 1 - 0.5 * generator.beta(0.6, 3.0, n)
    return confidence, generator.random(n) < confidence


def judged(right: np.ndarray, rounds: list[tuple[np.ndarray, np.ndarray, int]]) -> pd.DataFrame:
    """Rounds of (drawn, chosen, messages there were to draw from), each drawn at once and then judged."""
    rows = []
    for when, (drawn, chosen, pool) in enumerate(rounds):
        rows += [(right[i], True, 1 / pool, 2 * when, 2 * when + 1) for i in drawn]
        rows += [(right[i], False, None, None, 2 * when + 1) for i in chosen]
    return pd.DataFrame(rows, columns=["right", "drawn", "draw_probability", "drawn_at", "judged_at"])


def random_order(generator: np.random.Generator, confidence: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """200 verdicts on random messages, in draws of different sizes."""
    mixed, done, rounds = generator.permutation(len(right)), 0, []
    for size in (1, 79, 20, 100):
        rounds.append((mixed[done : done + size], np.array([], int), len(right) - done))
        done += size
    return judged(right, rounds)


def least_sure(generator: np.random.Generator, confidence: np.ndarray, right: np.ndarray) -> pd.DataFrame:
    """1,000 verdicts, four of five on what the model is least sure of; a third of all messages in the end."""
    left, rounds = np.arange(len(right)), []
    for size in (10, 60, 30, 100):
        pool = len(left)
        drawn = generator.choice(left, size, replace=False)
        left = np.setdiff1d(left, drawn)
        chosen = left[np.argsort(confidence[left])][: 4 * size]
        left = np.setdiff1d(left, chosen)
        rounds.append((drawn, chosen, pool))
    return judged(right, rounds)


@pytest.mark.parametrize("order", [random_order, least_sure])
def test_the_interval_covers_the_truth_as_often_as_it_says(order) -> None:  # type: ignore[no-untyped-def]
    generator = np.random.default_rng(11)
    covered, off = 0, []
    for _ in range(RUNS):
        confidence, right = population(generator)
        found = hajek(order(generator, confidence, right), len(right))
        assert found is not None
        covered += found.low <= right.mean() <= found.high
        off.append(found.share - right.mean())
    assert 0.93 <= covered / RUNS <= 0.97
    assert abs(np.mean(off)) < 3.3 * np.std(off) / np.sqrt(RUNS), "no bias"


def test_the_plain_share_of_the_least_sure_would_be_far_off() -> None:
    generator = np.random.default_rng(3)
    confidence, right = population(generator)
    frame = least_sure(generator, confidence, right)
    found = hajek(frame, len(right))
    assert found is not None
    assert abs(found.share - right.mean()) < 0.06 < right.mean() - frame["right"].mean()
    assert hajek(frame[~frame["drawn"]], 10) is None


def test_the_live_model_is_measured_by_the_verdicts_that_did_not_teach_it(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(200)])
    run_id = add_champion(store, ids, "spam")
    dataset = the_dataset(store)
    queue_id = store.write(lambda c: create(c, dataset, QueueSpec("q", explore_share=0.5)))
    fill_by_order(store, queue_id, 80, keep=80)
    desk, ada = Desk(store, CLASSES), add_person(store, "Ada").id
    with store.read() as connection:
        assert live_accuracy(connection, dataset) is None
    for _ in range(4):
        for message in desk.claim(ada, 20).result():
            klass = "personal" if message.message_id % 4 == 0 else "spam"
            given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)
            desk.judge(ada, given).result()
    with store.read() as connection:
        found = live_accuracy(connection, dataset)
        assert live_accuracy(connection, dataset, queue_id) == found
        assert live_accuracy(connection, dataset, queue_id + 1) is None
    assert found is not None
    assert (found.drawn, found.chosen) == (40, 40)
    assert found.low < 0.75 < found.high
    assert found.sentence.startswith("The live model is right on ")
    store.write(lambda c: c.execute(update(Run).where(Run.id == run_id).values(label_cutoff=10**6)))
    with store.read() as connection:
        assert live_accuracy(connection, dataset) is None, "these labels trained it"
