"""Views: an address says what is shown, and each page gets the messages that it asks for. On both databases."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pandas as pd
import pytest
import websockets
from hypothesis import given
from hypothesis import strategies as st
from rooms import add_champion, add_messages
from servers import Server, make_folder
from sqlalchemy import select

from core import Project
from core.errors import TallyroomError
from core.slices import KINDS, slices_of
from core.store import Store
from core.store.models import HOUR_MS, Origin, Slice
from core.store.queries.live import clock
from core.store.records.labels import add_labels
from core.store.records.predictions import add_predictions
from core.store.records.slices import SENDERS_MOST
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.views import PANES, SPANS, View

hours = st.datetimes(pd.Timestamp("2020-01-01"), pd.Timestamp("2027-01-01")).map(lambda at: f"{at:%Y-%m-%dT%H}")
whens = st.one_of(
    st.sampled_from(["", *SPANS]),
    st.tuples(hours, hours).map(sorted).map("..".join).filter(lambda w: w[:3] == w[15:18]),
)
slices = st.sampled_from(["", *(f"kind:{name}" for name in KINDS), "script:Thai", "sender:AX-BANK & Söhne=1"])
views = st.builds(
    View, pane=st.sampled_from(list(PANES)), when=whens, slice=slices, against=st.sampled_from(["folds", "verdicts"])
)


@given(views)
def test_an_address_brings_back_the_view_it_was_made_of(view: View) -> None:
    assert View.from_query(dict(parse_qsl(view.to_query()))) == view


@pytest.mark.parametrize(
    "query",
    [
        {"pane": "attic"},
        {"when": "tomorrow"},
        {"when": "2026-11-02T00..2026-11-01T00"},
        {"when": "0001-01-01T00..9999-12-31T23"},
        {"when": "2026-02-31T00..2026-03-01T00"},
        {"slice": "colour:blue"},
        {"slice": "sender:" + "x" * 500},
        {"against": "odds"},
    ],
)
def test_a_view_that_there_is_not_is_refused_with_what_to_do(query: dict[str, str]) -> None:
    with pytest.raises(TallyroomError) as caught:
        View.from_query(query)
    assert caught.value.fix


BODIES = ["win at http://x.example/a", "see you", "नमस्ते, कल मिलते हैं हम सब लोग", "code 493822 is yours, keep it"] * 10


@pytest.fixture
def counted(store: Store) -> dict[int, str]:
    """Messages with a champion's predictions, counted by slice; half of them have an imported label."""
    ids = add_messages(store, BODIES)
    run_id = add_champion(store, [])
    with store.read() as connection:
        now = clock(connection) // HOUR_MS
    frame = pd.DataFrame({"message_id": ids, "klass": "spam", "confidence": 0.8, "hour": now})
    named = frame.assign(slices=[slices_of(body, "VM-SHOP") for body in BODIES])
    store.write(lambda c: add_predictions(c, run_id, named))
    return dict(zip(ids, BODIES, strict=True))


def test_a_narrowed_page_counts_what_a_plain_look_at_the_messages_counts(
    counted: dict[int, str], store: Store, store_url: str, tmp_path: Path
) -> None:
    labels = pd.DataFrame({"message_id": list(counted)[::2], "origin_ref": "", "klass": "personal", "confidence": None})
    store.write(lambda c: add_labels(c, Origin.IMPORTED, labels))
    project = Project(make_folder(tmp_path, store_url))
    with look(project, Samples(project.classes)) as common:
        assert set(common.slices) == {name for body in BODIES for name in slices_of(body, "VM-SHOP")}
        for name in common.slices:
            of_it = {number for number, body in counted.items() if name in slices_of(body, "VM-SHOP")}
            reading = Reading(common, View(slice=name, against="imported"))
            assert sum(Counter(day)["spam"] for day in reading.predicted.values()) == len(of_it)
            expected = len(of_it & set(list(counted)[::2]))
            assert reading.confusion("imported").cells == ({("personal", "spam"): expected} if expected else {})
        elsewhere = View(when="2020-01-01T00..2020-01-02T00", against="imported")
        assert Reading(common, elsewhere).confusion("imported").cells == {}
    project.close()


def test_a_flood_of_made_up_senders_does_not_fill_the_store(store: Store) -> None:
    ids = add_messages(store, [f"message {n}" for n in range(SENDERS_MOST + 50)])
    run_id = add_champion(store, [])
    for part in (ids[:120], ids[120:]):
        frame = pd.DataFrame({"message_id": part, "klass": "spam", "confidence": 0.8, "hour": 500_000})
        frame["slices"] = [(f"sender:BANK-{number}", "script:Latin") for number in part]
        store.write(lambda c, frame=frame: add_predictions(c, run_id, frame))  # type: ignore[misc]
    with store.read() as connection:
        counts = {row.name: row.n for row in connection.execute(select(Slice.name, Slice.n))}
    assert counts.pop("script:Latin") == len(ids)
    assert len(counts) == SENDERS_MOST


@pytest.fixture
def served(counted: dict[int, str], store: Store, store_url: str, tmp_path: Path) -> Iterator[Server]:
    server = Server(make_folder(tmp_path, store_url)).start()
    yield server
    server.stop()


def test_a_page_gets_the_view_it_asks_for_and_a_sentence_for_one_that_there_is_not(
    served: Server, store: Store
) -> None:
    ada = served.client(store, "Ada")
    cookie = "; ".join(f"{name}={value}" for name, value in ada.cookies.items())
    feed = served.base.replace("http", "ws") + "/feed"

    async def shares(address: str, then: str = "") -> list[object]:
        async with websockets.connect(address, additional_headers={"Cookie": cookie}) as line:
            if then:
                await line.send(then)
            seen: list[object] = []
            while len(seen) < (2 if then else 1):
                message = json.loads(await asyncio.wait_for(line.recv(), 20))
                if message["kind"] == "refused":
                    seen.append(message["what"])
                elif message["kind"] == "snapshot" and message["words"]["watched-note"]:
                    seen.append(message["words"]["watched-note"])
            return seen

    assert asyncio.run(shares(f"{feed}?slice=script:Devanagari")) == ["of 10 messages"]
    assert asyncio.run(shares(feed, '{"slice": "script:Devanagari"}')) == ["of 40 messages", "of 10 messages"]
    assert asyncio.run(shares(feed, '{"when": "soon"}'))[1] == "the time range cannot be read"
    narrowed = ada.get("state/live.json", params={"slice": "script:Devanagari"}).json()
    assert narrowed["words"]["watched-note"] == "of 10 messages"
    assert ada.get("state/live.json", params={"slice": "x"}).status_code == 400
