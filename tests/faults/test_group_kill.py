"""kill -9 while groups of look-alikes are judged and taken back: what is sent again does the rest, nothing twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from groups import SHARE, agrees_with_its_facts, first, given, held_back, mined_bills, rows
from rooms import CLASSES, add_queue
from sqlalchemy import func, select

from core.store import Store
from labeling.desk import Desk
from labeling.group_models import VerdictGroup
from labeling.models import Verdict, VerdictKind
from labeling.people import Reviewer, add_person
from labeling.tasks import labelling

JUDGE = """
import sys
from core.store import Store
from labeling.desk import Desk
from labeling.group_verdicts import GroupGiven

url, classes, person, what, uuid, token, share = sys.argv[1:]
desk = Desk(Store.open(url), classes.split(","))
if what == "judge":
    desk.judge_group(int(person), GroupGiven(uuid, token, "notification"), float(share)).result()
else:
    desk.undo(int(person), uuid).result()
print("done")
"""


def killed_halfway(store: Store, store_url: str, person: Reviewer, what: str, uuid: str, token: str = "") -> None:
    """Another process begins, and is killed once some of its work, and not all of it, is in the store."""
    before = len(rows(store, Verdict.id))
    names = [store_url, ",".join(CLASSES), str(person.id), what, uuid, token, str(SHARE)]
    with subprocess.Popen([sys.executable, "-c", JUDGE, *names], stdout=subprocess.PIPE, text=True) as process:
        while len(rows(store, Verdict.id)) == before:
            assert process.poll() is None, "it died by itself"
        process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        assert "done" not in process.stdout.read(), "it was too fast to be killed"


def labelled(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(Verdict).where(labelling())).scalar_one()


@pytest.mark.faults
def test_a_group_survives_kill_9_when_it_is_judged_and_when_it_is_taken_back(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    ids = mined_bills(store, store_url, tmp_path / "room", 480)
    add_queue(store, ids, blind_share=0.0)
    ada, _ = add_person(store, "Ada"), add_person(store, "Bela")
    desk = Desk(store, CLASSES)
    message, seen = first(store, desk, ada)
    decision = given(seen)
    killed_halfway(store, store_url, ada, "judge", decision.uuid, decision.token)
    assert 0 < labelled(store) < 470
    assert agrees_with_its_facts(store)

    taken = desk.judge_group(ada.id, decision, SHARE).result()
    assert (taken.labelled, taken.checks, taken.gone) == (475, 5, 0)
    assert labelled(store) == 475
    told = [row.task_id for row in rows(store, Verdict.task_id, Verdict.kind) if row.kind == VerdictKind.LABEL]
    assert len(told) == len(set(told)) == 475
    assert not held_back(store) & set(told)

    undo = "7d2a5a3e-0f5f-4f6e-9a55-6d0c9b6c7f11"
    killed_halfway(store, store_url, ada, "undo", undo)
    assert 0 < labelled(store) < 475
    assert agrees_with_its_facts(store)
    back = desk.undo(ada.id, undo).result()
    assert back is not None
    assert back.message_id == message.message_id
    assert labelled(store) == 0
    assert len(rows(store, VerdictGroup.id)) == 1
    assert agrees_with_its_facts(store)
