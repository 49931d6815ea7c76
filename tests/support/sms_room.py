"""Rooms with made-up SMS, for tests that run their pipeline; one that has run is kept, and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from databases import Databases

from core import Project
from core.corpus import Corpus
from core.pipeline import run
from dashboard.demo.room import drop

SETTINGS = """[room]
name = "Test"
classes = ["personal", "notification", "spam"]
{store}[pipeline]
dataset = "sms"
{pipeline}"""
DICTIONARY = """version: 1
dataset: sms
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text, sender: from, label: kind,
     sent_at: {from: sent_ms, dtype: epoch_ms}}}
cleaning: [nfc, whitespace]
"""
CORPUS = Corpus(11, start_ms=1_790_000_000_000, every_ms=60_000)


def write_room(
    folder: Path, pipeline: str, *, messages: int = 0, labelled: int = 0, rules: str = "", url: str | None = None
) -> Path:
    """The room's folder: settings (`pipeline` ends them), a dictionary, an inbox with a file of messages, if any."""
    folder.mkdir(exist_ok=True)
    store = "" if url is None else f'[store]\nurl = "{url}"\n'
    (folder / "tallyroom.toml").write_text(SETTINGS.format(store=store, pipeline=pipeline))
    (folder / "dictionaries").mkdir()
    (folder / "dictionaries" / "sms.yaml").write_text(DICTIONARY)
    if rules:
        (folder / "rules.yaml").write_text(rules)
    (folder / "inbox").mkdir()
    if messages:
        drop(folder, "0.csv", CORPUS.messages(0, messages), labelled=labelled)
    return folder


def open_room(folder: Path, url: str) -> Project:
    """The room of this folder on that store, with its tables."""
    project = Project(folder, store_url=url)
    project.upgrade_store()
    return project


Copied = Callable[[Path], Project]


def ran_once(databases: Databases, folder: Path, write: Callable[[Path], Path]) -> Copied:
    """Write a room and run its pipeline; gives what makes a copy of it in a folder that is not there yet."""
    made, url = write(folder), databases.new(folder)
    project = open_room(made, url)
    run(project)
    project.close()

    def copied(to: Path) -> Project:
        shutil.copytree(made, to, ignore=shutil.ignore_patterns("*.db*"))
        return Project(to, store_url=databases.copied(url, to))

    return copied
