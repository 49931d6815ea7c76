"""The desk over real HTTP: 16 reviewers without a pause on 100,000 messages, on both databases, beside Label Studio.

A reviewer does what the review page does: a verdict, and with the verdict's answer the next messages where they run
out. `next` is the time until those have come, which the page hides by asking early. The cost of a decision does not
grow with the messages (a claim walks along an index); it grows with the reviewers until the server's processor is full.
"""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from bench import label_studio
from bench.load.audit import audit, percentiles
from bench.load.office import CLASSES, Office, free_port, links, make_office, serve, settle
from bench.load.reviewers import Log, work_at
from bench.result import postgresql, report, timed
from core.corpus import Corpus
from core.store import Store
from core.store.models import Message, Origin
from core.store.records.datasets import dataset_id
from core.store.records.labels import add_labels
from labeling.exchange import labels, write_labels

MESSAGES = 100_000
REVIEWERS = 16
SECONDS = 60
WARM_SECONDS = 10
BESIDE_MESSAGES = 10_000  # it slows down as its messages grow, and imports some 600 a second


def start_to_page(office: Office) -> float:
    """Seconds from the command to the first page that a person with a session sees."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/room"
    with office.store() as store:
        (link,) = links(store, base, ["Early Bird"])
    command = [sys.executable, "-m", "dashboard.command", "serve", "--room", str(office.folder), "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(follow_redirects=True, timeout=60) as client:
            while True:
                with suppress(httpx.TransportError):
                    page = client.get(link)
                    break
                assert process.poll() is None, "the server ended before it answered"
                time.sleep(0.02)
        assert page.status_code == 200
        assert "Early Bird" in page.text
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(30)


def review(office: Office, store: Store) -> tuple[Log, float]:
    """The reviewers' work, after a moment to warm up."""
    with serve(office) as server:
        doors = links(store, server.base, [f"Reviewer {number}" for number in range(REVIEWERS)])
        log = asyncio.run(work_at(doors, seconds=WARM_SECONDS, seed=1))
        doors = links(store, server.base, [f"Reviewer {number}" for number in range(REVIEWERS)])
        measured, seconds = timed(lambda: asyncio.run(work_at(doors, seconds=SECONDS, seed=2)))
    log.verdict_ms, log.next_ms = [], []
    given = len(measured.acknowledged)
    log.add(measured)
    return log, given / seconds


def export(store: Store) -> tuple[int, float]:
    """Every message labelled, and all labels written: how many, in how many seconds."""
    with store.read() as connection:
        ids = connection.execute(select(Message.id).order_by(Message.id)).scalars().all()
    import pandas as pd

    for first in range(0, len(ids), 20_000):
        piece = pd.DataFrame({"message_id": ids[first : first + 20_000], "klass": CLASSES[0], "origin_ref": "bench"})
        store.write(lambda c, piece=piece: add_labels(c, Origin.IMPORTED, piece))  # type: ignore[misc]
    settle(store)
    dataset = store.write(lambda c: dataset_id(c, "smsdata"))
    return timed(lambda: write_labels(labels(store, dataset), io.StringIO(), "jsonl"))


def measure(name: str, folder: Path, url: str) -> dict[str, Any]:
    """One database: the figures, printed and given."""
    office = make_office(folder / name, url, MESSAGES)
    with office.store() as store:
        settle(store)
        start = start_to_page(office)
        log, per_second = review(office, store)
        found = audit(store, log)
        assert found.clean, f"{name}: {found}"
        count, seconds = export(store)
        assert count == MESSAGES, f"{name}: {count} labels written"
    (p50, p95, most), (v50, v95, _) = percentiles(log.next_ms), percentiles(log.verdict_ms)
    print(
        f"{name}: {per_second:.1f} decisions/s; next messages p50 {p50} / p95 {p95} / most {most} ms; "
        f"a verdict saved p50 {v50} / p95 {v95} ms; handed out twice {found.handed_out_twice} of {found.verdicts}; "
        f"export of {count:,} labels {seconds:.2f} s; start to page {start:.2f} s",
        flush=True,
    )
    facts = {
        "decisions": round(per_second, 1),
        "next_p50_ms": p50,
        "next_p95_ms": p95,
        "verdict_p95_ms": v95,
        "twice": found.handed_out_twice,
        "export_seconds": round(seconds, 2),
        "start_seconds": round(start, 2),
    }
    return {f"{name}_{key}": value for key, value in facts.items()}


def main() -> None:
    """Both databases, then Label Studio."""
    with tempfile.TemporaryDirectory() as folder, postgresql() as url:
        facts = measure("sqlite", Path(folder), f"sqlite:///{folder}/office.db")
        facts |= measure("postgresql", Path(folder), url)
    ours = min(facts["sqlite_decisions"], facts["postgresql_decisions"])
    bodies = [sms.body for sms in Corpus(7, start_ms=0, every_ms=60_000).messages(0, BESIDE_MESSAGES)]
    theirs = label_studio.run(bodies, REVIEWERS, SECONDS)
    ratio = None
    if theirs is not None:
        per_second = theirs.decisions / theirs.seconds
        p50, p95, _ = percentiles(theirs.next_ms)
        print(
            f"Label Studio (SQLite, {BESIDE_MESSAGES:,} tasks): {per_second:.1f} decisions/s; "
            f"next p50 {p50} / p95 {p95} ms; handed out twice {theirs.handed_out_twice} of {len(theirs.holders)}; "
            f"start {theirs.start_seconds:.1f} s"
        )
        ratio = ours / per_second
        facts |= {"plain_decisions": round(per_second, 1), "plain_next_p50_ms": p50, "plain_next_p95_ms": p95,
                  "plain_twice": theirs.handed_out_twice}  # fmt: skip
    report("desk", ratio=ratio, equal=True, size=MESSAGES, seconds=SECONDS, **facts)


if __name__ == "__main__":
    main()
