"""What a number of the Rules page costs: `make bench NAME=rule_look`.

A look as it is kept of 50,000 new messages and as many of known class as are looked at besides, simulated hits of 300
rules (those of `weak_labels`): its bytes, the milliseconds until it is read and the messages behind a number are found
(median over all rules), and the seconds that the counts and the estimates take when a look is made.
"""

from __future__ import annotations

import json
import os
import statistics
import time

import numpy as np

from bench.weak_labels import CLASSES, corpus
from core.hit import Hit
from core.rules import estimate, report
from core.rules.kept_look import KeptLook

KNOWN = 20_000


def main() -> None:
    """Print a line."""
    newest = int(os.environ.get("SIZE") or 50_000)
    n = newest + KNOWN
    rules, hits, truth, _ = corpus(0, n)
    known = np.where(np.arange(n) < KNOWN, truth, -1)
    began = time.perf_counter()
    found = estimate(rules, hits, known)
    report(rules, hits, ["vectorscan"] * len(rules.rules), known, found)
    worked_out = time.perf_counter() - began
    names = [rule.name for rule in rules.rules]
    ids = np.arange(n, dtype=np.int64)
    look = KeptLook(names, np.array(rules.codes), ids, hits.matrix, known, ids >= KNOWN)
    content = look.to_bytes()
    spent: dict[str, list[float]] = {}
    for name in names:
        for hit in Hit:
            began = time.perf_counter()
            KeptLook.from_bytes(content).behind(name, hit)
            spent.setdefault(hit, []).append(1000 * (time.perf_counter() - began))
    told = {
        "messages": n,
        "rules": len(names),
        "classes": len(CLASSES),
        "hits": int(hits.matrix.nnz),
        "kilobytes": round(len(content) / 1000),
        "made_seconds": round(worked_out, 2),
        "open_ms": {hit: round(statistics.median(each), 1) for hit, each in spent.items()},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
