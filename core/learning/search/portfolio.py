"""What won on public collections: a warm start for a room that has searched nothing yet.

`portfolio.json` holds meta-features and the scores of candidates, made by `python -m bench.portfolio`, and no text of
a message.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from core.learning.search.meta import Collection

FILE = Path(__file__).with_name("portfolio.json")


@lru_cache(maxsize=1)
def _all() -> tuple[tuple[str, Collection], ...]:
    rows = json.loads(FILE.read_text("utf-8"))
    return tuple((row["family"], Collection(row["name"], row["meta"], row["scores"])) for row in rows)


def portfolio(*, without: str = "") -> list[Collection]:
    """The collections that are shipped.

    Args:
        without: a family to leave out: collections that share messages, one of which is to be tested here.
    """
    return [collection for family, collection in _all() if family != without]
