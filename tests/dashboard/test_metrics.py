"""Numbers for machines: what Prometheus reads, who may, and that a scrape scans nothing. On both databases."""

from __future__ import annotations

import asyncio
import json
import math
import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
import websockets
from prometheus_client.parser import text_string_to_metric_families
from rooms import CLASSES, add_champion, add_messages, add_queue, the_dataset
from servers import Server, make_folder
from sqlalchemy import event

import core.store.check
from core import Project
from core.store import Store
from core.store.queries.lag import mark_of
from core.store.records.runs import FoldRecord, add_fold
from core.store.records.stages import set_progress
from dashboard.live import Health
from dashboard.metrics import exposition
from dashboard.metrics.numbers import RoomNumbers
from dashboard.routes.api.schemas import LiveOut
from labeling.desk import Desk
from labeling.models import Role, VerdictKind
from labeling.people import Scope, add_person, issue_token
from labeling.queues import QueueSpec, chosen, create, fill
from labeling.verdicts import Given

HOSTILE = 'a "queue"\n\\ <b>of\u202e names'
BOARD = Path(__file__).resolve().parents[2] / "examples" / "grafana" / "tallyroom.json"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Store]]:
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        ids = add_messages(store, [f"message {n}" for n in range(60)])
        run_id = add_champion(store, ids)
        store.write(lambda c: set_progress(c, "Predict", mark_of(run_id), {"low": ids[0], "high": ids[-1]}))
        for fold in range(2):
            record = FoldRecord(0, fold, 1.0, 40, 10, 1.0, 0.1, [("macro_f1", "", 0.9 + fold / 50)])
            store.write(lambda c, record=record: add_fold(c, run_id, record))
        queue_id = add_queue(store, [], blind_share=0.0, explore_share=1.0)
        drawn = pd.DataFrame({"message_id": ids[:50], "rank": range(50), "draw_probability": 1 / 60})
        store.write(lambda c: fill(c, queue_id, drawn))
        judge(store, 30)
        server = Server(make_folder(folder, url)).start()
        yield server, store
        server.stop()


def judge(store: Store, count: int) -> None:
    person, desk = add_person(store, "Vera"), Desk(store, CLASSES)
    for n in range(count):
        (message,) = desk.claim(person.id, 1).result()
        klass = "spam" if n % 10 else "personal"
        desk.judge(person.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, klass)).result()


def scraper(server: Server, store: Store, scope: Scope = Scope.METRICS, role: Role = Role.VIEWER) -> httpx.Client:
    token = issue_token(store, add_person(store, f"prometheus {scope} {role}", role).id, "scrape", scope, by=None)
    bearer = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"{server.base}/", headers=bearer, timeout=30)


