"""What the pages say of the desk is what happened at it."""

from __future__ import annotations

import random
import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import CLASSES, add_champion, add_messages, add_queue
from sqlalchemy import select, update

from core.errors import DeskError
from core.store import Store
from core.store.models import Promotion
from labeling.claims import HandOut
from labeling.consensus import majority
from labeling.desk import Desk
from labeling.models import Person, Verdict, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.queries import DAY_MS, day_of, office, open_queues, recent_verdicts
from labeling.simulated import Colleague, Skill
from labeling.sway import Sway, sway, swayed
from labeling.verdicts import Given


def judge(store: Store, person: Reviewer, message: HandOut, klass: str, seconds: float = 1.0) -> None:
    verdict = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=seconds)
    Desk(store, CLASSES).judge(person.id, verdict).result()


def claim(store: Store, person: Reviewer, count: int = 1) -> list[HandOut]:
    return Desk(store, CLASSES).claim(person.id, count).result()


def test_the_queue_says_what_is_done_what_is_held_and_when_it_is_back(store: Store) -> None:
    add_queue(store, add_messages(store, ["a", "b", "c"]), lease_ms=60_000)
    ada = add_person(store, "Ada")
    judge(store, ada, claim(store, ada, 2)[0], "spam")
    with store.read() as connection:
        (queue,) = open_queues(connection)
    assert (queue.total, queue.done, queue.held) == (3, 1, 1)
    assert queue.back_in_seconds is not None
    assert 50 <= queue.back_in_seconds <= 60


def test_a_day_counts_what_stands_of_the_last_24_hours(store: Store) -> None:
    add_queue(store, add_messages(store, list("abcd")))
    ada, bela = add_person(store, "Ada"), add_person(store, "Bela")
    for seconds in (1.0, 9.0, 2.0):
        judge(store, ada, claim(store, ada)[0], "spam", seconds)
    with store.read() as connection:
        first = connection.execute(select(Verdict.id).order_by(Verdict.id).limit(1)).scalar_one()
        assert day_of(connection, ada.id).seconds == 2.0
        assert (day_of(connection, ada.id).compared, day_of(connection, ada.id).agreed) == (3, 3)
        assert day_of(connection, bela.id).verdicts == 0
    yesterday = Verdict.at - DAY_MS - 1
    store.write(lambda c: c.execute(update(Verdict).where(Verdict.id == first).values(at=yesterday)))
    Desk(store, CLASSES).undo(ada.id, str(uuid.uuid4())).result()
    with store.read() as connection:
        assert day_of(connection, ada.id).verdicts == 1
        assert [verdict.person for verdict in recent_verdicts(connection)] == ["Ada", "Ada"]
        assert (office(connection).people, office(connection).simulated) == (1, 0)


def test_only_who_saw_a_prediction_counts_as_having_seen_it(store: Store) -> None:
    ids = add_messages(store, list("abc"))
    ada = add_person(store, "Ada")
    add_queue(store, ids, blind_share=0.0)
    judge(store, ada, claim(store, ada)[0], "personal")  # before there is any prediction
    add_champion(store, ids, "spam")
    judge(store, ada, claim(store, ada)[0], "spam")
    store.write(lambda c: c.execute(update(Verdict).where(Verdict.shown_klass.is_(None)).values(blind=False)))
    with store.read() as connection:
        seen = sway(connection)
    assert (seen.shown, seen.shown_confirmed, seen.blind) == (1, 1, 0)


def test_a_blind_verdict_is_held_against_what_was_not_shown(store: Store) -> None:
    ids = add_messages(store, list("ab"))
    ada = add_person(store, "Ada")
    add_champion(store, ids, "spam")
    add_queue(store, ids, blind_share=1.0)
    for klass in ("spam", "personal"):
        judge(store, ada, claim(store, ada)[0], klass)
    with store.read() as connection:
        seen = sway(connection)
    assert (seen.shown, seen.blind, seen.blind_confirmed) == (0, 2, 1)


def test_a_blind_verdict_is_not_held_against_a_champion_that_came_after_it(store: Store) -> None:
    ids = add_messages(store, list("ab"))
    ada = add_person(store, "Ada")
    add_champion(store, ids, "spam")
    add_queue(store, ids, blind_share=1.0)
    judge(store, ada, claim(store, ada)[0], "personal")
    store.write(lambda c: c.execute(update(Verdict).values(at=Verdict.at - 5)))
    store.write(lambda c: c.execute(update(Promotion).values(at=Promotion.at - 60_000)))
    add_champion(store, ids, "personal")
    with store.read() as connection:
        seen = sway(connection)
    assert (seen.blind, seen.blind_confirmed) == (1, 0)


def test_how_far_a_prediction_sways_comes_with_newcombes_interval() -> None:
    """Newcombe 1998, method 10, its first example: 56 of 70 against 48 of 80."""
    found = swayed(Sway(shown=70, shown_confirmed=56, blind=80, blind_confirmed=48))
    assert found is not None
    assert (round(found.by, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert found.settled
    assert swayed(Sway(500, 480, 3, 3)) is None


def test_a_simulated_colleague_is_marked_and_as_good_as_said(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(150)])
    add_queue(store, ids)
    stop = threading.Event()

    def truth(message_id: int) -> str:
        if message_id == ids[-1]:
            stop.set()
        return "spam"

    colleague = Colleague(store, CLASSES, Skill("Cy (simulated)", 0.8, 0.0, 0.0), truth, seed=1)
    assert colleague.work(stop) >= 149
    with store.read() as connection:
        said = list(connection.execute(select(Verdict.klass)).scalars())
        assert connection.execute(select(Person.simulated)).scalar_one()
        assert office(connection).simulated == 1
    assert 0.65 < said.count("spam") / len(said) < 0.95


def test_a_simulated_colleague_takes_nobodys_name(store: Store) -> None:
    add_person(store, "Ada")
    with pytest.raises(DeskError, match="a real person"):
        Colleague(store, CLASSES, Skill("Ada", 1.0, 0.0, 0.0), lambda _id: None, seed=1)


@given(st.lists(st.sampled_from(CLASSES), max_size=9), st.randoms(use_true_random=False))
def test_the_majority_does_not_depend_on_who_spoke_first(verdicts: list[str], chance: random.Random) -> None:
    shuffled = verdicts.copy()
    chance.shuffle(shuffled)
    consensus = majority(verdicts)
    assert majority(shuffled) == consensus
    rest = [klass for klass in set(verdicts) if klass != consensus.klass]
    if consensus.klass is not None:
        assert all(verdicts.count(consensus.klass) > verdicts.count(klass) for klass in rest)
