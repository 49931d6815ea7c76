"""kill -9 in the middle of a day's work: what was acknowledged is in the store, and nothing is half done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest
from rooms import CLASSES, add_champion, add_messages, add_queue
from sqlalchemy import func, select, update

import labeling.check
from core.store import Store, check
from core.store.models import Event
from labeling.desk import Desk
from labeling.models import OpenLease, Task, Verdict
from labeling.people import add_person

JUDGE_ON_AND_ON = """
import sys, threading, uuid
from core.store import Store
from labeling.desk import Desk
from labeling.models import VerdictKind
from labeling.verdicts import Given

store = Store.open(sys.argv[1])
desk = Desk(store, sys.argv[2].split(","))

def work(person):
    while True:
        for message in desk.claim(person, 3).result():
            given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam")
            desk.judge(person, given).result()
            sys.stdout.write(given.uuid + "\\n")
            sys.stdout.flush()

threads = [threading.Thread(target=work, args=(int(person),)) for person in sys.argv[3].split(",")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
AT_LEAST = 60


@pytest.mark.faults
def test_every_acknowledged_verdict_survives_kill_9(store: Store, store_url: str) -> None:
    ids = add_messages(store, [f"m{n}" for n in range(4_000)])
    add_champion(store, ids)
    add_queue(store, ids, overlap=2)
    people = [add_person(store, f"P{n}").id for n in range(4)]
    acknowledged: list[str] = []
    for _ in range(2):
        acknowledged += killed_at_work(store_url, people)
    with store.read() as connection:
        kept = set(connection.execute(select(Verdict.uuid)).scalars())
        assert set(acknowledged) <= kept
        assert len(kept) - len(acknowledged) <= 2 * len(people), "unacknowledged: at most what each had on its way"
        heard = connection.execute(select(func.count()).where(Event.kind == "verdict")).scalar_one()
        assert heard == len(kept), "a verdict and its event are one"
        assert [*check.check(connection), *labeling.check.check(connection)] == []
    held_by_the_dead(store, people[0])


def killed_at_work(store_url: str, people: list[int]) -> list[str]:
    """The verdicts that a process was told are saved, until it is killed."""
    names = ",".join(map(str, people))
    command = [sys.executable, "-c", JUDGE_ON_AND_ON, store_url, ",".join(CLASSES), names]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(AT_LEAST)]
        time.sleep(0.2)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
    # The last line may be cut off in the middle.
    told += [line for line in rest.splitlines() if len(line) == 36]
    assert all(told), "the process died by itself"
    return told


def held_by_the_dead(store: Store, survivor: int) -> None:
    """What the dead held comes back once its time has run out."""
    store.write(lambda c: c.execute(update(OpenLease).values(expires_at=1)))
    desk = Desk(store, CLASSES)
    while desk.reap().result():
        pass
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(OpenLease)).scalar_one() == 0
        taken = connection.execute(select(func.count()).where(Task.free + Task.judged != Task.overlap)).scalar_one()
    assert taken == 0
    assert desk.claim(survivor, 1).result()
