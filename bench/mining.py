"""Templates mined as messages arrive: messages a second of the pipeline's stage with its writes, and its memory.

The made-up corpus on SQLite, a tenth at a time; making and storing the messages is not counted. Beside the clock's
seconds stand the processor's, which other work on the machine touches less. `python -m bench.mining 1000000` mines a
million.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from bench.result import report
from core import Project
from core.corpus import Corpus
from core.frames import MESSAGES
from core.pipeline.template import mine_templates
from core.store import Store
from core.store.check import check
from core.store.models import Template
from core.store.records.datasets import dataset_id
from core.store.records.messages import store_messages

MESSAGES_MINED = 100_000
PARTS = 10
AT_ONCE = 10_000


def framed(bodies: Sequence[str], first: int = 0) -> pd.DataFrame:
    """Messages as the store takes them."""
    n = len(bodies)
    columns: dict[str, tuple[list[Any], str]] = {
        "source": (["made-up"] * n, "str"),
        "key": ([str(first + place) for place in range(n)], "str"),
        "body": (list(bodies), "str"),
        "text": (list(bodies), "str"),
        "sender": ([None] * n, "str"),
        "sent_at": ([1_790_000_000_000 + 1_000 * (first + place) for place in range(n)], "Int64"),
        "label": ([None] * n, "str"),
    }
    return MESSAGES.validate(
        pd.DataFrame({name: pd.Series(given, dtype=kind) for name, (given, kind) in columns.items()})
    )


def _peak_mb() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _store_part(project: Project, corpus: Corpus, first: int, last: int) -> None:
    dataset = project.store.write(lambda c: dataset_id(c, "messages"))
    for start in range(first, last, AT_ONCE):
        bodies = [sms.body for sms in corpus.messages(start, min(last, start + AT_ONCE))]
        project.store.write(lambda c, start=start, bodies=bodies: store_messages(c, dataset, framed(bodies, start)))  # type: ignore[misc]


def main(messages: int = MESSAGES_MINED) -> None:
    """Mine."""
    corpus = Corpus(7, start_ms=1_790_000_000_000, every_ms=1_000)
    rates, processor, peaks, seconds = [], [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "tallyroom.toml").write_text('[room]\nclasses = ["personal", "notification", "spam"]\n')
        Store.open("sqlite:///tallyroom.db", home, create=True).close()
        project = Project(home)
        for part in range(PARTS):
            _store_part(project, corpus, messages * part // PARTS, messages * (part + 1) // PARTS)
            began, busy = time.perf_counter(), time.process_time()
            mined = mine_templates(project)
            took = time.perf_counter() - began
            seconds += took
            processor.append(mined / (time.process_time() - busy))
            rates.append(mined / took)
            peaks.append(_peak_mb())
            print(
                f"{messages * (part + 1) // PARTS:>10,}: {rates[-1]:,.0f} messages/s, {processor[-1]:,.0f} in a second "
                f"of the processor, peak {peaks[-1]:.0f} MB",
                flush=True,
            )
        with project.store.read() as connection:
            templates = connection.execute(select(func.count()).select_from(Template)).scalar_one()
            differences = check(connection)
        project.close()
    report(
        "mining",
        ratio=None,
        equal=not differences,
        size=messages,
        seconds=seconds,
        a_second=round(messages / seconds),
        first_tenth=round(rates[0]),
        last_tenth=round(rates[-1]),
        processor_first_tenth=round(processor[0]),
        processor_last_tenth=round(processor[-1]),
        peak_mb_first_tenth=round(peaks[0]),
        peak_mb=round(peaks[-1]),
        templates=templates,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES_MINED)
