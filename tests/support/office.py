"""A few people at work over HTTP, each with a log of what they were told, whatever happens to the server."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import func, select

import labeling.check
from core.store import Store, check
from core.store.models import Event
from labeling.models import Lease, Task, Verdict


@dataclass
class Worker:
    """Judges on and on as the review page does: what is not acknowledged is sent again, under the same UUID."""

    client: httpx.Client
    acknowledged: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def work(self, stop: threading.Event) -> None:
        """Until told to stop; the verdict under way is still brought home."""
        while not stop.is_set():
            answer = self._until_answered("desk/claim", {"count": 3}, stop)
            for message in answer["messages"] if answer else ():
                given = {"uuid": str(uuid.uuid4()), "lease_id": message["lease_id"], "kind": "label", "klass": "spam"}
                self.sent.append(given["uuid"])
                if self._until_answered("desk/verdict", given, None):
                    self.acknowledged.append(given["uuid"])
                if stop.is_set():
                    return

    def _until_answered(self, route: str, body: dict[str, Any], stop: threading.Event | None) -> dict[str, Any] | None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not (stop and stop.is_set()):
            try:
                answer = self.client.post(route, json=body, timeout=6)
            except httpx.TransportError as error:
                self.troubles.append(type(error).__name__)
            else:
                if answer.status_code < 500:
                    assert answer.status_code == 200, answer.text
                    return dict(answer.json())
                self.troubles.append(answer.json()["error"]["what"])
            time.sleep(0.1)
        return None


class Office:
    """Several workers in threads of their own."""

    def __init__(self, clients: list[httpx.Client]) -> None:
        self.workers = [Worker(client) for client in clients]
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=worker.work, args=(self._stop,)) for worker in self.workers]
        for thread in self._threads:
            thread.start()

    @property
    def acknowledged(self) -> list[str]:
        """The verdicts that somebody was told are saved."""
        return [each for worker in self.workers for each in worker.acknowledged]

    @property
    def sent(self) -> list[str]:
        """The verdicts that somebody gave."""
        return [each for worker in self.workers for each in worker.sent]

    @property
    def troubles(self) -> list[str]:
        """What did not work."""
        return [each for worker in self.workers for each in worker.troubles]

    def wait_for(self, more: int) -> None:
        """Until so many more verdicts are acknowledged."""
        wanted, deadline = len(self.acknowledged) + more, time.monotonic() + 90
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, f"the office stands still: {self.troubles[-3:]}"
            assert all(thread.is_alive() for thread in self._threads), "somebody gave up"
            time.sleep(0.02)

    def wait_for_trouble(self, words: str) -> None:
        """Until somebody is told a sentence with these words."""
        deadline = time.monotonic() + 60
        while not any(words in trouble for trouble in self.troubles):
            assert time.monotonic() < deadline, f"nobody is told '{words}': {self.troubles[-3:]}"
            time.sleep(0.05)

    def go_home(self) -> None:
        """Stop, once what is under way is brought home."""
        self._stop.set()
        for thread in self._threads:
            thread.join(90)


def audit(store: Store, office: Office, *, beside: int = 0) -> None:
    """Nothing lost, nothing doubled, nothing half done, every verdict told once; `beside` come from somebody else."""
    with store.read() as connection:
        kept = list(connection.execute(select(Verdict.uuid)).scalars())
        heard = connection.execute(select(func.count()).where(Event.kind == "verdict")).scalar_one()
        too_many = connection.execute(
            select(Verdict.task_id)
            .join(Task)
            .group_by(Verdict.task_id, Task.overlap)
            .having(func.count() > Task.overlap)
        ).all()
        shared = connection.execute(
            select(Lease.task_id)
            .join(Task)
            .group_by(Lease.task_id, Task.overlap)
            .having(func.count(Lease.person_id.distinct()) > Task.overlap)
        ).all()
        assert set(office.acknowledged) <= set(kept), "what was acknowledged is lost"
        assert len(set(kept) - set(office.sent)) == beside
        assert len(kept) == len(set(kept)) == heard
        assert too_many == [], "judged more often than asked for"
        assert shared == [], "handed out twice"
        assert [*check.check(connection), *labeling.check.check(connection)] == []
