"""A set of labels stays what it was; what is withdrawn counts as never given, and comes back whole."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from databases import Sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from sqlalchemy import select, update

import labeling.check
from core.errors import AccessError, DeskError
from core.store import Store, check
from core.store.models import Message, Origin, Truth
from core.store.records.labels import add_labels, set_label
from labeling import label_sets, withdrawal, withdrawal_derivation
from labeling.desk import Desk
from labeling.exchange import FORMATS, export
from labeling.label_sets import Change, diff, find, freeze, rows_of
from labeling.models import Role, Verdict, VerdictKind, Withdrawal, WithdrawnVerdict
from labeling.people import Reviewer, add_person
from labeling.verdicts import Given
from labeling.withdrawal import Scope, take_back, withdraw


def judge(store: Store, name: str, said: Sequence[str]) -> list[int]:
    """That person judges the next messages; gives the messages' ids."""
    person, desk = add_person(store, name), Desk(store, CLASSES)
    judged = []
    for klass in said:
        message, *_ = desk.claim(person.id).result()  # after two undos there are two in hand
        desk.judge(person.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)).result()
        judged.append(message.message_id)
    return judged


def truth(store: Store) -> dict[int, str]:
    with store.read() as connection:
        return {row.message_id: row.klass for row in connection.execute(select(Truth.message_id, Truth.klass))}


def differences(store: Store) -> list[object]:
    with store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)]


def lead(store: Store) -> Reviewer:
    return add_person(store, "Lea", Role.LEAD)


@pytest.mark.parametrize("form", FORMATS.names())
def test_a_set_exported_twice_is_the_same_to_the_byte_whatever_came_between(
    store: Store, tmp_path: Path, form: str
) -> None:
    dataset = the_dataset(store)
    ids = add_messages(store, list("abcdef"), label="notification")
    add_champion(store, ids, "spam")
    add_queue(store, ids, overlap=2, blind_share=0.5)
    judge(store, "Ada", ["spam", "personal", "spam"])
    frozen = freeze(store, dataset, "spring", by="Lea")
    assert frozen.counts == {"notification": 3, "personal": 1, "spam": 2}
    written = []
    for turn in range(2):
        target = tmp_path / f"{turn}{FORMATS.get(form).extension}"
        assert (
            export(rows_of(store, dataset, find(store, dataset, "spring")), target, FORMATS.get(form)(), CLASSES) == 6
        )
        files = [target] if target.is_file() else sorted(path for path in target.rglob("*") if path.is_file())
        written.append([path.read_bytes() for path in files])
        judge(store, "Bela", ["personal", "notification"])
        Desk(store, CLASSES).undo(add_person(store, "Ada").id, str(uuid.uuid4())).result()
        withdraw(store, dataset, Scope(person="Ada"), reason="a test", by=lead(store).id)
        store.write(lambda c: set_label(c, ids[5], Origin.IMPORTED, "personal"))
    assert written[0] == written[1]


def test_a_set_whose_messages_a_source_has_changed_says_so_and_writes_nothing(store: Store, tmp_path: Path) -> None:
    dataset = the_dataset(store)
    ids = add_messages(store, ["a", "b"], label="spam")
    frozen = freeze(store, dataset, "spring", by="Lea")
    store.write(lambda c: c.execute(update(Message).where(Message.id == ids[0]).values(body="another")))
    with pytest.raises(DeskError, match="a source has changed them"):
        export(rows_of(store, dataset, frozen), tmp_path / "labels.csv", FORMATS.get("csv")(), CLASSES)
    assert list(tmp_path.glob("*.csv")) == []


def test_rules_labels_are_in_a_set_where_they_are_asked_for(store: Store) -> None:
    dataset = the_dataset(store)
    ids = add_messages(store, ["a", "b"])
    import pandas as pd

    frame = pd.DataFrame({"message_id": ids, "klass": "spam", "origin_ref": "won"})
    store.write(lambda c: add_labels(c, Origin.RULE, frame))
    store.write(lambda c: set_label(c, ids[0], Origin.VERDICT, "personal"))
    assert freeze(store, dataset, "given", by="Lea").counts == {"personal": 1}
    everything = freeze(store, dataset, "all", origins=tuple(Origin), by="Lea")
    assert everything.counts == {"personal": 1, "spam": 1}
    assert [row.origin_ref for row in rows_of(store, dataset, everything)] == ["", "won"]


