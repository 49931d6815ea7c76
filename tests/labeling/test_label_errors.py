"""Labels that the champion doubts become a queue, and a verdict outweighs them; on both databases."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
import pytest
from rooms import CLASSES, add_messages, the_dataset
from sqlalchemy import select

from core.errors import AccessError, DeskError
from core.store import Store
from core.store.models import Origin, RunId, Truth
from core.store.records.labels import set_label
from core.store.records.runs import NewRun, finish_run, promote, start_run
from core.store.records.suspects import add_suspects
from labeling.desk import Desk
from labeling.models import Role, VerdictKind
from labeling.people import add_person
from labeling.queues.label_errors import label_errors, queue_from_label_errors
from labeling.verdicts import Given


@pytest.fixture
def doubted(store: Store) -> list[int]:
    """Six messages with the label personal, of which the champion doubts the last four, the last one most."""
    ids = add_messages(store, [f"message number {n}" for n in range(6)], label="personal")
    for message_id in ids:
        store.write(lambda c, m=message_id: set_label(c, m, Origin.IMPORTED, "personal"))  # type: ignore[misc]
    run_id = champion(store, "fp")
    frame = pd.DataFrame({"message_id": ids[2:], "sure": np.linspace(0.4, 0.1, 4)})
    frame = frame.assign(given="personal", origin="imported", likely="spam")
    store.write(lambda c: add_suspects(c, run_id, frame))
    return ids


def champion(store: Store, fingerprint: str) -> RunId:
    dataset = the_dataset(store)
    run_id = store.write(lambda c: start_run(c, NewRun(dataset, "char-svc", fingerprint, 0, 6, 5, 7, {})))
    store.write(lambda c: finish_run(c, run_id))
    store.write(lambda c: promote(c, dataset, run_id, by="test", reason="a test"))
    return run_id


def test_the_most_doubted_label_is_asked_first_and_blind_and_the_verdict_holds(
    store: Store, doubted: list[int]
) -> None:
    ada, dataset = add_person(store, "Ada"), the_dataset(store)
    made = queue_from_label_errors(store, dataset, most=3)
    assert (made.messages, made.more) == (3, True)
    desk = Desk(store, CLASSES)
    (message,) = desk.claim(ada.id).result()
    assert message.message_id == doubted[-1]
    assert message.blind
    desk.judge(ada.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam")).result()
    with store.read() as connection:
        held = connection.execute(select(Truth.klass, Truth.origin).where(Truth.message_id == doubted[-1])).one()
        now = label_errors(connection, dataset)
    assert tuple(held) == ("spam", Origin.VERDICT)
    assert now is not None
    assert (now.tried, now.found, now.waiting, now.judged, now.wrong) == (6, 4, 3, 1, 1)
    assert now.queue_id == made.queue_id
    assert "doubts 4 of the 6 labels" in now.sentence
    assert "1 judged, 1 of them wrong" in now.sentence


def test_asked_for_twice_it_is_the_same_queue(store: Store, doubted: list[int]) -> None:
    first = queue_from_label_errors(store, the_dataset(store))
    assert queue_from_label_errors(store, the_dataset(store)).queue_id == first.queue_id


def test_what_was_judged_or_labelled_otherwise_since_is_not_asked(store: Store, doubted: list[int]) -> None:
    store.write(lambda c: set_label(c, doubted[5], Origin.VERDICT, "personal"))
    store.write(lambda c: set_label(c, doubted[4], Origin.IMPORTED, "spam"))
    assert queue_from_label_errors(store, the_dataset(store)).messages == 2


def test_only_a_lead_makes_it_and_without_doubts_there_is_none(store: Store, doubted: list[int]) -> None:
    bela = add_person(store, "Bela", role=Role.REVIEWER)
    with pytest.raises(AccessError):
        queue_from_label_errors(store, the_dataset(store), by=bela.id)
    champion(store, "fp2")
    with pytest.raises(DeskError, match="no label is doubted"):
        queue_from_label_errors(store, the_dataset(store))
