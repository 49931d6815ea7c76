"""The routes of look-alikes: for reviewers, for messages in their hands, and for groups that they looked at."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from rooms import add_champion, add_messages, add_queue
from servers import Server, make_folder

from core import Project
from core.pipeline.template import mine_templates
from core.store import Store
from labeling.models import Role


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"Dear Anna your bill of {n} is due on Monday" for n in range(40)])
        project = Project(make_folder(folder, url))
        mine_templates(project)
        project.close()
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0)
        server = Server(folder).start()
        yield server, store
        server.stop()


def client(opened: tuple[Server, Store], name: str, role: Role = Role.REVIEWER) -> closing[httpx.Client]:
    server, store = opened
    return closing(server.client(store, name, role))


def test_a_group_is_counted_opened_and_judged(opened: tuple[Server, Store]) -> None:
    with client(opened, "Lea", Role.LEAD) as lea, client(opened, "Ada") as ada:
        held = ada.post("desk/claim", json={"count": 3}).json()["messages"]
        leases = [message["lease_id"] for message in held]
        feet = ada.post("desk/lookalikes", json={"lease_ids": leases}).json()["lookalikes"]
        assert [(foot["lease_id"], foot["size"], foot["predicted"]) for foot in feet] == [
            (lease, 40, {"spam": 40}) for lease in leases
        ]
        seen = ada.post("desk/lookalikes/open", json={"lease_id": leases[0]}).json()
        assert seen["task_ids"][0] == held[0]["task_id"]
        assert (len(seen["shown"]), seen["first"]) == (9, 5)
        decision = {"uuid": str(uuid.uuid4()), "token": seen["token"], "klass": "spam", "excluded": [], "claim": 3}
        answer = ada.post("desk/lookalikes/judge", json=decision).json()
        assert (answer["saved"], answer["labelled"], answer["checks"], answer["messages"]) == (True, 38, 2, [])
        assert ada.post("desk/lookalikes/judge", json=decision).json()["labelled"] == 38, "sent again, stored once"
        checks = lea.get("desk/lookalikes/checks.json").json()
        assert (checks["groups"], checks["messages"], checks["checked"], checks["waiting"]) == (1, 38, 0, 2)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"uuid": str(uuid.uuid4()), "token": str(uuid.uuid4()), "klass": "spam"}, 409),
        ({"uuid": "none", "token": "t", "klass": "spam"}, 409),
        ({"uuid": str(uuid.uuid4()), "token": "t", "klass": "spam", "excluded": [-1]}, 400),
        ({"uuid": str(uuid.uuid4()), "token": "t", "klass": "spam", "excluded": list(range(501))}, 400),
        ({"uuid": str(uuid.uuid4()), "token": "t", "klass": "spam", "task_ids": [1]}, 400),
        ({"uuid": str(uuid.uuid4()), "token": "\x00", "klass": "spam"}, 409),
    ],
)
def test_a_group_nobody_looked_at_is_refused_in_a_sentence(
    opened: tuple[Server, Store], body: dict[str, object], status: int
) -> None:
    with client(opened, "Bela") as bela:
        answer = bela.post("desk/lookalikes/judge", content=json.dumps(body))
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["what"]


def test_who_may_not_review_sees_no_group_and_who_leads_not_hears_no_error(opened: tuple[Server, Store]) -> None:
    with client(opened, "Vic", Role.VIEWER) as viewer, client(opened, "Rea") as reviewer:
        for route in ("desk/lookalikes", "desk/lookalikes/open", "desk/lookalikes/judge"):
            assert viewer.post(route, json={}).status_code == 403
        assert viewer.get("desk/lookalikes/checks.json").status_code == 403
        assert reviewer.get("desk/lookalikes/checks.json").status_code == 403
        assert reviewer.post("desk/lookalikes/open", json={"lease_id": 1}).status_code == 409, "not in her hands"
        assert reviewer.post("desk/lookalikes", json={"lease_ids": [1]}).json() == {"lookalikes": []}