def test_two_sets_differ_in_what_was_added_taken_away_or_changed(store: Store) -> None:
    dataset = the_dataset(store)
    ids = add_messages(store, list("abcd"))
    for message_id, klass in ((ids[0], "spam"), (ids[1], "spam"), (ids[2], "personal")):
        store.write(lambda c, m=message_id, k=klass: set_label(c, m, Origin.VERDICT, k))
    one = freeze(store, dataset, "one", by="Lea")
    for message_id, klass in ((ids[1], "personal"), (ids[2], None), (ids[3], "spam")):
        store.write(lambda c, m=message_id, k=klass: set_label(c, m, Origin.VERDICT, k))
    two = freeze(store, dataset, "two", by="Lea")
    assert list(diff(store, dataset, one, two)) == [
        Change(ids[1], "inbox", "1", "spam", "personal"),
        Change(ids[2], "inbox", "2", "personal", None),
        Change(ids[3], "inbox", "3", None, "spam"),
    ]
    assert list(diff(store, dataset, two, two)) == []
    assert one.fingerprint != two.fingerprint
    assert [each.name for each in label_sets.label_sets(store, dataset)] == ["two", "one"]


@pytest.mark.parametrize(("name", "says"), [("spring", "already"), ("a/b", "name has"), ("", "name has")])
def test_a_sets_name_is_free_and_plain(store: Store, name: str, says: str) -> None:
    add_messages(store, ["a"], label="spam")
    freeze(store, the_dataset(store), "spring", by="Lea")
    with pytest.raises(DeskError, match=says):
        freeze(store, the_dataset(store), name, by="Lea")
    with pytest.raises(DeskError, match="Did you mean 'spring'"):
        find(store, the_dataset(store), "sprang")


def test_a_reviewer_taken_out_leaves_the_labels_that_the_others_give_and_comes_back_whole(store: Store) -> None:
    dataset = the_dataset(store)
    ids = add_messages(store, list("abcd"), label="notification")
    add_champion(store, ids, "spam")
    add_queue(store, ids, overlap=3, blind_share=0.0)
    judge(store, "Ada", ["spam", "spam", "spam"])
    judge(store, "Bela", ["personal", "spam"])
    judge(store, "Carla", ["spam"])
    with_ada = truth(store)
    done = withdraw(store, dataset, Scope(person="Ada"), reason="was new", by=lead(store).id)
    assert truth(store) == {ids[0]: "notification", ids[1]: "spam", ids[2]: "notification", ids[3]: "notification"}
    assert done.verdicts == 3
    assert done.changed == {("spam", "notification"): 2}
    assert done.before is not None
    assert done.after is not None
    assert (done.before.right, done.before.judged, done.after.right, done.after.judged) == (3, 3, 1, 1)
    assert differences(store) == []
    judge(store, "Dora", ["personal"])  # against Bela's "spam" it is a tie, for Ada does not count
    assert truth(store)[ids[1]] == "notification"
    take_back(store, dataset, done.id, reason="she was right", by=lead(store).id)
    assert truth(store) == with_ada
    assert differences(store) == []
    with pytest.raises(DeskError, match="taken back already"):
        take_back(store, dataset, done.id, reason="again", by=lead(store).id)


def test_a_day_taken_out_takes_what_was_said_on_it(store: Store) -> None:
    dataset = the_dataset(store)
    ids = add_messages(store, list("abc"))
    add_queue(store, ids)
    judge(store, "Ada", ["spam", "spam", "spam"])
    with store.read() as connection:
        first = connection.execute(select(Verdict.id).order_by(Verdict.id).limit(1)).scalar_one()
    store.write(lambda c: c.execute(update(Verdict).where(Verdict.id == first).values(at=86_400_000 * 3 + 5)))
    withdraw(store, dataset, Scope(since=86_400_000 * 3, until=86_400_000 * 4), reason="a bad day", by=lead(store).id)
    assert truth(store) == {ids[1]: "spam", ids[2]: "spam"}
    assert differences(store) == []


