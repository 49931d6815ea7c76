"""The messages behind a number: each once, none missing, in any order; the description goes through a URL and back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import CLASSES, add_messages, the_dataset
from sqlalchemy import insert, select, update

from core.errors import TallyroomError
from core.store import Store
from core.store.models import Alarm, DatasetId, Message, Origin, RunId, Truth
from core.store.queries import messages
from core.store.queries.behind import Against, Behind, Order, behind_in, behind_of
from core.store.queries.messages import messages_behind
from core.store.records.labels import add_labels, set_label
from core.store.records.predictions import add_predictions
from core.store.records.runs import NewRun, add_fold_predictions, finish_run, start_run

N = 240
MINUTE = 60_000
START = 1_790_000_000_000
WORDS = ["prize", "win", "call me", "http://a.b/c now", "आपका खाता", "code 49382"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Any]]:
    """A store with messages of every sort, and the same as frames: of predictions, and of folds."""
    sqlite = f"sqlite:///{tmp_path_factory.mktemp('room') / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        yield store, fill(store)


def fill(store: Store) -> dict[str, pd.DataFrame]:
    chance = random.Random(7)
    bodies = [f"{chance.choice(WORDS)} {chance.choice(WORDS)} {n}" for n in range(N)]
    ids = add_messages(store, bodies)
    times = {each: START + MINUTE * chance.randrange(60) for each in ids}  # not in the order of the ids
    for each, at in times.items():
        store.write(lambda c, each=each, at=at: c.execute(update(Message).where(Message.id == each).values(sent_at=at)))
    new = NewRun(the_dataset(store), "char-svc", "fp", 0, 0, 5, 7, {})
    run_id = store.write(lambda c: start_run(c, new))
    store.write(lambda c: finish_run(c, run_id))
    said = pd.DataFrame({"message_id": ids, "klass": chance.choices(CLASSES, k=N), "hour": START // 3_600_000})
    said = said.assign(confidence=[chance.choice([0.5, 0.75, 0.9, 1 / 3]) for _ in ids])
    said = said.drop(index=chance.sample(range(N), 20))
    store.write(lambda c: add_predictions(c, run_id, said))
    sourced = pd.DataFrame({"message_id": ids[:100], "klass": chance.choices(CLASSES, k=100), "origin_ref": "inbox"})
    store.write(lambda c: add_labels(c, Origin.IMPORTED, sourced))
    for each in ids[60:160]:
        klass = chance.choice(CLASSES)
        store.write(lambda c, each=each, klass=klass: set_label(c, each, Origin.VERDICT, klass))
    folds = []
    for repeat in range(2):
        frame = pd.DataFrame({"message_id": ids[:90], "truth": chance.choices(CLASSES, k=90)})
        frame = frame.assign(klass=chance.choices(CLASSES, k=90), confidence=chance.choices([0.4, 0.8], k=90))
        store.write(lambda c, r=repeat, f=frame: add_fold_predictions(c, RunId(run_id), r, f))  # type: ignore[misc]
        folds.append(frame.assign(repeat=repeat))
    store.write(
        lambda c: c.execute(
            insert(Alarm).values(kind="drift", title="drift", state="open", facts={"message_ids": ids[:30]})
        )
    )
    known = pd.DataFrame({"message_id": ids, "body": bodies, "at": [times[each] for each in ids]})
    with store.read() as connection:
        rows = connection.execute(select(Truth.message_id, Truth.klass, Truth.origin)).all()
    truth = pd.DataFrame(rows, columns=["message_id", "truth", "origin"])
    plain = said.assign(repeat=0).drop(columns="hour").merge(known).merge(truth, how="left")
    return {"predictions": plain, "folds": pd.concat(folds).merge(known).assign(origin="")}


def messages_behind_all(store: Store, behind: Behind, **more: Any) -> list[messages.MessageRow]:
    found: list[messages.MessageRow] = []
    after: str | None = None
    for _ in range(400):
        with store.read() as connection:
            page = messages_behind(connection, DatasetId(1), behind, after=after, **more)
        found += page.rows
        after = page.after
        if after is None:
            return found
    raise AssertionError("the pages do not end")


def plainly(frames: dict[str, pd.DataFrame], behind: Behind) -> list[tuple[int, int]]:
    """What a page should hold, filtered and sorted in one go."""
    frame = frames["folds" if behind.against == Against.FOLDS else "predictions"]
    keep = pd.Series(True, frame.index)
    if behind.against in (Against.VERDICTS, Against.IMPORTED):
        keep &= frame["origin"] == ("verdict" if behind.against == Against.VERDICTS else "imported")
    if behind.truth is not None:
        keep &= frame["truth"] == behind.truth
    if behind.predicted is not None:
        keep &= frame["klass"] == behind.predicted
    if behind.correct is not None:
        keep &= (frame["truth"] == frame["klass"]) == behind.correct
    if behind.at_least is not None:
        keep &= frame["confidence"] >= behind.at_least
    if behind.below is not None:
        keep &= frame["confidence"] < behind.below
    if behind.since is not None:
        keep &= frame["at"] >= behind.since
    if behind.until is not None:
        keep &= frame["at"] < behind.until
    if behind.slice == "kind:has a link":
        keep &= frame["body"].str.contains("http")
    if behind.search is not None:
        keep &= pd.Series([behind.search.matches(body) for body in frame["body"]], frame.index)
    by = ["at", "message_id"] if behind.since is not None or behind.until is not None else ["message_id"]
    if behind.order != Order.NEWEST:
        by = ["confidence", "message_id"]
    shown = frame[keep].sort_values([*by, "repeat"], ascending=behind.order == Order.LEAST_SURE)
    return list(zip(shown["message_id"], shown["repeat"], strict=True))


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


@st.composite
def descriptions(draw: st.DrawFn) -> Behind:
    against = draw(st.sampled_from(list(Against)))
    held = against != Against.PREDICTIONS
    return Behind(
        RunId(1),
        against,
        truth=draw(maybe(st.sampled_from(CLASSES))) if held else None,
        predicted=draw(maybe(st.sampled_from(CLASSES))),
        correct=draw(maybe(st.booleans())) if held else None,
        at_least=draw(maybe(st.sampled_from([0.0, 1 / 3, 0.5, 0.9]))),
        below=draw(maybe(st.sampled_from([0.5, 0.75, 1.0]))),
        since=draw(maybe(st.integers(START, START + 60 * MINUTE))),
        until=draw(maybe(st.integers(START, START + 60 * MINUTE))),
        slice=draw(maybe(st.just("kind:has a link"))),
        q=draw(st.sampled_from(["", "", "prize", "खाता", '"call me" win'])),
        order=draw(st.sampled_from(list(Order))),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(behind=descriptions(), few=st.sampled_from([0, 50, 20_000]), limit=st.integers(1, 60), look=st.integers(7, 300))
def test_pages_put_together_are_one_plain_filter(
    filled: tuple[Store, Any], monkeypatch: pytest.MonkeyPatch, behind: Behind, few: int, limit: int, look: int
) -> None:
    store, frames = filled
    monkeypatch.setattr("core.store.queries.candidates.FEW", few)
    monkeypatch.setattr("core.store.queries.candidates.found_by", lambda *_: None)  # the index has a test of its own
    found = messages_behind_all(store, behind, limit=limit, look=look)
    assert [(row.message_id, row.repeat) for row in found] == plainly(frames, behind)


@given(behind=descriptions())
def test_a_description_goes_through_a_url_and_back(behind: Behind) -> None:
    assert behind_in(behind.query) == behind


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("against=folds", "run"),
        ("run=1&against=office", "against"),
        ("run=x", "run"),
        ("run=1&at_least=nan", "at_least"),
        ("run=1&below=2", "below"),
        ("run=1&truth=spam", "truth"),
        ("run=1&against=folds&correct=yes", "correct"),
        ("run=1&slice=short", "slice"),
        ("run=1&q=" + "x" * 10_000, "q"),
        ("run=1&q=%00", "q"),
        ("run=1&predictd=spam", "predictd"),
        ("alarm=1&against=verdicts", "against"),
        ("run=99999999999999999999", "run"),
        ("run=1&order=best", "order"),
    ],
)
def test_what_cannot_be_is_said_with_its_place_and_a_way_out(query: str, what: str) -> None:
    with pytest.raises(TallyroomError) as refused:
        behind_in(query)
    assert refused.value.where == what
    assert refused.value.fix


def test_an_alarm_opens_its_messages_also_those_the_run_has_not_judged(filled: tuple[Store, Any]) -> None:
    store, _ = filled
    for run in ("", "&run=1"):
        rows = messages_behind_all(store, behind_in(f"alarm=1{run}&order=surest"), limit=7)
        assert len({row.message_id for row in rows}) == len(rows) == 30
    with store.read() as connection, pytest.raises(TallyroomError, match="no alarm 7"):
        messages_behind(connection, DatasetId(1), behind_of({"alarm": "7"}))


def test_a_walk_that_finds_nothing_stops_and_says_where_to_go_on(filled: tuple[Store, Any]) -> None:
    store, _ = filled
    with store.read() as connection:
        nobody = Behind(RunId(1), predicted="nobody")
        page = messages_behind(connection, DatasetId(1), nobody, look=70)
        assert (len(page.rows), page.looked, page.short) == (0, 70, True)
        assert messages_behind(connection, DatasetId(1), nobody, after=page.after).after is None
        with pytest.raises(TallyroomError, match="no place in this order"):
            messages_behind(connection, DatasetId(1), Behind(RunId(1), order=Order.SUREST), after="x")
