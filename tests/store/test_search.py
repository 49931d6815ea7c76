"""The search finds the same on both databases, whatever is typed; it follows the messages, and says how far it is."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import add_messages, the_dataset
from sqlalchemy import select

from core import Project
from core.corpus.generate import Corpus
from core.errors import TallyroomError
from core.frames import MESSAGES
from core.pipeline.index import index_texts
from core.search import search_of, terms_of
from core.store import Store
from core.store.models import SearchStale
from core.store.queries.search import coverage, found_by
from core.store.records.messages import store_messages

ODD = [
    '" OR * NEAR(', "a\u200bb zero\u00adwidth", "ＦＲＥＥ ﬁsh", "ไทยแลนด์ ข้อความ", "你好，世界", "café Straße",
    "x" * 5_000, "don't 50% off!!", "\ufffd", "पैसा क़िला", "مَرْحَبًا بالعالم", "🎉🎊 win",
    "'' \\ :1 <-> !", "", "İstanbul ß",
]  # fmt: skip


class Room:
    """As much of a project as the search needs."""

    def __init__(self, store: Store) -> None:
        self.store, self.dataset_id = store, the_dataset(store)


def index(store: Store, **more: int) -> int:
    room: Project = Room(store)  # type: ignore[assignment]
    return index_texts(room, **more)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, dict[int, str]]]:
    """A store with messages in many languages, all in the index."""
    sqlite = f"sqlite:///{tmp_path_factory.mktemp('room') / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    bodies = [*(sms.body for sms in Corpus(3, start_ms=1_790_000_000_000, every_ms=1_000.0).messages(0, 400)), *ODD]
    with Store.open(url, create=True) as store:
        ids = add_messages(store, bodies)
        assert index(store) == len(ids)
        yield store, dict(zip(ids, bodies, strict=True))


def found(store: Store, asked: str, most: int = 10_000) -> set[int]:
    with store.read() as connection:
        ids = found_by(connection, search_of(asked), most)
    assert ids is not None
    assert len(ids) == len(set(ids))
    return set(ids)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9), typed=st.text(max_size=30))
def test_a_search_finds_what_has_all_its_words_on_both_databases(
    filled: tuple[Store, dict[int, str]], seed: int, typed: str
) -> None:
    store, bodies = filled
    chance = random.Random(seed)
    words = chance.choice([body for body in bodies.values() if len(body) < 400]).split() or ["free"]
    start = chance.randrange(len(words))
    some = chance.choice(
        [
            chance.choice(words),
            f'"{" ".join(words[start : start + 3])}"',
            f"{words[start][: chance.randrange(2, 6)]}*",
            " ".join(chance.sample(words, min(2, len(words)))),
            typed,
        ]
    )
    try:
        search = search_of(some)
    except TallyroomError:
        return
    wanted = {message_id for message_id, body in bodies.items() if search.matches(body)}
    assert found(store, some) == wanted


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ("zerowidth AB", "a\u200bb zero\u00adwidth"),
        ("free fish", "ＦＲＥＥ ﬁsh"),
        ("ข้อความ", "ไทยแลนด์ ข้อความ"),
        ("世界", "你好，世界"),
        ("CAFE\u0301 strasse", "café Straße"),
        ("पैसा", "पैसा क़िला"),
        ("مَرْحَبًا", "مَرْحَبًا بالعالم"),
        ("🎉", "🎉🎊 win"),
    ],
)
def test_words_of_every_script_are_found_whole(filled: tuple[Store, dict[int, str]], asked: str, body: str) -> None:
    store, bodies = filled
    assert body in {bodies[each] for each in found(store, asked)}


def test_marks_count_and_a_part_of_a_word_is_none() -> None:
    assert terms_of("पैसा") == ["पैसा"]
    assert not search_of("पस").matches("पैसा")
    assert not search_of("cafe").matches("café")
    assert not search_of("free").matches("freedom")
    assert search_of("free*").matches("freedom")
    assert search_of("12*").pieces[0].tells_hidden_digits
    assert search_of("x 4938").pieces[1].tells_hidden_digits
    assert not any(piece.tells_hidden_digits for piece in search_of("win 12 pri*").pieces)


def test_more_than_was_asked_for_is_many(filled: tuple[Store, dict[int, str]]) -> None:
    store, _ = filled
    with store.read() as connection:
        assert found_by(connection, search_of("win"), 0) is None


def test_the_index_follows_the_newest_first_in_steps_and_says_how_far_it_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.pipeline.index.PAGE", 4)
    first = add_messages(store, [f"old {n}" for n in range(10)])
    with store.read() as connection:
        assert coverage(connection, the_dataset(store)).sentence.startswith("search covers 0 of 10 messages")
    assert index(store, at_most=4) == 4
    assert found(store, "old") == set(first[-4:])
    fresh = add_messages(store, ["new one"], source="other")
    with store.read() as connection:
        assert coverage(connection, the_dataset(store)).sentence.startswith("search covers 4 of 11 messages")
    assert index(store, at_most=1) == 1
    assert found(store, "new") == set(fresh)
    assert index(store) == 6
    assert found(store, "old") == set(first)
    with store.read() as connection:
        assert coverage(connection, the_dataset(store)).sentence == ""
    assert index(store) == 0


def changed(store: Store, bodies: dict[str, str]) -> None:
    keys = list(bodies)
    frame = pd.DataFrame({"source": "inbox", "key": keys, "body": list(bodies.values()), "text": "x"})
    frame = frame.assign(sender="VM-SHOP", sent_at=pd.Series([1] * len(keys), dtype="Int64"), label=None)
    typed = frame.astype(dict.fromkeys(("source", "key", "body", "text", "sender", "label"), "str"))
    dataset = the_dataset(store)
    store.write(lambda c: store_messages(c, dataset, MESSAGES.validate(typed)))


def test_a_changed_message_is_found_by_its_new_words_and_no_longer_by_its_old_ones(store: Store) -> None:
    ids = add_messages(store, ["apple one", "apple two", "apple three"])
    changed(store, {"2": "fig"})
    assert index(store) == 3, "what changed before it was read is new"
    assert found(store, "fig") == {ids[2]}
    changed(store, {"0": "pear", "1": "pear"})
    changed(store, {"1": "plum"})
    assert index(store) == 2
    assert found(store, "apple") == set()
    assert found(store, "pear") == {ids[0]}
    assert found(store, "plum") == {ids[1]}
    with store.read() as connection:
        assert connection.execute(select(SearchStale.message_id)).all() == []
    assert index(store) == 0