def test_a_rule_taken_out_has_labelled_nothing(store: Store) -> None:
    import pandas as pd

    dataset = the_dataset(store)
    ids = add_messages(store, list("abc"))
    frame = pd.DataFrame({"message_id": ids, "klass": "spam", "origin_ref": ["won", "won", "free"]})
    store.write(lambda c: add_labels(c, Origin.RULE, frame))
    store.write(lambda c: set_label(c, ids[0], Origin.VERDICT, "spam"))
    done = withdraw(store, dataset, Scope(rule="won"), reason="too wide", by=lead(store).id)
    assert truth(store) == {ids[0]: "spam", ids[2]: "spam"}
    assert done.changed == {("spam", None): 1}
    with pytest.raises(DeskError, match="already"):
        withdraw(store, dataset, Scope(rule="won"), reason="again", by=lead(store).id)


def test_a_withdrawal_that_broke_off_is_ended_and_no_set_is_frozen_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = the_dataset(store)
    ids = add_messages(store, list("abcd"))
    add_queue(store, ids)
    judge(store, "Ada", ["spam"] * 4)
    whole, calls = withdrawal_derivation.rederive, []

    def breaks(connection: object, message_id: int, withdrawal_id: int) -> tuple[str | None, str | None]:
        calls.append(message_id)
        if len(calls) == 3:
            raise RuntimeError("the machine went away")
        return whole(connection, message_id, withdrawal_id)  # type: ignore[arg-type]

    monkeypatch.setattr(withdrawal_derivation, "rederive", breaks)
    with pytest.raises(RuntimeError):
        withdraw(store, dataset, Scope(person="Ada"), reason="a test", by=lead(store).id)
    monkeypatch.undo()
    with pytest.raises(DeskError, match="under way"):
        freeze(store, dataset, "spring", by="Lea")
    assert withdrawal.finish(store, dataset) == 1
    assert truth(store) == {}
    assert differences(store) == []


def test_only_a_lead_takes_out_what_others_said_and_says_why(store: Store) -> None:
    dataset = the_dataset(store)
    ada = add_person(store, "Ada")
    with pytest.raises(AccessError, match="takes a lead"):
        withdraw(store, dataset, Scope(person="Ada"), reason="me", by=ada.id)
    with pytest.raises(DeskError, match="reason"):
        withdraw(store, dataset, Scope(person="Ada"), reason=" ", by=lead(store).id)
    with pytest.raises(DeskError, match="nobody here"):
        withdraw(store, dataset, Scope(person="Nobody"), reason="x", by=lead(store).id)
    for scope in (Scope(), Scope(person="Ada", rule="won")):
        with pytest.raises(DeskError, match="one of the three"):
            withdraw(store, dataset, scope, reason="x", by=lead(store).id)
    with store.read() as connection:
        assert connection.execute(select(Withdrawal.id)).all() == []


steps = st.lists(
    st.one_of(
        st.tuples(st.just("judge"), st.sampled_from(["Ada", "Bela", "Carla"]), st.sampled_from(CLASSES)),
        st.tuples(st.just("undo"), st.sampled_from(["Ada", "Bela", "Carla"])),
        st.tuples(st.just("withdraw"), st.sampled_from(["Ada", "Bela"])),
        st.tuples(st.just("back"), st.integers(0, 3)),
    ),
    max_size=25,
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_the_labels_are_always_what_the_verdicts_that_count_say(
    sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory, doing: list[tuple[str, ...]]
) -> None:
    with Store.open(sqlite.new(tmp_path_factory.mktemp("room"))) as store:
        dataset, ids = the_dataset(store), add_messages(store, list("abcdef"))
        add_champion(store, ids, "spam")
        add_queue(store, ids, overlap=3)
        made: list[int] = []
        for what, *more in doing:
            if what == "judge" and Desk(store, CLASSES).claim(add_person(store, more[0]).id).result():
                judge(store, more[0], [more[1]])
            elif what == "undo":
                Desk(store, CLASSES).undo(add_person(store, more[0]).id, str(uuid.uuid4())).result()
            elif what == "withdraw":
                add_person(store, more[0])
                made.append(withdraw(store, dataset, Scope(person=more[0]), reason="x", by=lead(store).id).id)
            elif what == "back" and len(made) > int(more[0]):
                take_back(store, dataset, made.pop(int(more[0])), reason="x", by=lead(store).id)
        assert differences(store) == []
        with store.read() as connection:
            out = set(
                connection.execute(
                    select(WithdrawnVerdict.verdict_id).where(WithdrawnVerdict.back_id.is_(None))
                ).scalars()
            )
        with store.read() as connection:
            assert out <= set(connection.execute(select(Verdict.id)).scalars())
