"""Whatever people do at the desk, in whatever order: nothing is handed out twice, nothing is lost."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from databases import Sqlite
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from rooms import CLASSES, add_champion, add_messages, add_queue
from sqlalchemy import select, update

import labeling.check
from core.errors import DeskError
from core.store import Store, check
from core.store.models import Origin, Truth
from labeling.desk import Desk
from labeling.gold import set_gold
from labeling.models import OpenLease, QueueState, Task, VerdictKind
from labeling.people import add_person
from labeling.queues import change, fill
from labeling.verdicts import Given

PEOPLE = 3
GOLD = 2
people = st.integers(0, PEOPLE - 1)


class DeskModel(RuleBasedStateMachine):
    """Three people, six messages and two whose class is known; the model remembers who holds and who said what."""

    open_store: Callable[[], Store]

    @initialize(overlap=st.integers(1, 3), adaptive=st.booleans(), gold_share=st.sampled_from([0.0, 0.5]))
    def begin(self, overlap: int, adaptive: bool, gold_share: float) -> None:
        self.store = self.open_store()
        self.queue = add_queue(
            self.store, [], overlap=overlap, adaptive=adaptive, gold_share=gold_share, explore_share=0.3
        )
        ids = add_messages(self.store, list("abcdefgh"))
        add_champion(self.store, ids, "spam", 0.8)
        self.gold, rest = set(ids[:GOLD]), ids[GOLD:]
        self.store.write(lambda c: set_gold(c, dict.fromkeys(self.gold, "personal"), CLASSES))
        frame = pd.DataFrame({"message_id": rest, "rank": range(6), "draw_probability": [None, 1 / 6, None] * 2})
        self.store.write(lambda c: fill(c, self.queue, frame))
        self.desk = Desk(self.store, CLASSES)
        self.people = [add_person(self.store, f"P{n}").id for n in range(PEOPLE)]
        self.leases: dict[int, list[int]] = {n: [] for n in range(PEOPLE)}
        self.message_of: dict[int, int] = {}
        self.said: list[dict[int, str | None]] = [{} for _ in range(PEOPLE)]
        self.order: list[list[int]] = [[] for _ in range(PEOPLE)]
        self.asked: list[set[int]] = [set() for _ in range(PEOPLE)]
        self.state = QueueState.OPEN
        self.stands: dict[tuple[int, int], tuple[int, int]] = {}  # (who, message): the verdict that stands, its lease

    @rule(who=people, count=st.integers(1, 3))
    def claim(self, who: int, count: int) -> None:
        for message in self.desk.claim(self.people[who], count).result():
            assert message.message_id not in self.said[who], "what one has judged does not come back"
            if message.lease_id not in self.leases[who]:
                assert self.state is QueueState.OPEN, "a queue that is paused or closed gives nothing"
                assert message.message_id not in self.asked[who], "gold is asked once"
                if message.message_id in self.gold:
                    self.asked[who].add(message.message_id)
                self.leases[who].append(message.lease_id)
            self.message_of[message.lease_id] = message.message_id

    @rule(state=st.sampled_from(QueueState))
    def change_state(self, state: QueueState) -> None:
        self.store.write(lambda c: change(c, self.queue, state=state))
        self.state = state

    @rule(share=st.sampled_from([0.0, 0.3, 1.0]))
    def change_share(self, share: float) -> None:
        self.store.write(lambda c: change(c, self.queue, explore_share=share))

    @rule(who=people, which=st.integers(0, 5))
    def release(self, who: int, which: int) -> None:
        if self.leases[who]:
            self.desk.release(self.people[who], [self.leases[who][which % len(self.leases[who])]]).result()

    @rule(who=people, which=st.integers(0, 5), klass=st.sampled_from([*CLASSES, None]))
    def judge(self, who: int, which: int, klass: str | None) -> None:
        if self.leases[who]:
            self.say(who, which, klass)

    @rule(who=people, klasses=st.lists(st.sampled_from([*CLASSES, None]), min_size=1, max_size=3))
    def work(self, who: int, klasses: list[str | None]) -> None:
        """What people mostly do: they are handed a message and judge it, and the next."""
        for klass in klasses:
            self.claim(who, 1)
            open_now = [n for n, lease in enumerate(self.leases[who]) if self.message_of[lease] not in self.said[who]]
            if open_now:
                self.say(who, open_now[-1], klass)

    def say(self, who: int, which: int, klass: str | None) -> None:
        lease = self.leases[who][which % len(self.leases[who])]
        message = self.message_of[lease]
        kind = VerdictKind.LABEL if klass else VerdictKind.UNSURE if lease % 2 else VerdictKind.SKIP
        given = Given(str(uuid.uuid4()), lease, kind, klass)
        if message in self.said[who]:
            with pytest.raises(DeskError):
                self.desk.judge(self.people[who], given).result()
            return
        first = self.desk.judge(self.people[who], given).result()
        assert self.desk.judge(self.people[who], given).result().verdict_id == first.verdict_id
        self.said[who][message] = klass
        self.order[who].append(message)
        self.stands[who, message] = (first.verdict_id, lease)

    @rule(who=people, which=st.integers(0, 5), klass=st.sampled_from([*CLASSES, None]))
    def change_of_mind(self, who: int, which: int, klass: str | None) -> None:
        if not self.order[who]:
            return
        message = self.order[who][which % len(self.order[who])]
        verdict, lease = self.stands[who, message]
        kind = VerdictKind.LABEL if klass else VerdictKind.UNSURE if verdict % 2 else VerdictKind.SKIP
        changed = Given(str(uuid.uuid4()), lease, kind, klass, changes=verdict)
        first = self.desk.judge(self.people[who], changed).result()
        assert self.desk.judge(self.people[who], changed).result().verdict_id == first.verdict_id
        self.said[who][message] = klass
        self.order[who].remove(message)
        self.order[who].append(message)
        self.stands[who, message] = (first.verdict_id, lease)

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
            tasks = connection.execute(select(Task.free, Task.judged, Task.id, Task.overlap)).all()
            truths = connection.execute(select(Truth.message_id, Truth.klass).where(Truth.origin == Origin.VERDICT))
            truth = {row.message_id: row.klass for row in truths}
        assert len(held) == len(set(held))
        for free, judged, task_id, overlap in tasks:
            now_held = sum(held_task == task_id for held_task, _ in held)
            assert free == max(0, overlap - judged - now_held)
        for message in set(self.message_of.values()):
            votes = Counter(said[message] for said in self.said if said.get(message) and message not in self.gold)
            top = votes.most_common(2)
            decided = bool(top) and (len(top) == 1 or top[0][1] > top[1][1])
            assert truth.get(message) == (top[0][0] if decided else None)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()


def test_the_desk_holds_under_any_order_of_events(sqlite: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path_factory.getbasetemp()) as folder:
        run(lambda: sqlite.new(Path(tempfile.mkdtemp(dir=folder))), 20)


def test_the_desk_holds_under_any_order_of_events_on_postgresql(new_postgresql: Callable[[], str]) -> None:
    run(new_postgresql, 8)


def run(new_url: Callable[[], str], examples: int) -> None:
    """A few examples in every run of the tests; as many as TALLYROOM_EXAMPLES says in `make nightly`."""

    class Machine(DeskModel):
        open_store = staticmethod(lambda: Store.open(new_url()))

    chosen = settings(
        max_examples=int(os.environ.get("TALLYROOM_EXAMPLES", examples)),
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        print_blob=True,
    )
    run_state_machine_as_test(Machine, settings=chosen)
