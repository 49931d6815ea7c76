"""Groups, single verdicts, undo and lost leases in any order: nobody judges a message twice, nothing is lost."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from databases import Sqlite
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from rooms import CLASSES, add_messages, add_queue
from sqlalchemy import insert, select, update

import labeling.check
from core.errors import DeskError
from core.store import Store, check
from core.store.models import Template
from labeling.desk import Desk
from labeling.group_verdicts import GroupGiven
from labeling.lookalikes import Look, look
from labeling.models import OpenLease, Task, Verdict, VerdictKind
from labeling.people import add_person
from labeling.tasks import judging
from labeling.verdicts import Given

PEOPLE = 3
people = st.integers(0, PEOPLE - 1)


class GroupsModel(RuleBasedStateMachine):
    """Three people and nine messages of one template; what each holds, and the groups that each has looked at."""

    open_store: Callable[[], Store]

    @initialize(overlap=st.integers(1, 2))
    def begin(self, overlap: int) -> None:
        self.store = self.open_store()
        ids = add_messages(self.store, [f"bill {n}" for n in range(9)])
        add_queue(self.store, ids, overlap=overlap, blind_share=0.2)
        template = {"id": ids[0], "dataset_id": 1, "pattern": "bill *"}
        self.store.write(lambda c: c.execute(insert(Template), template))
        self.store.write(lambda c: c.execute(update(Task).values(template_id=ids[0])))
        self.desk = Desk(self.store, CLASSES)
        self.people = [add_person(self.store, f"P{n}").id for n in range(PEOPLE)]
        self.leases: dict[int, list[int]] = {n: [] for n in range(PEOPLE)}
        self.looks: dict[int, list[Look]] = {n: [] for n in range(PEOPLE)}

    @rule(who=people, count=st.integers(1, 2))
    def claim(self, who: int, count: int) -> None:
        self.leases[who] = [message.lease_id for message in self.desk.claim(self.people[who], count).result()]

    @rule(who=people)
    def judge(self, who: int) -> None:
        for lease in self.leases[who][:1]:
            given = Given(str(uuid.uuid4()), lease, VerdictKind.LABEL, "spam")
            try:
                self.desk.judge(self.people[who], given).result()
            except DeskError as error:
                assert "already" in str(error)  # noqa: PT017 - it may be refused, for this reason alone

    @rule(who=people)
    def look_through(self, who: int) -> None:
        for lease in self.leases[who][:1]:
            try:
                seen = look(self.store, self.people[who], lease)
            except DeskError:
                continue
            assert {each.task_id for each in seen.shown} <= set(seen.task_ids)
            self.looks[who].append(seen)

    @rule(who=people, out=st.integers(0, 3), klass=st.sampled_from(CLASSES))
    def judge_the_group(self, who: int, out: int, klass: str) -> None:
        if not self.looks[who]:
            return
        seen = self.looks[who].pop()
        given = GroupGiven(str(uuid.uuid4()), seen.token, klass, seen.task_ids[:out])
        taken = self.desk.judge_group(self.people[who], given, 0.1).result()
        assert self.desk.judge_group(self.people[who], given, 0.1).result() == taken
        assert taken.labelled + taken.checks + taken.gone == len(seen.task_ids) - min(out, len(seen.task_ids))

    @rule(who=people)
    def undo(self, who: int) -> None:
        before = self._standing(who)
        back = self.desk.undo(self.people[who], str(uuid.uuid4())).result()
        after = self._standing(who)
        assert after <= before
        assert (back is None) == (before == set())

    @rule()
    def time_passes(self) -> None:
        self.store.write(lambda c: c.execute(update(OpenLease).values(expires_at=1)))

    def _standing(self, who: int) -> set[int]:
        with self.store.read() as connection:
            query = select(Verdict.task_id).where(Verdict.person_id == self.people[who], judging())
            return set(connection.execute(query).scalars())

    @invariant()
    def the_store_agrees(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.read() as connection:
            assert [*labeling.check.check(connection), *check.check(connection)] == []
            rows = connection.execute(select(Verdict.task_id, Verdict.person_id).where(judging())).all()
        assert len(rows) == len(set(rows)), "a person judges a message once"

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


def test_groups_hold_under_any_order_of_events(sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> None:
    run(lambda: sqlite.new(Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp()))), 20)


def test_groups_hold_under_any_order_of_events_on_postgresql(new_postgresql: Callable[[], str]) -> None:
    run(new_postgresql, 6)


def run(new_url: Callable[[], str], examples: int) -> None:
    class Machine(GroupsModel):
        open_store = staticmethod(lambda: Store.open(new_url()))

    quick = settings(
        max_examples=examples, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=quick)
