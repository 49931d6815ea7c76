"""What the drift and flow panes are drawn from, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from drifting import add_weeks
from hypothesis import given
from hypothesis import strategies as st
from rooms import CLASSES, add_messages, add_queue, the_dataset
from servers import make_folder
from sqlalchemy import func, insert, select

from core import Project
from core.errors import TallyroomError
from core.store import Store
from core.store.check import check
from core.store.models import MinuteCount
from core.store.queries.live import clock
from core.store.records.minutes import ARRIVED, KEPT_MINUTES, MINUTE_MS, count_minute
from dashboard.figures import FIGURES
from dashboard.figures.classes import start_of, stretches
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.views import View
from dashboard.word_looks import WordLooks
from labeling.at_desk import at_desk, pace
from labeling.desk import Desk
from labeling.models import VerdictKind
from labeling.people import add_person
from labeling.signs import SIGNS, Look
from labeling.verdicts import Given


@pytest.fixture
def project(store: Store, store_url: str, tmp_path: Path) -> Iterator[Project]:
    opened = Project(make_folder(tmp_path, store_url))
    yield opened
    opened.close()


def test_the_page_and_the_alarm_say_the_same_number(store: Store, project: Project) -> None:
    run_id = add_weeks(store, drifts=True)
    figure = FIGURES.get("drift")(CLASSES)
    with look(project, Samples(project.classes)) as common:
        reading = Reading(common, View(pane="drift"))
        rows, words = figure.rows(reading), figure.words(reading)["drift-of"]
        found = SIGNS.get("drift")().measure(Look(common.connection, the_dataset(store), CLASSES))
    assert found is not None
    assert len(rows["line"]) > 20
    newest = list(rows["moved"].values())[-1]
    assert found.value == pytest.approx(newest["distance"], abs=1e-4)
    assert found.value == pytest.approx(words["distance"], abs=1e-3)
    assert found.facts["behind"] == {
        "run": run_id, "model": "char-svc v1", "against": "predictions", "predicted": "spam",
        "since": newest["since"], "until": newest["until"],
    }  # fmt: skip
    with store.read() as connection:
        assert check(connection) == []


def test_a_quiet_room_is_calm_and_an_empty_one_says_nothing(store: Store, project: Project) -> None:
    figure = FIGURES.get("drift")(CLASSES)
    with look(project, Samples(project.classes)) as common:
        reading = Reading(common, View(pane="drift"))
        assert not any(figure.rows(reading).values())
        assert figure.words(reading)["drift-of"]["state"] == "empty"
    add_weeks(store)
    with look(project, Samples(project.classes)) as common:
        reading = Reading(common, View(pane="drift"))
        assert figure.rows(reading)["moved"] == {}
        assert figure.words(reading)["drift-note"].startswith(("Calm", "Perhaps"))


def test_slices_that_moved_come_first_and_a_view_of_one_is_held_against_its_own_past(
    store: Store, project: Project
) -> None:
    add_weeks(store, drifts=True)
    with look(project, Samples(project.classes)) as common:
        rows = FIGURES.get("slices")(CLASSES).rows(Reading(common, View(pane="drift")))["rows"]
        moved = [name for name, row in rows.items() if row["moved"]]
        assert moved == list(rows)[: len(moved)]
        assert "script:Latin" in moved
        reading = Reading(common, View(pane="drift", slice="script:Latin"))
        words = FIGURES.get("drift")(CLASSES).words(reading)["drift-of"]
    assert words["distance"] == pytest.approx(rows["script:Latin"]["distance"], abs=1e-3)


def test_the_words_of_the_newest_messages_are_found_and_kept_for_a_minute(store: Store, project: Project) -> None:
    add_weeks(store, drifts=True)
    looks = WordLooks(project)
    found = looks.look("")
    assert "zorblax" in {each["word"] for each in found["found"]["risen"]}
    assert looks.look("") is found
    assert looks.look("script:Han")["new"] < found["new"]


def test_what_came_is_counted_by_the_minute_and_old_minutes_are_forgotten(store: Store, project: Project) -> None:
    with store.read() as connection:
        now = clock(connection) // MINUTE_MS
    old = {"series": ARRIVED, "minute": now - KEPT_MINUTES - 5, "shard": 0, "n": 7}
    store.write(lambda c: c.execute(insert(MinuteCount), [old]))
    ids = add_messages(store, [f"message {n}" for n in range(12)])
    store.write(lambda c: count_minute(c, ARRIVED, 0))
    with store.read() as connection:
        assert connection.execute(select(func.sum(MinuteCount.n)).where(MinuteCount.series == ARRIVED)).scalar() == 12
    add_queue(store, ids, blind_share=0.0)
    ada = add_person(store, "Ada").id
    desk = Desk(store, CLASSES)
    held = desk.claim(ada, 1).result()[0]
    desk.judge(ada, Given("11111111-1111-4111-8111-111111111111", held.lease_id, VerdictKind.LABEL, "spam")).result()
    with look(project, Samples(project.classes)) as common:
        words = FIGURES.get("throughput")(CLASSES).words(Reading(common, View(pane="flow")))
        assert (words["flow-arrived"], words["flow-judged"]) == ("12", "1")
        assert sum(pace(common.connection, range(now - 5, now + 5)).minutes.values()) == 1
        assert [(each.name, each.verdicts) for each in at_desk(common.connection)] == [("Ada", 1)]
        rows = FIGURES.get("queue_flow")(CLASSES).rows(Reading(common, View(pane="flow")))["rows"]
    assert [(row["name"], row["total"]) for row in rows.values()] == [("review", 12)]


by_hour = st.dictionaries(
    st.integers(0, 600_000), st.dictionaries(st.sampled_from(CLASSES), st.integers(1, 50)), max_size=30
)


@given(by_hour, st.sampled_from([1, 12, 24, 168]))
def test_hours_put_together_lose_no_message(counts: dict[int, dict[str, int]], hours: int) -> None:
    found = stretches(counts, hours)
    assert sum(sum(each.values()) for each in found.values()) == sum(sum(each.values()) for each in counts.values())
    assert all(0 <= hour - start_of(hour, hours) < hours for hour in counts)
    assert all(start_of(start, hours) == start for start in found)


def test_weeks_begin_on_monday_and_the_unit_suits_the_time() -> None:
    assert start_of(24 * 4, 168) == 24 * 4, "5 January 1970 was a Monday"
    assert [View(when=when).unit_hours(0) for when in ("", "7d", "30d", "90d", "365d")] == [1, 1, 24, 24, 168]
    assert View(when="365d", unit="hour").unit_hours(0) == 1
    with pytest.raises(TallyroomError, match="no unit of that name"):
        View(unit="year")
