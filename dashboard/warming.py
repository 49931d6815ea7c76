"""Imports that take seconds, made beside a server that runs, so that no page has to wait for them."""

from __future__ import annotations

import threading
import time
from importlib import import_module

STATISTICS = (
    "core.learning.quality",
    "scipy.stats",
    "sklearn.calibration",
    "statsmodels.stats.proportion",
)
"""What the figures of quality and drift work with."""


def import_aside(modules: tuple[str, ...], after: float) -> None:
    """Import the modules in a thread, `after` seconds from now."""

    def work() -> None:
        time.sleep(after)
        for module in modules:
            import_module(module)

    threading.Thread(target=work, name="warming", daemon=True).start()
