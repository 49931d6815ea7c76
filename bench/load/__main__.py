"""`make load`: 500 reviewers on PostgreSQL with a million pending messages, 64 on SQLite, then a verdict among a load.

A verdict each 3 seconds, over HTTP on the page's own routes, side panel and heartbeats with them. None may be lost,
doubled or handed out twice, and the 95th percentile of a verdict stays below a quarter of a second.

    make load                          all of it, 10 minutes each
    make load MINUTES=2 ARGS=sqlite    one of: postgresql, sqlite, loading
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pandas as pd
import psutil

from bench.load.audit import audit, percentiles
from bench.load.office import Office, links, make_office, serve, settle
from bench.load.reviewers import Log, work_at
from bench.result import postgresql, report, timed
from core.store import Store
from core.store.paced import write_paced
from core.store.queries.live import tallies
from core.store.records.datasets import dataset_id
from core.store.records.messages import store_messages

PAUSE_SECONDS = 3.0
MOST_MS = 250.0
MOST_MS_WHILE_LOADING = 100.0
LOADED = 1_000_000
PIECE = 20_000


def settled(office: Office, people: int, servers: int, seconds: float, beside: Callable[[], Any] | None = None) -> Log:
    """The reviewers' work on so many servers; `beside` starts what runs meanwhile."""
    with office.store() as store, ExitStack() as stack:
        settle(store)
        running = [stack.enter_context(serve(office)) for _ in range(servers)]
        names = [f"Reviewer {number}" for number in range(people)]
        doors = [links(store, running[n % servers].base, [name])[0] for n, name in enumerate(names)]
        time.sleep(10)  # the models that explain are being imported
        if beside is not None:
            beside()
        log, took = timed(lambda: asyncio.run(work_at(doors, seconds=seconds, pause=PAUSE_SECONDS)))
        memory = [round(psutil.Process(each.process.pid).memory_info().rss / 2**20) for each in running]
        print(f"  {len(log.acknowledged) / took:.1f} verdicts/s, servers' memory {memory} MB", flush=True)
    return log


def judged(name: str, office: Office, log: Log, *, size: int, seconds: float, most_ms: float) -> bool:
    """Print what came of it; whether it is as it should be."""
    with office.store() as store:
        found = audit(store, log)
    p50, p95, most = percentiles(log.verdict_ms)
    next_p95, panel_p95 = percentiles(log.next_ms)[1], percentiles(log.panel_ms)[1]
    good = found.clean and p95 < most_ms and not log.refused
    report(
        f"load_{name}", ratio=None, equal=good, size=size, seconds=seconds, p50_ms=p50, p95_ms=p95, most_ms=most,
        next_p95_ms=next_p95, panel_p95_ms=panel_p95, retries=log.retries, starved=log.starved, told=log.told,
        refused=len(log.refused), **asdict(found),
    )  # fmt: skip
    return good


def on_postgresql(folder: Path, seconds: float, *, people: int, messages: int, servers: int) -> bool:
    """Many reviewers, two servers on two ports."""
    with postgresql(max_wal_size="4GB") as url:
        office, took = timed(lambda: make_office(folder / "postgresql", url, messages))
        print(f"PostgreSQL: {messages:,} messages in {took:.0f} s; {people} reviewers on {servers} servers", flush=True)
        log = settled(office, people, servers, seconds)
        return judged("postgresql", office, log, size=people, seconds=seconds, most_ms=MOST_MS)


def on_sqlite(folder: Path, seconds: float, *, people: int, messages: int) -> bool:
    """A team on one server."""
    office, took = timed(lambda: make_office(folder / "sqlite", f"sqlite:///{folder}/sqlite.db", messages))
    print(f"SQLite: {messages:,} messages in {took:.0f} s; {people} reviewers", flush=True)
    log = settled(office, people, 1, seconds)
    return judged("sqlite", office, log, size=people, seconds=seconds, most_ms=MOST_MS)


def while_loading(folder: Path, seconds: float, *, people: int) -> bool:
    """Verdicts on SQLite while another process, paced as the pipeline is, brings in a million messages."""
    office = make_office(folder / "loading", f"sqlite:///{folder}/loading.db", 20_000)
    print(f"SQLite, {LOADED:,} messages being loaded; {people} reviewers", flush=True)
    loader = get_context("spawn").Process(target=load, args=(office.url, seconds))
    log = settled(office, people, 1, seconds, beside=loader.start)
    loader.join()
    with office.store() as store, store.read() as connection:
        loaded = tallies(connection)["messages"] - 20_000
    print(f"  {loaded:,} messages came in meanwhile", flush=True)
    return judged("loading", office, log, size=loaded, seconds=seconds, most_ms=MOST_MS_WHILE_LOADING) and loaded > 0


def load(url: str, seconds: float) -> None:
    """Bring messages in until a million are there or the time is up."""
    ends = time.monotonic() + seconds
    with Store.open(url) as store:
        dataset = store.write(lambda c: dataset_id(c, "smsdata"))
        for first in range(0, LOADED, PIECE):
            numbers = range(first, first + PIECE)
            texts = [f"a message that comes in while the office works, number {number}" for number in numbers]
            frame = pd.DataFrame({"source": "stream", "key": [str(n) for n in numbers], "body": texts, "text": texts})
            frame = frame.assign(sender="VM-SHOP", sent_at=int(1000 * time.time()), label=None)
            for _ in write_paced(store, frame, lambda c, piece: store_messages(c, dataset, piece)):
                if time.monotonic() > ends:
                    return


def main() -> None:
    """Run what is asked for; ends with 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(prog="bench.load")
    parser.add_argument("which", nargs="*", choices=["postgresql", "sqlite", "loading"], default=[])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--people", type=int, help="500 on PostgreSQL, 64 on SQLite")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--servers", type=int, default=2)
    asked = parser.parse_args()
    seconds = 60 * asked.minutes
    good = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        which = asked.which or ["postgresql", "sqlite", "loading"]
        if "postgresql" in which:
            good.append(on_postgresql(
                folder, seconds, people=asked.people or 500, messages=asked.messages, servers=asked.servers
            ))  # fmt: skip
        if "sqlite" in which:
            good.append(on_sqlite(folder, seconds, people=asked.people or 64, messages=asked.messages))
        if "loading" in which:
            good.append(while_loading(folder, seconds, people=asked.people or 16))
    raise SystemExit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
