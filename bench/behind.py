"""The messages behind a number among a million predictions, and the search: a page's time on both databases.

Grows with nothing but the page: an index is walked for at most 20,000 rows, or few messages are looked up by their ids.
The plain way, timed beside it, asks the database for the same rows with one WHERE and OFFSET. The indexing grows with
the messages.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import select, text

from bench.result import postgresql, report
from bench.sms import made_up
from core.pipeline.index import index_texts
from core.project import Project
from core.store import Store, bulk
from core.store.models import DatasetId, FoldPrediction, Label, Message, Prediction, RunId, Truth
from core.store.queries.behind import Against, Behind, Order
from core.store.queries.messages import messages_behind
from core.store.records.datasets import dataset_id
from core.store.records.runs import NewRun, start_run
from core.store.rollups import tally

ROWS = 1_000_000
VERDICTS = 5_000
IMPORTED = 200_000
FOLDS = 200_000
CLASSES = np.array(["personal", "notification", "spam"], dtype=object)
START, EVERY = 1_790_000_000_000, 2_000
PIECE = 50_000
SEARCHES = 200
RUN = RunId(1)


class Room:
    """As much of a project as the search needs."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.dataset_id = store.write(lambda c: dataset_id(c, "messages"))


def build(store: Store, rows: int = ROWS) -> None:
    """Messages, predictions, labels, folds."""
    room = Room(store)
    texts = [body for body, _ in made_up()]
    chance = np.random.default_rng(7)
    new = NewRun(room.dataset_id, "char-svc", "bench", 0, 0, 5, 7, {})
    store.write(lambda c: start_run(c, new))
    for start in range(0, rows, PIECE):
        n = min(PIECE, rows - start)
        bodies = [f"{texts[(start + k) % len(texts)]} ref {(start + k) * 7919 % 1_000_003}" for k in range(n)]
        ids = np.arange(start + 1, start + n + 1)
        messages = pd.DataFrame({"id": ids, "dataset_id": 1, "source": "s", "key": ids.astype(str), "body": bodies})
        messages = messages.assign(text=bodies, sender="VM-SHOP", sent_at=START + EVERY * ids)
        store.write(lambda c, frame=messages: bulk.append(c, Message.__table__, frame))
        said = pd.DataFrame(
            {"run_id": 1, "message_id": ids, "klass": CLASSES[chance.choice(3, n, p=[0.5, 0.38, 0.12])]}
        )
        said = said.assign(confidence=1 - chance.beta(1, 12, n) * 0.66)
        store.write(lambda c, frame=said: bulk.append(c, Prediction.__table__, frame))
        store.write(lambda c, n=n: tally(c, "messages", n))
    judged = chance.permutation(np.arange(1, rows + 1))[: min(rows, VERDICTS + IMPORTED)]
    origin = np.where(np.arange(len(judged)) < VERDICTS, "verdict", "imported")
    labels = pd.DataFrame({"message_id": judged, "klass": CLASSES[chance.choice(3, len(judged))], "origin": origin})
    labels = labels.assign(label_id=np.arange(1, len(judged) + 1))
    given = labels.rename(columns={"label_id": "id"}).assign(origin_ref="bench")
    for start in range(0, len(labels), PIECE):
        piece = slice(start, start + PIECE)
        store.write(lambda c, piece=piece: bulk.append(c, Label.__table__, given[piece]))
        store.write(lambda c, piece=piece: bulk.append(c, Truth.__table__, labels[piece]))
    folds = pd.DataFrame({"run_id": 1, "repeat": 0, "message_id": np.sort(judged[:FOLDS])})
    folds = folds.assign(truth=CLASSES[chance.choice(3, len(folds))], klass=CLASSES[chance.choice(3, len(folds))])
    folds = folds.assign(confidence=chance.random(len(folds)))
    for start in range(0, len(folds), PIECE):
        piece = slice(start, start + PIECE)
        store.write(lambda c, piece=piece: bulk.append(c, FoldPrediction.__table__, folds[piece]))
    if store.dialect == "postgresql":
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def described(rows: int) -> dict[str, Behind]:
    """What a page may be asked for."""
    hour = START + EVERY * rows // 2
    times = {"since": hour, "until": hour + 3_600_000}
    return {
        "all, newest": Behind(RUN),
        "spam, newest": Behind(RUN, predicted="spam"),
        "spam, least sure": Behind(RUN, predicted="spam", order=Order.LEAST_SURE),
        "spam, surest": Behind(RUN, predicted="spam", order=Order.SUREST),
        "spam, 0.5 to 0.6": Behind(RUN, predicted="spam", at_least=0.5, below=0.6, order=Order.SUREST),
        "spam of an hour": Behind(RUN, predicted="spam", **times),
        "spam of an hour, surest": Behind(RUN, predicted="spam", order=Order.SUREST, **times),
        "cell of verdicts": Behind(RUN, Against.VERDICTS, truth="spam", predicted="personal"),
        "cell of verdicts, surest": Behind(RUN, Against.VERDICTS, "spam", "personal", order=Order.SUREST),
        "wrong, imported, surest": Behind(RUN, Against.IMPORTED, correct=False, order=Order.SUREST),
        "cell, imported, newest": Behind(RUN, Against.IMPORTED, truth="spam", predicted="personal"),
        "cell of folds": Behind(RUN, Against.FOLDS, truth="spam", predicted="personal"),
        "wrong, folds, surest": Behind(RUN, Against.FOLDS, correct=False, order=Order.SUREST),
        "with a link, least sure": Behind(RUN, slice="kind:has a link", order=Order.LEAST_SURE),
        "a rare word": Behind(RUN, q="ref 7919"),
        "a common word": Behind(RUN, q="your"),
        "a common word, spam, surest": Behind(RUN, q="your", predicted="spam", order=Order.SUREST),
        "nobody, surest (looks at 20,000)": Behind(RUN, predicted="nobody", order=Order.SUREST),
    }


