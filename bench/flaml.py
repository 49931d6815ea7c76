"""The champion of our search against FLAML, given the same minutes, cores and messages; one run.

The Indonesian collection (three classes), and one of four languages (English of Nigeria, Indonesian, Turkish, Hindi). A
third of the messages is held out, near-copies on one side; the other two thirds are searched for `MINUTES=3` by either.
FLAML sees TF-IDF of words and pairs, as its users give it. It is installed under ~/.cache, not into this environment.
Our warm start knows nothing of what is tested.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from bench.result import report
from bench.searched import ALL, COLLECTIONS, as_material
from core import Project
from core.learning import Candidate
from core.learning.search import Material
from core.pipeline import ingest_sources
from core.pipeline.search import SearchOptions, search_room

TESTED = ("indonesian", "multilingual")
MINUTES = float(os.environ.get("MINUTES", "3"))
ENVIRONMENT = Path.home() / ".cache" / "tallyroom-flaml"
WAY = Path(__file__).with_name("flaml_way.py")
DICTIONARY = """version: 1
dataset: texts
sources:
  - {name: texts, kind: csv, path: texts.csv, columns: {body: text, label: label}}
"""


def environment() -> Path:
    """The Python that has FLAML; made where it is missing."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, ENVIRONMENT], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "flaml[automl]"], check=True)
    return python


def by_flaml(material: Material, train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, str]:
    """What FLAML says of the test part, and by which estimator."""
    with tempfile.TemporaryDirectory() as name:
        given, said = Path(name) / "given.json", Path(name) / "said.json"
        facts = {
            "train": material.documents[train].tolist(),
            "y": material.y[train].tolist(),
            "test": material.documents[test].tolist(),
            "seconds": 60 * MINUTES,
        }
        given.write_text(json.dumps(facts), "utf-8")
        subprocess.run([environment(), "-P", "-W", "ignore", WAY, given, said], check=True)
        answer = json.loads(said.read_text("utf-8"))
    return np.array(answer["said"]), str(answer["best"])


def by_us(material: Material, train: np.ndarray, test: np.ndarray, family: str) -> tuple[np.ndarray, str]:
    """What the best linear candidate of our search says of the test part, and its name."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        classes = json.dumps(list(material.classes))
        (folder / "tallyroom.toml").write_text(
            f'[room]\nname = "Bench"\nclasses = {classes}\n[pipeline]\ndataset = "texts"\n'
        )
        (folder / "dictionaries").mkdir()
        (folder / "dictionaries" / "texts.yaml").write_text(DICTIONARY)
        labels = [material.classes[code] for code in material.y[train]]
        frame = pd.DataFrame({"text": material.documents[train], "label": labels})
        frame.to_csv(folder / "texts.csv", index=False)
        project = Project(folder)
        project.upgrade_store()
        ingest_sources(project)
        over = search_room(project, SearchOptions(seconds=60 * MINUTES, workers=2, without=family, warm=family != ALL))
        project.close()
    best = str((over.result or {})["linear"])
    model = Candidate.parse(best).build(material.seed).fit(material.documents[train], material.y[train])
    return np.asarray(model.predict(material.documents[test])), best


def main() -> None:
    """Both on both collections."""
    environment()
    began = time.perf_counter()
    found: dict[str, float] = {}
    for collection in TESTED:
        family, load = COLLECTIONS[collection]
        material = as_material(load(), folds=3, grouped=True)
        split = material.splits[0]
        for who, (said, how) in (
            ("ours", by_us(material, split.train, split.test, family)),
            ("flaml", by_flaml(material, split.train, split.test)),
        ):
            reached = float(f1_score(material.y[split.test], said, average="macro"))
            found[f"{collection}_{who}"] = round(reached, 4)
            print(f"{collection}: {who} {reached:.4f} by {how}", flush=True)
    report(
        "flaml",
        ratio=None,
        equal=all(found[f"{each}_ours"] >= found[f"{each}_flaml"] for each in TESTED),
        size=len(TESTED),
        seconds=time.perf_counter() - began,
        minutes=MINUTES,
        **found,
    )
