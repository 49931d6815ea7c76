"""A comparison as a session: who is there, a selection that moves for all, several models, what a decision rests on."""

from __future__ import annotations

import uuid

import pytest
from rooms import add_messages, the_dataset
from runs import add_run
from sqlalchemy import func, select, update

from core.errors import AccessError, DeskError
from core.store import Feed, Store
from core.store.models import Audit, Promotion, RunId
from core.store.queries.apart import held_apart, joint_counts
from labeling.comparison_models import Choice, ComparisonDecision, ComparisonPresence, ComparisonSelection
from labeling.comparisons import (
    Selection,
    be_there,
    comparison_of,
    decide,
    decisions,
    open_comparison,
    present,
    runs_of,
    select_part,
    selected,
)
from labeling.comparisons.session import EXPIRE_MS
from labeling.models import Role
from labeling.people import Reviewer, add_person

HOSTILE = "<script>alert(1)</script> \u202elive"


@pytest.fixture
def lead(store: Store) -> Reviewer:
    return add_person(store, "Lea", Role.LEAD)


@pytest.fixture
def three(store: Store) -> tuple[RunId, RunId, RunId]:
    """Of 100 messages, all of them spam, the first two runs disagree on 60; every tenth text has a link."""
    ids = add_messages(store, [f"see http://a.example/{n}" if n % 10 == 0 else f"m{n}" for n in range(100)])
    said = (["personal"] * 50 + ["spam"] * 50, ["spam"] * 40 + ["notification"] * 20 + ["spam"] * 40, ["spam"] * 100)
    first, second, third = (add_run(store, ids, f"m-{n}", each, model=b"x") for n, each in enumerate(said))
    return first, second, third


@pytest.fixture
def session(store: Store, three: tuple[RunId, RunId, RunId], lead: Reviewer) -> int:
    dataset = the_dataset(store)
    return store.write(lambda c: open_comparison(c, dataset, "words", *three[:2], by=lead.id, beside=three[2:]))


def names(store: Store, session: int) -> list[str]:
    with store.read() as connection:
        return [each.name for each in present(connection, session)]


def test_who_has_a_page_open_is_there_once_whatever_the_tabs_and_servers(
    store: Store, lead: Reviewer, session: int
) -> None:
    mina = add_person(store, HOSTILE, Role.LEAD)
    for server, here in (("one", {(session, lead.id), (session, mina.id)}), ("two", {(session, lead.id)})):
        store.write(lambda c, server=server, here=here: be_there(c, server, here))  # type: ignore[misc]
    assert names(store, session) == [HOSTILE, "Lea"]
    store.write(lambda c: be_there(c, "one", {(session, mina.id)}, {(session, lead.id), (session, mina.id)}))
    assert names(store, session) == [HOSTILE, "Lea"], "still at the other server"
    store.write(lambda c: be_there(c, "two", (), {(session, lead.id)}))
    assert names(store, session) == [HOSTILE]


def test_the_people_of_a_server_that_was_killed_are_gone_by_themselves(
    store: Store, lead: Reviewer, session: int
) -> None:
    store.write(lambda c: be_there(c, "killed", {(session, lead.id)}))
    past = update(ComparisonPresence).values(seen_at=ComparisonPresence.seen_at - EXPIRE_MS)
    store.write(lambda c: c.execute(past))
    assert names(store, session) == []
    store.write(lambda c: be_there(c, "new", {(session, lead.id)}))
    assert names(store, session) == ["Lea"]


def test_only_who_comes_and_goes_is_told_of(store: Store, lead: Reviewer, session: int) -> None:
    feed, here = Feed(store.engine), {(session, lead.id)}
    for before in ((), here, here):
        store.write(lambda c, before=before: be_there(c, "one", here, before))  # type: ignore[misc]
    assert [event.payload for event in feed.wait(5)] == [{"comparison_id": session, "what": "presence"}]
    feed.close()