def pages(store: Store, rows: int) -> dict[str, tuple[float, float, int]]:
    """Of each description: the first page's and the tenth page's milliseconds (median of 5), rows looked at."""
    found = {}
    for name, behind in described(rows).items():
        first, page = _median(lambda b=behind: _read(store, b, None))
        after = page.after
        for _ in range(8):
            if after is not None:
                after = _read(store, behind, after).after
        tenth, _ = _median(lambda b=behind, a=after: _read(store, b, a))
        found[name] = (first, tenth, page.looked)
        print(f"  {name:34s} {first:8.1f} {tenth:8.1f} ms  looked at {page.looked:,}", flush=True)
    return found


def _read(store: Store, behind: Behind, after: str | None):
    with store.read() as connection:
        return messages_behind(connection, DatasetId(1), behind, after=after)


def _median(work: Callable):
    times, result = [], None
    for _ in range(5):
        began = time.perf_counter()
        result = work()
        times.append(1_000 * (time.perf_counter() - began))
    return float(np.median(times)), result


def searched(store: Store) -> tuple[float, float]:
    """p50 and p95 in ms of searches as people type them: one to three words of a message, a prefix, a phrase."""
    chance = random.Random(7)
    bodies = [body for body, _ in made_up()]
    times = []
    for _ in range(SEARCHES):
        words = chance.choice(bodies).split()
        some = chance.sample(words, min(len(words), chance.randrange(1, 4)))
        asked = chance.choice([" ".join(some), f"{some[0][:4]}*", f'"{" ".join(words[:2])}"'])
        try:
            behind = Behind(RUN, q=asked)
        except Exception:
            continue
        began = time.perf_counter()
        _read(store, behind, None)
        times.append(1_000 * (time.perf_counter() - began))
    return float(np.percentile(times, 50)), float(np.percentile(times, 95))


def plain(store: Store) -> float:
    """The same page of spam with OFFSET in the middle of it, in ms."""
    query = (
        select(Message.body)
        .join(Prediction, Prediction.message_id == Message.id)
        .where(Prediction.run_id == 1, Prediction.klass == "spam")
        .order_by(Prediction.confidence, Prediction.message_id)
        .limit(50)
        .offset(ROWS // 20)
    )

    def work() -> None:
        with store.read() as connection:
            connection.execute(query).all()

    return _median(work)[0]


def index(store: Store, at_most: int | None = None) -> float:
    """Messages a second into the search."""
    room: Project = Room(store)  # type: ignore[assignment]
    began = time.perf_counter()
    n = index_texts(room, at_most=at_most)
    return n / (time.perf_counter() - began)


def measure(name: str, url: str) -> None:
    """Build, index, and time."""
    with Store.open(url, create=True) as store:
        build(store)
        rate = index(store)
        found = pages(store, ROWS)
        p50, p95 = searched(store)
        slow = plain(store)
    worst = max(max(first, tenth) for first, tenth, _ in found.values())
    print(f"{name}: {rate:,.0f} messages/s indexed; search p50 {p50:.0f} ms, p95 {p95:.0f} ms; OFFSET {slow:.0f} ms")
    ratio = slow / found["spam, least sure"][1]
    report(f"behind_{name}", ratio=ratio, equal=True, size=ROWS, seconds=worst / 1_000, search_p95_ms=round(p95, 1))


def main() -> None:
    """Both databases."""
    with tempfile.TemporaryDirectory() as folder:
        measure("sqlite", f"sqlite:///{Path(folder) / 'tallyroom.db'}")
    with postgresql() as url:
        measure("postgresql", url)
