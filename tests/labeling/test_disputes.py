"""What waits for a lead: ties that nobody else will settle, and flags, with all that was said."""

from __future__ import annotations

import uuid

from rooms import CLASSES, add_champion, add_messages, add_queue
from sqlalchemy import update

from core.store import Store
from labeling.adjudication import Decided, decide
from labeling.desk import Desk
from labeling.disputes import Dispute, disputes, newest_said, rulings
from labeling.models import Role, Task, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.verdicts import Given


def say(store: Store, person: Reviewer, kind: VerdictKind, klass: str | None = None, note: str | None = None) -> int:
    desk = Desk(store, CLASSES)
    message = desk.claim(person.id, 1).result()[0]
    desk.judge(person.id, Given(str(uuid.uuid4()), message.lease_id, kind, klass, note)).result()
    return message.message_id


def waiting(store: Store, run_id: int | None = None) -> list[Dispute]:
    with store.read() as connection:
        found, count = disputes(connection, newest_said(connection), run_id)
    assert count == len(found)
    return found


def rule(store: Store, lead: Reviewer, message: int, klass: str | None) -> None:
    given = Decided(str(uuid.uuid4()), message, klass)
    store.write(lambda c: decide(c, lead.id, given, CLASSES))


def test_a_tie_waits_once_nobody_else_is_asked_until_a_lead_decides(store: Store) -> None:
    ids = add_messages(store, ["win", "see you"])
    run_id = add_champion(store, ids, "spam", 0.7)
    add_queue(store, ids, overlap=3, blind_share=0.0)
    ada, bela, lea = add_person(store, "Ada"), add_person(store, "Bela"), add_person(store, "Lea", Role.LEAD)
    say(store, ada, VerdictKind.LABEL, "spam")
    say(store, bela, VerdictKind.LABEL, "personal")
    assert waiting(store) == [], "a third opinion is still to come"
    store.write(lambda c: c.execute(update(Task).values(overlap=2, free=0)))
    (tie,) = waiting(store, run_id)
    assert (tie.message_id, tie.body, tie.tied, tie.predicted) == (ids[0], "win", True, ("spam", 0.7))
    assert [(each.person, each.klass, each.shown) for each in tie.arguments] == [
        ("Ada", "spam", "spam"),
        ("Bela", "personal", "spam"),
    ]
    rule(store, lea, ids[0], "notification")
    assert waiting(store) == []
    with store.read() as connection:
        (ruling,) = rulings(connection)
    assert (ruling.message_id, ruling.klass, ruling.by) == (ids[0], "notification", "Lea")
    rule(store, lea, ids[0], None)
    assert [each.message_id for each in waiting(store)] == [ids[0]]
    with store.read() as connection:
        assert rulings(connection) == []


def test_a_flag_waits_with_its_note_also_where_people_agree_and_again_after_a_decision(store: Store) -> None:
    ids = add_messages(store, ["a", "b"])
    add_queue(store, ids, overlap=2)
    ada, lea = add_person(store, "Ada"), add_person(store, "Lea", Role.LEAD)
    say(store, ada, VerdictKind.FLAG, note="two topics")
    (flagged,) = waiting(store)
    assert not flagged.tied
    assert [(each.kind, each.note) for each in flagged.arguments] == [("flag", "two topics")]
    rule(store, lea, ids[0], "spam")
    assert waiting(store) == []


def test_what_is_said_of_one_message_by_all_alike_does_not_wait(store: Store) -> None:
    ids = add_messages(store, ["a"])
    add_queue(store, ids, overlap=2)
    for name in ("Ada", "Bela"):
        say(store, add_person(store, name), VerdictKind.LABEL, "spam")
    assert waiting(store) == []
