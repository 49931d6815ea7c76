"""Truth by consensus: derived anew before a training, told from the facts, and outranked by a lead's decision."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from sqlalchemy import func, select

import labeling.check
import labeling.truth as truth_module
from core.errors import AccessError, DeskError, UnknownNameError
from core.store import Store, check
from core.store.models import Label, Truth
from core.store.queries.live import confusion
from labeling.adjudication import Decided, decide
from labeling.consensus.method import Fitted
from labeling.desk import Desk
from labeling.models import Decision, Role, Verdict, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.truth import rebuild_truth
from labeling.verdicts import Given
from labeling.withdrawal import Scope, take_back, withdraw

WAYS = ("dawid_skene", "crowdlab")


def office(store: Store, bodies: int = 12) -> tuple[list[int], list[Reviewer]]:
    """Messages that everybody is to judge, and four people: Ada, Bela, and Cy and Dora, who are careless alike."""
    ids = add_messages(store, [f"m{n}" for n in range(bodies)])
    people = [add_person(store, name) for name in ("Ada", "Bela", "Cy", "Dora")]
    add_queue(store, ids, overlap=4, blind_share=0.0)
    return ids, people


def judge(store: Store, person: Reviewer, klass: str) -> int:
    """Judge the next message; gives its id. A claim passes over what somebody holds at that moment: then again."""
    desk = Desk(store, CLASSES)
    claims = (desk.claim(person.id, 1).result() for _ in range(1_000))
    message = next(handed for handed in claims if handed)[0]
    given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass, seconds=1.0)
    desk.judge(person.id, given).result()
    return message.message_id


def all_judge(store: Store, people: list[Reviewer], messages: int) -> None:
    """Ada and Bela know: spam and personal in turn. Cy is wrong each third time, Dora says spam always."""
    for number in range(messages):
        true = ("spam", "personal")[number % 2]
        wrong = ("personal", "spam")[number % 2]
        for person, klass in zip(people, (true, true, wrong if number % 3 == 0 else true, "spam"), strict=True):
            judge(store, person, klass)


def truth(store: Store) -> dict[int, str]:
    with store.read() as connection:
        return {row.message_id: row.klass for row in connection.execute(select(Truth.message_id, Truth.klass))}


def labels(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(Label)).scalar_one()


def agrees_with_its_facts(store: Store) -> bool:
    with store.read() as connection:
        return [*check.check(connection), *labeling.check.check(connection)] == []


def decision(message_id: int, klass: str | None) -> Decided:
    return Decided(str(uuid.uuid4()), message_id, klass, note="it names a shop")


@pytest.mark.parametrize("way", WAYS)
def test_a_tie_of_the_careless_against_the_careful_is_decided_by_who_has_been_right(store: Store, way: str) -> None:
    ids, people = office(store)
    run_id = add_champion(store, ids, "spam", 0.5)
    all_judge(store, people, 12)
    tied = [ids[number] for number in (3, 9)]  # Ada and Bela: personal, Cy and Dora: spam
    assert not set(tied) & truth(store).keys()
    before = labels(store)
    done = rebuild_truth(store, the_dataset(store), way, CLASSES)
    assert (done.verdicts, done.messages) == (48, 12)
    held = truth(store)
    if way == "dawid_skene":
        assert [held[message] for message in tied] == ["personal", "personal"]
        assert done.changed == 2
    assert labels(store) - before == done.changed, "only what changed is written"
    assert agrees_with_its_facts(store)
    with store.read() as connection:
        assert sum(confusion(connection, run_id, "verdicts").values()) == len(held)


@pytest.mark.parametrize("way", WAYS)
def test_a_second_rebuild_finds_nothing_new_and_a_verdict_since_holds_at_once(store: Store, way: str) -> None:
    ids, people = office(store)
    add_champion(store, ids, "spam", 0.5)
    all_judge(store, people, 10)
    dataset = the_dataset(store)
    rebuild_truth(store, dataset, way, CLASSES)
    before = labels(store)
    assert rebuild_truth(store, dataset, way, CLASSES).verdicts == 0
    assert rebuild_truth(store, dataset, way, CLASSES, anew=True).changed == 0
    assert labels(store) == before
    Desk(store, CLASSES).undo(people[1].id, str(uuid.uuid4())).result()
    assert agrees_with_its_facts(store), "what was taken back since counts no more"
    judge(store, people[1], "notification")
    assert judge(store, people[0], "notification") == ids[10]
    assert truth(store)[ids[10]] == "notification"
    assert agrees_with_its_facts(store)
    assert rebuild_truth(store, dataset, way, CLASSES).verdicts == 41
    assert agrees_with_its_facts(store)
    rebuild_truth(store, dataset, "majority", CLASSES)
    assert agrees_with_its_facts(store)


@pytest.mark.parametrize("way", WAYS)
def test_withdrawals_and_changes_of_mind_around_a_rebuild_are_told_from_the_facts(store: Store, way: str) -> None:
    ids, people = office(store)
    lead, dataset = add_person(store, "Lea", Role.LEAD), the_dataset(store)
    add_champion(store, ids, "spam", 0.5)
    all_judge(store, people, 8)
    gone = withdraw(store, dataset, Scope(person="Dora"), reason="says spam always", by=lead.id)
    assert rebuild_truth(store, dataset, way, CLASSES).verdicts == 24, "who was withdrawn is not weighed"
    assert agrees_with_its_facts(store)
    take_back(store, dataset, gone.id, reason="she was right", by=lead.id)
    assert agrees_with_its_facts(store)
    assert rebuild_truth(store, dataset, way, CLASSES).verdicts == 32
    with store.read() as connection:
        last = connection.execute(
            select(Verdict.id, Verdict.lease_id).where(Verdict.person_id == people[0].id).order_by(Verdict.id)
        ).first()
    assert last is not None
    changed = Given(str(uuid.uuid4()), last.lease_id, VerdictKind.UNSURE, changes=last.id)
    Desk(store, CLASSES).judge(people[0].id, changed).result()
    assert agrees_with_its_facts(store)
    withdraw(store, dataset, Scope(person="Cy"), reason="careless", by=lead.id)
    assert agrees_with_its_facts(store)


def before_it_writes(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> None:
    """Let something happen between a rebuild's look at the verdicts and its first label, once."""
    fit, waiting = truth_module._fit, [meanwhile]

    def slowly(*given: Any) -> Fitted:
        fitted = fit(*given)
        while waiting:
            waiting.pop()()
        return fitted

    monkeypatch.setattr(truth_module, "_fit", slowly)


