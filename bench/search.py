"""A search's first ten trials: with a warm start, without, and by chance; and whether a search ends in time.

Two collections (Indonesian, three classes; Turkish), 1,000 messages of each, 3 folds with near-copies kept together;
10 seeds each. The warm start leaves out whatever shares messages with the collection that is tested. Each candidate is
evaluated once and looked up from then on, so the scores of all searches are those of the same folds.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.stats import t as student

from bench.result import report
from bench.searched import COLLECTIONS, Tried, as_material, sampled, search
from core import Project
from core.corpus import Corpus
from core.learning.search import Space, meta_features, portfolio, warm_starts
from core.pipeline import ingest_sources
from core.pipeline.search import WARM_STARTS, SearchOptions, search_room
from dashboard.demo.room import drop

TESTED = ("indonesian", "turkish")
SEEDS = int(os.environ.get("SEEDS", "10"))
MESSAGES, FOLDS, TRIALS = 1_000, 3, 10
BUDGET = 30.0
OVERRUN = 0.05
WAYS = ("warm", "tpe", "random")
ROOM = """[room]
name = "Bench"
classes = ["personal", "notification", "spam"]
[pipeline]
dataset = "sms"
"""
DICTIONARY = """version: 1
dataset: sms
sources:
  - {name: phones, kind: csv, path: inbox/*.csv, columns: {key: id, body: text, sender: from, label: kind,
     sent_at: {from: sent_ms, dtype: epoch_ms}}}
"""


def best_at(collection: str) -> dict[str, np.ndarray]:
    """The best macro-F1 after each trial, (seeds, trials), for each way to search a collection."""
    family, load = COLLECTIONS[collection]
    rows = sampled(load(), MESSAGES)
    material = as_material(rows, folds=FOLDS, grouped=True)
    tried, space = Tried(material), Space.whole(len(material.classes), linear=True)
    meta = meta_features([text for text, _ in rows], material.y, len(material.classes))
    starts = warm_starts(meta, portfolio(without=family), WARM_STARTS, space.takes)
    curves: dict[str, list[np.ndarray]] = {way: [] for way in WAYS}
    for seed in range(SEEDS):
        for way in WAYS:
            sampler = "random" if way == "random" else "tpe"
            found = search(tried, space, sampler, seed, TRIALS, starts if way == "warm" else None)
            curves[way].append(np.maximum.accumulate([reached for _, reached in found]))
    return {way: np.array(curve) for way, curve in curves.items()}


def interval(values: np.ndarray) -> str:
    """The mean with its 95 % interval."""
    half = student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{values.mean():.4f} ± {half:.4f}"


def ends_in_time() -> float:
    """By how much a search of `BUDGET` seconds overran, as a share of it (below 0: it ended earlier)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tallyroom.toml").write_text(ROOM)
        (folder / "dictionaries").mkdir()
        (folder / "dictionaries" / "sms.yaml").write_text(DICTIONARY)
        (folder / "inbox").mkdir()
        corpus = Corpus(11, start_ms=1_790_000_000_000, every_ms=60_000)
        drop(folder, "0.csv", corpus.messages(0, 5_000), labelled=5_000)
        project = Project(folder)
        project.upgrade_store()
        ingest_sources(project)
        began = time.perf_counter()
        search_room(project, SearchOptions(seconds=BUDGET, workers=2))
        took = time.perf_counter() - began
        project.close()
        (count,) = sqlite3.connect(folder / "tallyroom.db").execute("SELECT count(*) FROM trial").fetchone()
        print(f"a search of {BUDGET:.0f} s with 2 workers on 5,000 messages took {took:.1f} s, {count} trials")
    return took / BUDGET - 1


def main() -> None:
    """Compare the ways, then time a search."""
    began = time.perf_counter()
    overrun = ends_in_time()
    at_ten: dict[str, list[np.ndarray]] = {way: [] for way in WAYS}
    for collection in TESTED:
        for way, curve in best_at(collection).items():
            at_ten[way].append(curve[:, -1])
            points = ", ".join(f"{curve[:, n - 1].mean():.4f}" for n in (1, 3, 5))
            print(f"{collection:<11} {way:<7} trial {TRIALS}: {interval(curve[:, -1])} (1, 3, 5: {points})", flush=True)
    means = {way: float(np.mean(values)) for way, values in at_ten.items()}
    for better, worse in (("warm", "tpe"), ("tpe", "random"), ("warm", "random")):
        gains = np.mean(at_ten[better], axis=0) - np.mean(at_ten[worse], axis=0)
        print(f"{better} over {worse}: {100 * gains.mean():+.2f} points, {interval(100 * gains)} over {SEEDS} seeds")
    report(
        "search",
        ratio=None,
        equal=means["warm"] > means["tpe"] > means["random"] and overrun <= OVERRUN,
        size=MESSAGES,
        seconds=time.perf_counter() - began,
        **{way: round(value, 4) for way, value in means.items()},
        overrun=round(overrun, 3),
    )