def test_the_newest_selection_stands_for_all_under_a_name_and_the_same_again_is_no_news(
    store: Store, lead: Reviewer, session: int
) -> None:
    mina = add_person(store, "Mina", Role.LEAD)
    feed = Feed(store.engine)
    cell, message = Selection(truth="spam", predicted="personal"), Selection(kind="has a\x00 link", message=7)
    for part, by in ((cell, lead), (cell, mina), (message, mina)):
        store.write(lambda c, part=part, by=by: select_part(c, session, part, by=by.id))  # type: ignore[misc]
    with store.read() as connection:
        now = selected(connection, session)
        stored = connection.execute(select(func.count()).select_from(ComparisonSelection)).scalar_one()
    assert now is not None
    assert (now.by, now.selection, stored) == ("Mina", Selection(kind="has a\ufffd link", message=7), 2)
    assert [event.payload["what"] for event in feed.wait(5)] == ["selection"] * 2
    feed.close()
    ada = add_person(store, "Ada")
    with pytest.raises(AccessError):
        store.write(lambda c: select_part(c, session, cell, by=ada.id))
    with pytest.raises(DeskError, match="no comparison"):
        store.write(lambda c: select_part(c, session + 1, cell, by=lead.id))


def test_a_session_keeps_all_models_that_were_picked_the_pair_first(
    store: Store, three: tuple[RunId, RunId, RunId], session: int, lead: Reviewer
) -> None:
    with store.read() as connection:
        assert runs_of(connection, comparison_of(connection, session)) == list(three)
    dataset, many = the_dataset(store), [RunId(n) for n in range(3, 12)]
    with pytest.raises(DeskError, match="at most 8"):
        store.write(lambda c: open_comparison(c, dataset, "many", *three[:2], by=lead.id, beside=many))


def test_what_is_not_settled_is_promoted_only_by_who_says_so_and_all_records_say_it(
    store: Store, three: tuple[RunId, RunId, RunId], session: int, lead: Reviewer
) -> None:
    dataset = the_dataset(store)

    def promote_it(*, unsettled: bool) -> int:
        this = str(uuid.uuid4())
        return store.write(
            lambda c: decide(
                c, dataset, session, this, Choice.PROMOTE, "the phones wait", by=lead.id, unsettled=unsettled
            )
        )

    with pytest.raises(DeskError, match="not settled"):
        promote_it(unsettled=False)
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(ComparisonDecision)).scalar_one() == 0
    promote_it(unsettled=True)
    with store.read() as connection:
        (decided,) = decisions(connection, session)
        promoted = connection.execute(select(Promotion.run_id, Promotion.reason)).one()
        detail = connection.execute(select(Audit.detail).where(Audit.action == "comparison decided")).scalar_one()
    assert (decided.settled, decided.reason, decided.evidence) == (False, "the phones wait", None)
    assert tuple(promoted) == (three[1], "not settled: the phones wait")
    assert detail["settled"] is False


def test_a_cell_a_class_and_a_kind_open_exactly_the_messages_on_which_the_two_differ(
    store: Store, three: tuple[RunId, RunId, RunId]
) -> None:
    first, second, _ = three
    with store.read() as connection:
        counts = {(each.first, each.second): each.n for each in joint_counts(connection, first, second)}
        called = held_apart(connection, first, second, truth="spam", predicted="notification")
        whole = held_apart(connection, first, second, truth="spam", limit=35)
        rest = held_apart(connection, first, second, truth="spam", after=whole.after or 0, limit=35)
        links = held_apart(connection, first, second, belongs=lambda body, _sender: "http" in body, limit=4)
        more = held_apart(
            connection, first, second, belongs=lambda body, _sender: "http" in body, after=links.after or 0
        )
        nothing = held_apart(connection, first, second, truth="personal")
    said = {("personal", "spam"): 40, ("personal", "notification"): 10, ("spam", "notification"): 10}
    assert counts == {**said, ("spam", "spam"): 40}
    assert (len(called.messages), called.after) == (20, None)
    assert (len(whole.messages), len(rest.messages), rest.after) == (35, 25, None)
    assert len({each.message_id for each in (*whole.messages, *rest.messages)}) == 60
    assert (len(links.messages), len(more.messages), more.after) == (4, 2, None)
    assert (nothing.messages, nothing.after) == ([], None)