def test_what_is_judged_or_decided_while_a_rebuild_works_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, people = office(store)
    lead = add_person(store, "Lea", Role.LEAD)
    all_judge(store, people, 10)

    def meanwhile() -> None:
        desk = Desk(store, CLASSES)
        with store.read() as connection:
            of_the_tie = connection.execute(
                select(Verdict.id, Verdict.lease_id).where(
                    Verdict.message_id == ids[3], Verdict.person_id == people[0].id
                )
            ).one()
        change = Given(str(uuid.uuid4()), of_the_tie.lease_id, VerdictKind.LABEL, "spam", changes=of_the_tie.id)
        desk.judge(people[0].id, change).result()
        store.write(lambda c: decide(c, lead.id, decision(ids[9], "notification"), CLASSES))

    before_it_writes(monkeypatch, meanwhile)
    rebuild_truth(store, the_dataset(store), "dawid_skene", CLASSES)
    assert (truth(store)[ids[3]], truth(store)[ids[9]]) == ("spam", "notification")
    assert agrees_with_its_facts(store)


def test_of_two_rebuilds_at_a_time_the_later_one_writes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, people = office(store)
    dataset, done = the_dataset(store), []
    all_judge(store, people, 10)
    before_it_writes(monkeypatch, lambda: done.append(rebuild_truth(store, dataset, "majority", CLASSES, anew=True)))
    done.append(rebuild_truth(store, dataset, "dawid_skene", CLASSES))
    assert [each.changed for each in done] == [0, 0], "the first is overtaken; the majority's labels stood"
    assert ids[3] not in truth(store)
    assert agrees_with_its_facts(store)


