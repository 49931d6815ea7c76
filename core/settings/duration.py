"""How long something may take, as people write it: `90s`, `10m`, `2h`."""

from __future__ import annotations

import re

SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(written: str) -> float:
    """How many seconds a budget such as `10m` is.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh])\s*", written)
    if found is None:
        raise ValueError(f"'{written}' is no budget: write 90s, 10m or 2h")
    return float(found[1]) * SECONDS[found[2]]
