"""Run benchmarks by name."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

HELPERS = {
    "__main__", "result", "plain_feed", "plain_viewers", "streamlit_page", "streamlit_viewers", "streamlit_way",
    "watching", "millions", "label_studio", "load", "sms", "searched", "portfolio", "flaml_way", "goal",
}  # fmt: skip
FORMER = {"feed": "live"}


def names() -> list[str]:
    """The benchmarks there are."""
    return sorted({info.name for info in pkgutil.iter_modules([str(Path(__file__).parent)])} - HELPERS)


def main() -> None:
    """Run the one that is named, or all of them."""
    asked = [FORMER.get(name, name) for name in sys.argv[1:]] or names()
    unknown = set(asked) - set(names())
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(names())}.")
    for name in asked:
        importlib.import_module(f"bench.{name}").main()


main()