def test_a_rebuild_that_broke_off_begins_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _, people = office(store)
    dataset = the_dataset(store)
    all_judge(store, people, 10)

    def power_cut(*_given: object) -> int:
        raise OSError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(truth_module, "_write", power_cut)
        with pytest.raises(OSError, match="power cut"):
            rebuild_truth(store, dataset, "dawid_skene", CLASSES)
    assert not agrees_with_its_facts(store), "the check tells that a rebuild is not done"
    assert rebuild_truth(store, dataset, "dawid_skene", CLASSES).changed == 2
    assert agrees_with_its_facts(store)


def test_people_judge_while_rebuilds_run_one_over_the_other(store: Store) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(60)])
    people = [add_person(store, name) for name in ("Ada", "Bela", "Cy", "Dora")]
    add_queue(store, ids, overlap=4, blind_share=0.0)
    add_champion(store, ids, "spam", 0.5)
    dataset, chance = the_dataset(store), random.Random(5)
    said = {person.id: [chance.choice(CLASSES) for _ in ids] for person in people}

    def works(person: Reviewer) -> None:
        for klass in said[person.id]:
            judge(store, person, klass)

    def rebuilds(way: str) -> None:
        for _ in range(6):
            rebuild_truth(store, dataset, way, CLASSES, anew=True)

    with ThreadPoolExecutor(6) as at_once:
        for ended in [*(at_once.submit(works, each) for each in people), *(at_once.submit(rebuilds, w) for w in WAYS)]:
            ended.result(60)
    rebuild_truth(store, dataset, "dawid_skene", CLASSES)
    assert agrees_with_its_facts(store)


def test_the_majority_needs_no_rebuild(store: Store) -> None:
    _, people = office(store)
    all_judge(store, people, 4)
    assert rebuild_truth(store, the_dataset(store), "majority", CLASSES).verdicts == 0
    with pytest.raises(UnknownNameError, match="crowdlb"):
        rebuild_truth(store, the_dataset(store), "crowdlb", CLASSES)


def test_a_label_that_no_fact_explains_is_found(store: Store) -> None:
    ids, people = office(store)
    all_judge(store, people, 2)
    with store.engine.begin() as connection:
        connection.execute(Truth.__table__.update().where(Truth.message_id == ids[0]).values(klass="personal"))
    with store.read() as connection:
        found = [str(each) for each in labeling.check.check(connection)]
    assert found == [
        f"truth of message {ids[0]} personal: kept 1, the facts say 0",
        f"truth of message {ids[0]} spam: kept 0, the facts say 1",
    ]


@pytest.mark.parametrize("way", ["majority", *WAYS])
def test_a_leads_decision_outranks_what_people_say_before_and_after(store: Store, way: str) -> None:
    ids, people = office(store)
    lead = add_person(store, "Lea", Role.LEAD)
    judge(store, people[0], "spam")
    given = decision(ids[0], "notification")
    first = store.write(lambda c: decide(c, lead.id, given, CLASSES))
    assert store.write(lambda c: decide(c, lead.id, given, CLASSES)) == first, "sent twice, stored once"
    for person in people[1:]:
        judge(store, person, "spam")
    rebuild_truth(store, the_dataset(store), way, CLASSES, anew=True)
    assert truth(store)[ids[0]] == "notification"
    assert agrees_with_its_facts(store)
    second = store.write(lambda c: decide(c, lead.id, decision(ids[0], "personal"), CLASSES))
    assert truth(store)[ids[0]] == "personal"
    store.write(lambda c: decide(c, lead.id, decision(ids[0], None), CLASSES))
    assert truth(store)[ids[0]] == "spam", "withdrawn: the consensus holds again"
    assert agrees_with_its_facts(store)
    with store.read() as connection:
        kept = connection.execute(select(Decision.supersedes).order_by(Decision.id)).scalars().all()
    assert kept == [None, first, second]


def test_only_a_lead_decides_and_only_what_there_is(store: Store) -> None:
    ids, people = office(store, 2)
    lead = add_person(store, "Lea", Role.LEAD)
    for person, given, wrong, words in (
        (people[0], decision(ids[0], "spam"), AccessError, "takes a lead"),
        (lead, decision(ids[0], "eggs"), DeskError, "no class"),
        (lead, decision(9_999, "spam"), DeskError, "no message"),
        (lead, Decided("x", ids[0], "spam"), DeskError, "UUID"),
    ):
        with pytest.raises(wrong, match=words):
            store.write(lambda c, p=person, g=given: decide(c, p.id, g, CLASSES))
