"""Other people's tools read what leaves here, and what they write comes back. `make foreign` fetches the tools."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from rooms import CLASSES, add_messages, the_dataset
from sqlalchemy import select

from core.store import Store
from core.store.models import Message, Origin, Truth
from core.store.records.labels import set_label
from labeling.exchange import FORMATS, export, import_labels, labels
from labeling.exchange.formats.label_studio import config

BODIES = ["win a prize", "मराठी <b>hi</b>", "=1+1", "hello \u202e rtl", 'say "hi", twice', "two\nlines"]
PYTHON = os.environ.get("TALLYROOM_FOREIGN_PYTHON", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="TALLYROOM_FOREIGN_PYTHON names no interpreter with the tools")

DATASETS = """
import sys, datasets
train = datasets.load_dataset(sys.argv[1], cache_dir=sys.argv[3])["train"]
streamed = datasets.load_dataset(sys.argv[1], streaming=True)["train"]
assert [row["body"] for row in streamed] == train["body"]
names = train.features["label"].names
train.map(lambda row: {"label": (row["label"] + 1) % len(names)}, features=train.features).to_parquet(sys.argv[2])
"""
LABEL_STUDIO = """
import json, pathlib, sys
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface
source, target, config = sys.argv[1:]
interface = LabelInterface(config)
tasks = json.loads(pathlib.Path(source).read_text())
for task in tasks:
    assert interface.validate_task({"id": task["id"], "data": task["data"]}), task
    assert all(map(interface.validate_annotation, task["annotations"])), task
converter = Converter(config, project_dir=None)
for form in ("JSON", "JSON_MIN"):
    converter.convert(source, f"{target}/{form}", form, is_dir=False)
"""


def foreign(script: str, *words: str) -> None:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    done = subprocess.run([PYTHON, "-c", script, *words], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]


def fill(store: Store) -> dict[str, str]:
    """Messages with a class each; gives the class by key."""
    ids = add_messages(store, BODIES)
    for n, message_id in enumerate(ids):
        klass = CLASSES[n % 3]
        store.write(lambda c, m=message_id, k=klass: set_label(c, m, Origin.VERDICT, k, ref="queue:1", confidence=1.0))
    return {str(n): CLASSES[n % 3] for n in range(len(ids))}


def truth(store: Store) -> dict[str, str]:
    with store.read() as connection:
        rows = connection.execute(select(Message.key, Truth.klass).join(Truth, Truth.message_id == Message.id))
        return {row.key: row.klass for row in rows}


def withdraw_all(store: Store) -> None:
    with store.read() as connection:
        ids = connection.execute(select(Message.id)).scalars().all()
    for message_id in ids:
        store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, None))


def test_the_datasets_library_opens_an_export_and_what_it_saves_is_taken_back(store: Store, tmp_path: Path) -> None:
    said = fill(store)
    folder, back = tmp_path / "labels", tmp_path / "back.parquet"
    export(labels(store, the_dataset(store)), folder, FORMATS.get("huggingface")(), CLASSES)
    foreign(DATASETS, str(folder), str(back), str(tmp_path / "cache"))
    withdraw_all(store)
    assert import_labels(store, the_dataset(store), back, CLASSES).labels == len(BODIES)
    turned = {key: CLASSES[(CLASSES.index(klass) + 1) % 3] for key, klass in said.items()}
    assert truth(store) == turned


def test_label_studios_converter_takes_an_export_and_its_files_are_taken_back(store: Store, tmp_path: Path) -> None:
    said = fill(store)
    path = tmp_path / "labels.json"
    export(labels(store, the_dataset(store)), path, FORMATS.get("label-studio")(), CLASSES)
    foreign(LABEL_STUDIO, str(path), str(tmp_path), config(CLASSES))
    for form in ("JSON", "JSON_MIN"):
        (written,) = (tmp_path / form).rglob("*.json") if (tmp_path / form).is_dir() else [tmp_path / form]
        assert [
            task.get("text", task.get("data", {}).get("text")) for task in json.loads(written.read_text())
        ] == BODIES
        withdraw_all(store)
        outcome = import_labels(store, the_dataset(store), written, CLASSES, FORMATS.get("label-studio")())
        assert (outcome.rows, outcome.refused) == (len(BODIES), ())
        assert truth(store) == said
