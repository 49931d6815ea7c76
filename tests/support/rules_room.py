"""A room of two classes with rules, for tests that put messages into its store themselves."""

from __future__ import annotations

from pathlib import Path

from sms_room import open_room

from core import Project

SETTINGS = """[room]
name = "Test"
classes = ["personal", "spam"]
[pipeline]
dataset = "messages"
{pipeline}"""
DICTIONARY = """version: 1
dataset: messages
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text}}
"""


def open_rules_room(folder: Path, url: str, rules: str, pipeline: str) -> Project:
    """The room, on that store; `pipeline` ends its settings."""
    (folder / "tallyroom.toml").write_text(SETTINGS.format(pipeline=pipeline))
    (folder / "dictionaries").mkdir()
    (folder / "dictionaries" / "messages.yaml").write_text(DICTIONARY)
    (folder / "rules.yaml").write_text(rules)
    return open_room(folder, url)
