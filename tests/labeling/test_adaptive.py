"""Adaptive overlap: a further opinion while nobody can be sure, asked of who would settle it."""

from __future__ import annotations

import itertools
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import CLASSES, add_champion, add_messages, add_queue
from sqlalchemy import select, update

import labeling.check
from core.store import Store
from core.store.models import now_ms
from labeling import skills as office_skills
from labeling.adaptive import (
    Array,
    best_asked,
    expected_gain,
    opinions_wanted,
    posterior,
    prior,
    smoothed,
)
from labeling.desk import Desk
from labeling.models import OpinionAsked, Task, VerdictKind
from labeling.people import PersonId, add_person
from labeling.verdicts import Given

K = 3
counts = st.lists(st.integers(0, 60), min_size=K * K, max_size=K * K).map(lambda n: np.array(n, float).reshape(K, K))
confusions = st.builds(smoothed, counts, counts)
opinions = st.lists(st.tuples(confusions, st.integers(0, K - 1)), max_size=5)
priors = st.builds(prior, st.just(K), st.integers(0, K - 1), st.floats(0, 1))


@given(priors, opinions)
def test_a_posterior_sums_to_one_and_does_not_know_who_spoke_first(
    before: Array, said: list[tuple[Array, int]]
) -> None:
    now = posterior(before, said)
    assert now.sum() == pytest.approx(1)
    assert (now >= 0).all()
    assert posterior(before, said[::-1]) == pytest.approx(now)


@given(priors, opinions, confusions, st.integers(0, K - 1))
def test_one_more_who_agrees_never_makes_it_less_sure(
    before: Array, said: list[tuple[Array, int]], another: Array, klass: int
) -> None:
    now, then = posterior(before, said), posterior(before, [*said, (another, klass)])
    assert then[klass] >= now[klass] - 1e-9


@given(priors, confusions)
def test_asking_is_expected_to_teach_something_or_nothing_never_less(before: Array, whom: Array) -> None:
    assert expected_gain(before, whom) >= 0


@given(priors, st.integers(0, 5), st.integers(1, 5), st.floats(0.5, 0.99))
def test_no_more_opinions_are_wanted_than_may_be(now: Array, said: int, most: int, sure_at: float) -> None:
    wanted = opinions_wanted(now, said, most, sure_at)
    assert 1 <= wanted <= most
    assert wanted <= said + 1


def test_the_one_who_can_tell_the_classes_apart_is_asked() -> None:
    now = np.array([0.5, 0.5, 0.0])
    sharp = smoothed(np.eye(K) * 200, np.zeros((K, K)))
    blunt = smoothed(np.ones((K, K)) * 70, np.zeros((K, K)))
    assert best_asked(now, {"sharp": sharp, "blunt": blunt}) == "sharp"
    assert best_asked(now, {}) is None


def say(desk: Desk, person: PersonId, klass: str, count: int = 1) -> int:
    message = desk.claim(person, count).result()[0]
    desk.judge(person, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=1.0)).result()
    return message.message_id


def task_of(store: Store, message_id: int) -> tuple[int, int, int]:
    with store.read() as connection:
        columns = (Task.overlap, Task.judged, Task.free)
        return tuple(connection.execute(select(*columns).where(Task.message_id == message_id)).one())  # type: ignore[return-value]


def test_a_message_that_all_agree_on_is_asked_once_and_a_dispute_again(store: Store) -> None:
    ids = add_messages(store, ["clear", "dispute"])
    add_champion(store, ids, "spam", 0.97)
    add_queue(store, ids, adaptive=True, overlap=3, sure_at=0.95, explore_share=0.0)
    desk = Desk(store, CLASSES)
    ada, bela, cleo, dora = (add_person(store, name).id for name in ("Ada", "Bela", "Cleo", "Dora"))
    clear = say(desk, ada, "spam")
    assert task_of(store, clear) == (1, 1, 0), "the model and one person are sure together"
    dispute = say(desk, ada, "personal")
    assert task_of(store, dispute) == (2, 1, 1), "they say different things: one more is asked"
    assert say(desk, bela, "spam") == dispute
    overlap, judged, free = task_of(store, dispute)
    assert judged == 2
    assert (overlap, free) in ((2, 0), (3, 1))
    for person, klass in ((cleo, "personal"), (dora, "personal")):
        if task_of(store, dispute)[2]:
            say(desk, person, klass)
    assert task_of(store, dispute)[1] <= 3, "three at the most"
    desk.undo(ada, str(uuid.uuid4())).result()
    with store.read() as connection:
        assert labeling.check.check(connection) == []


def test_a_dispute_waits_a_minute_for_the_one_who_would_settle_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(12)])
    add_champion(store, ids, "spam", 0.9)
    add_queue(store, ids, adaptive=True, overlap=5, explore_share=0.0)
    desk = Desk(store, CLASSES)
    ada, bela, cleo = (add_person(store, name).id for name in ("Ada", "Bela", "Cleo"))
    sharp, blunt = np.eye(2) * 300, np.full((2, 2), 150.0)
    known = office_skills.Skills(("personal", "spam"), sharp, {bela: sharp, cleo: blunt, ada: blunt})
    monkeypatch.setattr("labeling.opinions.skills", lambda _connection: known)
    for person in (bela, cleo):
        desk.claim(person, 1).result()
    dispute = say(desk, ada, "personal")
    with store.read() as connection:
        assert connection.execute(select(Task.for_person_id).where(Task.message_id == dispute)).scalar_one() == bela
        assert connection.execute(select(OpinionAsked.person_id)).scalar_one() == bela
    assert dispute not in [message.message_id for message in desk.claim(cleo, 3).result()]
    assert desk.claim(bela, 2).result()[-1].message_id == dispute, "before what else is waiting"
    desk.release(bela, [desk.claim(bela, 2).result()[-1].lease_id]).result()
    store.write(lambda c: c.execute(update(Task).values(for_until=now_ms() - 1)))
    assert dispute in [message.message_id for message in desk.claim(cleo, 4).result()], "then anybody may have it"


def test_agreeing_more_ever_more_surely() -> None:
    sure = smoothed(np.zeros((K, K)), np.zeros((K, K)))
    steps = [posterior(prior(K, None, 0.0), [(sure, 0)] * n)[0] for n in range(5)]
    assert all(before < after for before, after in itertools.pairwise(steps))
