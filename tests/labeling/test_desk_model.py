"""Whatever people do at the desk, in whatever order: nothing is handed out twice, nothing is lost."""

from __future__ import annotations

import tempfile
import uuid
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from rooms import CLASSES, add_messages, add_queue
from sqlalchemy import select, update

import labeling.check
from core.errors import DeskError
from core.store import Store, check
from core.store.models import Origin, Truth
from labeling.desk import Desk
from labeling.models import OpenLease, Task, VerdictKind
from labeling.people import add_person
from labeling.verdicts import Given

PEOPLE = 3
people = st.integers(0, PEOPLE - 1)


class DeskModel(RuleBasedStateMachine):
    """Three people, six messages; the model remembers who holds and who said what."""

    open_store: Callable[[], Store]

    @initialize(overlap=st.integers(1, 3))
    def begin(self, overlap: int) -> None:
        self.store = self.open_store()
        self.overlap = overlap
        add_queue(self.store, add_messages(self.store, list("abcdef")), overlap=overlap)
        self.desk = Desk(self.store, CLASSES)
        self.people = [add_person(self.store, f"P{n}").id for n in range(PEOPLE)]
        self.leases: dict[int, list[int]] = {n: [] for n in range(PEOPLE)}
        self.message_of: dict[int, int] = {}
        self.said: list[dict[int, str | None]] = [{} for _ in range(PEOPLE)]
        self.order: list[list[int]] = [[] for _ in range(PEOPLE)]

    @rule(who=people, count=st.integers(1, 3))
    def claim(self, who: int, count: int) -> None:
        for message in self.desk.claim(self.people[who], count).result():
            assert message.message_id not in self.said[who], "what one has judged does not come back"
            self.message_of[message.lease_id] = message.message_id
            if message.lease_id not in self.leases[who]:
                self.leases[who].append(message.lease_id)

    @rule(who=people, which=st.integers(0, 5), klass=st.sampled_from([*CLASSES, None]))
    def judge(self, who: int, which: int, klass: str | None) -> None:
        if not self.leases[who]:
            return
        lease = self.leases[who][which % len(self.leases[who])]
        message = self.message_of[lease]
        kind = VerdictKind.LABEL if klass else VerdictKind.SKIP
        given = Given(str(uuid.uuid4()), lease, kind, klass)
        if message in self.said[who]:
            with pytest.raises(DeskError):
                self.desk.judge(self.people[who], given).result()
            return
        first = self.desk.judge(self.people[who], given).result()
        assert self.desk.judge(self.people[who], given).result().verdict_id == first.verdict_id
        self.said[who][message] = klass
        self.order[who].append(message)

    @rule(who=people)
    def undo(self, who: int) -> None:
        back = self.desk.undo(self.people[who], str(uuid.uuid4())).result()
        if not self.order[who]:
            assert back is None
            return
        message = self.order[who].pop()
        assert back is not None
        assert back.message_id == message
        del self.said[who][message]
        self.message_of[back.lease_id] = message
        self.leases[who].append(back.lease_id)

    @rule()
    def time_passes(self) -> None:
        self.store.write(lambda c: c.execute(update(OpenLease).values(expires_at=1)))

    @rule()
    def reap(self) -> None:
        self.desk.reap().result()

    @invariant()
    def the_store_agrees(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as connection:
            assert [*labeling.check.check(connection), *check.check(connection)] == []
            held = connection.execute(select(OpenLease.task_id, OpenLease.slot)).all()
            tasks = connection.execute(select(Task.free, Task.judged, Task.id)).all()
            truths = connection.execute(select(Truth.message_id, Truth.klass).where(Truth.origin == Origin.VERDICT))
            truth = {row.message_id: row.klass for row in truths}
        assert len(held) == len(set(held))
        for free, judged, task_id in tasks:
            now_held = sum(held_task == task_id for held_task, _ in held)
            assert free == max(0, self.overlap - judged - now_held)
        for message in set(self.message_of.values()):
            votes = Counter(said[message] for said in self.said if said.get(message))
            top = votes.most_common(2)
            decided = bool(top) and (len(top) == 1 or top[0][1] > top[1][1])
            assert truth.get(message) == (top[0][0] if decided else None)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


def test_the_desk_holds_under_any_order_of_events(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run(lambda: f"sqlite:///{tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp())}/tallyroom.db", 20)


def test_the_desk_holds_under_any_order_of_events_on_postgresql(new_postgresql: Callable[[], str]) -> None:
    run(new_postgresql, 8)


def run(new_url: Callable[[], str], examples: int) -> None:
    class Machine(DeskModel):
        open_store = staticmethod(lambda: Store.open(new_url(), create=True))

    quick = settings(
        max_examples=examples, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=quick)
