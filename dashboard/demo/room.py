"""The demo's room: a folder with settings, a dictionary, rules, and a history of made-up messages."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from core import Project
from core.corpus import Corpus, Sms
from core.settings import FILE_NAME

SEED = 7
HISTORY = 12_000
LABELLED = 5_000
DAYS = 6
STREAM_EVERY_MS = 400.0
FIRST_MS = 1_790_000_000_000
"""When a corpus that is the same on every day ends."""
_COLUMNS = ("id", "text", "from", "sent_ms", "kind")
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """What the demo's messages are made from; kept in the room, so that they can be made again."""

    seed: int
    history: int
    start_ms: int

    @property
    def past(self) -> Corpus:
        """The messages before the demo began."""
        every_ms = DAYS * _DAY_MS / self.history
        return Corpus(self.seed, start_ms=self.start_ms - DAYS * _DAY_MS, every_ms=every_ms)

    @property
    def stream(self) -> Corpus:
        """The messages that come while it runs."""
        return Corpus(self.seed, start_ms=self.start_ms, every_ms=STREAM_EVERY_MS, prefix="s")

    def truth(self, key: str) -> str | None:
        """What a message really is."""
        return self.past.truth(key) or self.stream.truth(key)


def make_room(folder: Path, *, history: int = HISTORY, labelled: int = LABELLED) -> DemoRoom:
    """The demo's room in `folder`: the one that is there, or a new one whose first messages are labelled."""
    memory = folder / "demo.json"
    if not (folder / FILE_NAME).exists():
        (folder / "dictionaries").mkdir(parents=True, exist_ok=True)
        (folder / "inbox").mkdir(exist_ok=True)
        shipped = files("dashboard").joinpath("demo", "room")
        for name, target in (
            ("tallyroom.toml", FILE_NAME),
            ("dictionary.yaml", "dictionaries/smsdata.yaml"),
            ("rules.yaml", "rules.yaml"),
            ("guide.md", "guide.md"),
        ):
            (folder / target).write_text(shipped.joinpath(name).read_text("utf-8"), "utf-8")
        demo = DemoRoom(SEED, history, round(time.time() * 1000))
        drop(folder, "0000-history.csv", demo.past.messages(0, history), labelled=min(labelled, history))
        memory.write_text(json.dumps(asdict(demo)), "utf-8")
    project = Project(folder)
    project.upgrade_store()
    project.close()
    return DemoRoom(**json.loads(memory.read_text("utf-8")))


def drop(folder: Path, name: str, messages: Iterable[Sms], *, labelled: int = 0) -> None:
    """Put messages into the room's inbox as a file, whole or not at all; the first `labelled` with their label."""
    path = folder / "inbox" / name
    fresh = path.with_suffix(".part")
    write_messages(fresh, messages, labelled=labelled)
    fresh.replace(path)


def write_messages(path: Path, messages: Iterable[Sms], *, labelled: int) -> None:
    """Write messages as CSV; the first `labelled` with their label."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for number, sms in enumerate(messages):
            writer.writerow((sms.key, sms.body, sms.sender, sms.sent_at, sms.label if number < labelled else ""))
