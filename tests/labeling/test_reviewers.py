"""How good people are, and what haste costs them."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
from rooms import CLASSES, add_messages, add_queue
from scipy.stats import betabinom

from core.store import Store
from labeling.desk import Desk
from labeling.gold import set_gold
from labeling.models import VerdictKind
from labeling.people import Reviewer, add_person
from labeling.reviewers import judged_by, prior, quality, speed_against_accuracy
from labeling.verdicts import Given


def judged(person: int, right: int, wrong: int) -> pd.DataFrame:
    said = ["spam"] * right + ["personal"] * wrong
    return pd.DataFrame({"person_id": person, "held": "spam", "said": said})


def test_who_has_said_little_is_held_to_be_like_the_office() -> None:
    rows = pd.concat([judged(1, 90, 10), judged(2, 180, 20), judged(3, 2, 0), judged(4, 0, 2)])
    found = quality(rows).set_index("person_id")
    raw = found["right"] / found["verdicts"]
    assert 0.85 < found["quality"][3] < 0.97 < raw[3]
    assert raw[4] == 0 < 0.5 < found["quality"][4]
    assert abs(found["quality"][2] - 0.9) < 0.02
    width = found["high"] - found["low"]
    assert width[2] < width[1] < width[3] * 1.5


def test_the_prior_is_the_one_that_people_were_drawn_from() -> None:
    n = np.full(400, 60)
    right = betabinom.rvs(n, 18, 2, random_state=np.random.default_rng(5))
    a, b = prior(right.astype(float), n.astype(float))
    assert abs(a / (a + b) - 0.9) < 0.02
    assert 14 < a + b < 28


def test_nobody_judged_is_no_quality() -> None:
    assert quality(judged(1, 0, 0)).empty


def test_the_fastest_third_shows_where_haste_costs() -> None:
    seconds = [1.0] * 100 + [2.0] * 100 + [4.0] * 100
    right = [n % 5 != 0 for n in range(100)] + [True] * 200
    fast, _, slow = speed_against_accuracy(seconds, right)
    assert (fast.seconds, fast.right, slow.right) == (1.0, 0.8, 1.0)
    assert fast.high < slow.low
    assert speed_against_accuracy([1.0] * 29, [True] * 29) == []


def label(store: Store, person: Reviewer, klass: str) -> int:
    desk = Desk(store, CLASSES)
    message = desk.claim(person.id, 1).result()[0]
    given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=2.0)
    desk.judge(person.id, given).result()
    return message.message_id


def test_only_what_others_know_too_measures_a_person(store: Store) -> None:
    ids = add_messages(store, list("abc"))
    ada, bela = add_person(store, "Ada"), add_person(store, "Bela")
    add_queue(store, ids[:2], overlap=2, gold_share=0.0)
    label(store, ada, "spam")
    with store.read() as connection:
        assert judged_by(connection, ada.id).empty, "true because she said it"
    label(store, bela, "spam")
    with store.read() as connection:
        mine = judged_by(connection, ada.id)
    assert (mine["said"].tolist(), mine["held"].tolist(), mine["seconds"].tolist()) == (["spam"], ["spam"], [2.0])


def test_gold_measures_a_person_by_what_is_known(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(30)])
    ada = add_person(store, "Ada")
    add_queue(store, ids[:29], gold_share=0.5)
    store.write(lambda c: set_gold(c, {ids[29]: "notification"}, CLASSES))
    assert ids[29] in [label(store, ada, "spam") for _ in range(29)]
    with store.read() as connection:
        mine = judged_by(connection, ada.id)
    assert (mine["said"].tolist(), mine["held"].tolist()) == (["spam"], ["notification"])
