"""After a retraining a reviewer sees which errors their verdicts mended, and which came anew."""

from __future__ import annotations

import uuid
from typing import Any

import pandas as pd
import pytest
from rooms import CLASSES, add_messages, add_queue, the_dataset
from sqlalchemy import event

from core.store import Store
from core.store.models import RunId
from core.store.queries.training import newest_label
from core.store.records.predictions import add_predictions
from core.store.records.runs import NewRun, finish_run, promote, start_run
from labeling.changed import COUNTS, EXAMPLES, Changed, Mended, changed_by
from labeling.desk import Desk
from labeling.models import Role, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.verdicts import Given
from labeling.withdrawal import Scope, withdraw


def champion(store: Store, name: str, said: dict[int, str]) -> RunId:
    """A champion that says this, trained on all labels there are."""
    dataset, cutoff = the_dataset(store), newest_label(store)
    run_id = store.write(lambda c: start_run(c, NewRun(dataset, "char-svc", name, cutoff, 9, 5, 7, {})))
    store.write(lambda c: finish_run(c, run_id))
    rows = pd.DataFrame({"message_id": list(said), "klass": list(said.values()), "confidence": 0.9, "hour": 497_222})
    store.write(lambda c: add_predictions(c, run_id, rows))
    store.write(lambda c: promote(c, dataset, run_id, by="test", reason="a test"))
    return run_id


def judge(store: Store, person: Reviewer, said: list[str]) -> None:
    for klass in said:
        (message,) = Desk(store, CLASSES).claim(person.id).result()
        verdict = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)
        Desk(store, CLASSES).judge(person.id, verdict).result()


def changes(store: Store, person: Reviewer) -> Changed:
    with store.read() as connection:
        return changed_by(connection, the_dataset(store), person.id)


def test_the_errors_that_a_reviewers_verdicts_mended_are_theirs_to_see(store: Store) -> None:
    ids = add_messages(store, list("abcdef"))
    add_queue(store, ids, overlap=1)
    ada, bela = add_person(store, "Ada"), add_person(store, "Bela")
    assert changes(store, ada).present is None
    champion(store, "one", dict.fromkeys(ids, "spam"))
    assert changes(store, ada).former is None
    judge(store, ada, ["personal", "personal", "spam"])
    judge(store, bela, ["personal"])
    after = dict(zip(ids, ["personal", "spam", "notification", "personal", "personal", "personal"], strict=True))
    champion(store, "two", after)
    judge(store, ada, ["personal"])  # after the training: it mended nothing
    seen = changes(store, ada)
    assert (seen.former, seen.present) == ("char-svc v1", "char-svc v2")
    assert (seen.judged, seen.mended, seen.broken) == (3, 1, 1)
    assert seen.examples == (Mended(ids[0], "a", "personal", "spam", 0.9),)
    assert changes(store, bela).mended == 1
    withdraw(store, the_dataset(store), Scope(person="Ada"), reason="a test", by=add_person(store, "Lea", Role.LEAD).id)
    assert changes(store, ada).mended == 0


def test_it_costs_what_the_reviewers_own_verdicts_do(store: Store) -> None:
    if store.dialect == "postgresql":
        pytest.skip("PostgreSQL chooses by what it has counted")
    asked: list[tuple[str, Any]] = []
    with store.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda _c, _k, sql, values, *_: asked.append((sql, values)))
        for statement in (COUNTS, EXAMPLES):
            connection.execute(statement, {"this_person": 1, "former": 1, "present": 2, "cutoff": 9})
            plan = str(connection.exec_driver_sql("EXPLAIN QUERY PLAN " + asked[-1][0], asked[-1][1]).all())
            assert "ix_verdict_person_id_id (person_id=?)" in plan
            for table in ("message", "truth", "label", "prediction_1", "prediction_2"):
                assert f"SCAN {table}" not in plan, plan
