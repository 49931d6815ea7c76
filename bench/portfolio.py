"""Makes the warm start that is shipped: what won on the public collections, with their meta-features.

`python -m bench.portfolio` writes core/learning/search/portfolio.json anew, in ten minutes on one core; no text of a
message is in it.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from bench.searched import COLLECTIONS, Tried, as_material, sampled, search
from core.learning import Candidate
from core.learning.search import Space, meta_features
from core.learning.search.portfolio import FILE

BEST = 4
"""Candidates of each collection that are tried on all."""
FOLDS = 3


def main() -> None:
    """Search each collection, then try the best of each on all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench.portfolio", description=__doc__)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--messages", type=int, default=2_500)
    options = parser.parse_args()
    tried: dict[str, Tried] = {}
    pool: dict[str, None] = {}
    for name, (_, load) in COLLECTIONS.items():
        tried[name] = Tried(as_material(sampled(load(), options.messages), folds=FOLDS, grouped=True))
        space = Space.whole(len(tried[name].material.classes), linear=True)
        found = search(tried[name], space, "tpe", seed=1, trials=options.trials)
        best = list(dict.fromkeys(candidate for candidate, _ in sorted(found, key=lambda each: -each[1])))[:BEST]
        pool.update(dict.fromkeys(best))
        print(f"{name}: {max(score for _, score in found):.4f} {best[0]}", flush=True)
    FILE.write_text(
        json.dumps([row_of(name, tried[name], list(pool)) for name in COLLECTIONS], indent=1) + "\n", "utf-8"
    )


def row_of(name: str, tried: Tried, pool: list[str]) -> dict[str, Any]:
    """What is shipped of a collection: its meta-features, and the score of each candidate that it can take."""
    family, load = COLLECTIONS[name]
    whole = as_material(load(), folds=FOLDS)
    space = Space.whole(len(whole.classes), linear=True)
    scores = {each: tried(Candidate.parse(each)).macro_f1 or 0.0 for each in pool if space.takes(each)}
    meta = meta_features(list(whole.documents), whole.y, len(whole.classes))
    print(f"{name}: {max(scores, key=lambda each: scores[each])} of all", flush=True)
    return {
        "name": name,
        "family": family,
        "meta": {key: round(value, 4) for key, value in meta.items()},
        "scores": {each: round(score, 4) for each, score in sorted(scores.items(), key=lambda pair: -pair[1])},
    }


if __name__ == "__main__":
    main()