def numbers(client: httpx.Client) -> dict[str, float]:
    """A scrape by the library's own parser: `name{label="value"}` to the value."""
    answer = client.get("metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        sample.name + "".join(f"|{value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_scrape_tells_of_the_room_the_feed_and_the_process(opened: tuple[Server, Store]) -> None:
    server, store = opened
    client = scraper(server, store)
    ada = server.client(store, "Ada")
    assert ada.post("desk/claim", json={"count": 2}).status_code == 200
    # Numbers are kept for a second, and the accuracy is told aside.
    assert soon(lambda: numbers(client).get("tallyroom_queue_held|review") == 2)
    assert soon(lambda: "tallyroom_live_accuracy" in numbers(client))
    found = numbers(client)
    assert found["tallyroom_store_up"] == 1
    assert (found["tallyroom_messages_total"], found["tallyroom_predictions_total"]) == (60, 60)
    assert (found["tallyroom_verdicts|review"], found["tallyroom_queue_waiting|review"]) == (30, 20)
    assert found["tallyroom_queue_held|review"] == 2
    assert found["tallyroom_champion_info|char-svc|1"] == 1
    assert found["tallyroom_champion_macro_f1"] == pytest.approx(0.91)
    assert 0 <= found["tallyroom_champion_age_seconds"] < 600
    assert found["tallyroom_pipeline_behind_seconds"] == 0
    assert 0.7 < found["tallyroom_live_accuracy_bound|low"] < found["tallyroom_live_accuracy"] <= 1
    assert (found["tallyroom_feed_away_seconds"], found["tallyroom_viewers"]) == (0, 0)
    assert found["tallyroom_requests_total|POST|/desk/claim|200"] >= 1
    assert found["tallyroom_desk_seconds_count|/desk/claim"] >= 1
    assert found["process_resident_memory_bytes"] > 10_000_000


def test_new_messages_that_wait_for_the_champion_are_a_lag(opened: tuple[Server, Store]) -> None:
    server, store = opened
    add_messages(store, ["late"], source="later")
    client = scraper(server, store)
    assert soon(lambda: numbers(client)["tallyroom_pipeline_behind_seconds"] > 1)


def soon(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.3)
    return found


def test_viewers_are_counted_while_they_look(opened: tuple[Server, Store]) -> None:
    server, store = opened
    client, vera = scraper(server, store), server.client(store, "Vera")
    cookie = "; ".join(f"{name}={value}" for name, value in vera.cookies.items())

    async def look() -> bool:
        async with websockets.connect(
            f"{server.base.replace('http', 'ws')}/feed", additional_headers={"Cookie": cookie}
        ):
            return await asyncio.to_thread(soon, lambda: numbers(client)["tallyroom_viewers"] == 1)

    assert asyncio.run(look())


def test_a_token_for_metrics_is_good_for_them_alone_and_others_need_a_lead(opened: tuple[Server, Store]) -> None:
    server, store = opened
    client = scraper(server, store)
    assert client.get("metrics").status_code == 200
    for path in ("state/live.json", "api/v1/runs", "me.json", "queues.json"):
        assert client.get(path).status_code == 403, path
    assert client.post("metrics").status_code == 403
    assert scraper(server, store, Scope.READ).get("metrics").status_code == 403, "a viewer's token for reading"
    assert scraper(server, store, Scope.READ, Role.LEAD).get("metrics").status_code == 200
    assert server.client(store, "Rex").get("metrics").status_code == 403
    assert server.client(store, "Lea", Role.LEAD).get("metrics").status_code == 200
    assert httpx.get(f"{server.base}/metrics").status_code == 401


def test_strangers_cannot_make_series_up(opened: tuple[Server, Store]) -> None:
    server, store = opened
    for n in range(5):
        httpx.request(f"ODD{n}", f"{server.base}/desk/claim")
        httpx.get(f"{server.base}/api/v1/queues/stranger{n}/messages")
    text = scraper(server, store).get("metrics").text
    assert "stranger" not in text
    assert "ODD" not in text
    assert 'tallyroom_requests_total{method="other",route="/desk/claim",status="405"} 5.0' in text
    assert 'route="/api/v1/queues/*/messages"' in text


def test_a_scrape_costs_a_few_statements_and_none_reads_messages_or_predictions(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = add_messages(store, [f"message {n}" for n in range(40)])
    run_id = add_champion(store, ids)
    store.write(lambda c: set_progress(c, "Predict", mark_of(run_id), {"low": ids[0], "high": ids[-1]}))
    add_queue(store, ids, blind_share=0.0)
    reads = RoomNumbers(Project(make_folder(tmp_path, store.url.render_as_string(hide_password=False))))
    monkeypatch.setattr(reads._numbers, "_seconds", math.inf)  # a second passes when the test says so
    reads.get()
    assert soon(lambda: reads._accuracy._due > 0)
    said: list[str] = []
    engine = reads._project.store.engine
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: said.append(statement))
    for _ in range(20):
        reads.get()
    assert said == [], "what is a second old is told again"
    monkeypatch.setattr(reads._numbers, "_seconds", 0.0)
    assert reads.get().counts["messages"] == 40
    assert len(said) <= 12, said
    # One step along the primary key of messages is all that is read of them.
    big = [statement for statement in said if re.search(r"FROM (message|prediction|verdict|lease|task)\b", statement)]
    assert [bool(re.search(r"LIMIT", statement)) for statement in big] == [True], big
    with store.read() as connection:
        assert core.store.check.check(connection) == []
    reads._project.close()


def test_a_queue_of_any_name_is_one_line(store: Store, tmp_path: Path) -> None:
    from rooms import the_dataset

    from labeling.queues import QueueSpec, create

    dataset = the_dataset(store)
    store.write(lambda c: create(c, dataset, QueueSpec(HOSTILE)))
    project = Project(make_folder(tmp_path, store.url.render_as_string(hide_password=False)))
    told = exposition(Health(0.0, 0.0, 0.1), 0, RoomNumbers(project).get()).decode()
    families = {family.name: family for family in text_string_to_metric_families(told)}
    (sample,) = families["tallyroom_verdicts"].samples
    assert sample.labels["queue"] == " ".join(HOSTILE.split()) or sample.labels["queue"] == HOSTILE
    project.close()


def test_health_is_open_to_all_and_tells_nothing(opened: tuple[Server, Store]) -> None:
    server, _ = opened
    assert soon(lambda: httpx.get(f"{server.base}/healthz").status_code == 200)
    told: dict[str, Any] = httpx.get(f"{server.base}/healthz").json()
    assert told == {"ok": True, "what": "the store answers and the live feed is fresh"}


def test_the_board_asks_only_for_what_is_printed(opened: tuple[Server, Store]) -> None:
    server, store = opened
    client = scraper(server, store)
    assert soon(lambda: "tallyroom_live_accuracy" in numbers(client))
    printed = {name.split("|")[0] for name in numbers(client)}
    board = json.loads(BOARD.read_text("utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    asked += [each["expr"] for each in board["annotations"]["list"]]
    asked += [each["definition"] for each in board["templating"]["list"] if each["type"] == "query"]
    assert len(asked) >= 12
    for expression in asked:
        names = set(re.findall(r"\b(?:tallyroom|process|python)_\w+", expression))
        assert names, expression
        assert names <= printed, (expression, names - printed)
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_a_script_reads_what_the_live_page_shows_masked_as_the_page_masks_it(opened: tuple[Server, Store]) -> None:
    server, store = opened
    (coded,) = add_messages(store, ["code 493822"], source="codes")
    spec = QueueSpec("codes", blind_share=0.0, priority=9)
    dataset = the_dataset(store)
    chosen(store, store.write(lambda c: create(c, dataset, spec)), [coded])
    judge(store, 1)
    ada, vera = server.client(store, "Ada"), server.client(store, "Vic", Role.VIEWER)

    def bodies(client: httpx.Client) -> list[str]:
        told = LiveOut.model_validate_json(client.get("api/v1/live").text)
        return [row["body"] for row in told.tables["verdicts"].values()]

    assert soon(lambda: "code 493822" in bodies(ada))
    assert "code 4••••2" in bodies(vera)
    page = ada.get("state/live.json").json()
    assert ada.get("api/v1/live").json()["tables"] == page["tables"]
    assert "/api/v1/live" in ada.get("api/v1/openapi.json").json()["paths"]
