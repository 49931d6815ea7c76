"""How much memory a piece of work takes at most.

A process has a high-water mark for as long as it lives. On Linux it is set back to what the process holds now, by
writing 5 to /proc/PID/clear_refs, so that a small task after a large one is not said to need what the large one did.
Elsewhere, and where /proc may not be written to, it is the process's own from its beginning.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

_SET_BACK = "5"


def _nobody() -> Sequence[int]:
    return ()


class Peak:
    """The most memory that this process, or the largest of its workers, has held since this was made.

    Args:
        workers: the process ids of its workers that are alive.
    """

    def __init__(self, workers: Callable[[], Sequence[int]] = _nobody) -> None:
        self._workers = workers
        for process in self._all():
            with suppress(OSError):
                (process / "clear_refs").write_text(_SET_BACK, encoding="ascii")

    def most(self) -> int:
        """In bytes, until now."""
        marks = [mark for process in self._all() if (mark := _high_water(process)) is not None]
        return max(marks, default=0) or _since_the_beginning()

    def _all(self) -> list[Path]:
        return [Path("/proc") / str(name) for name in ("self", *self._workers())]


def _high_water(process: Path) -> int | None:
    """A process's mark, in bytes; None where there is no such file."""
    with suppress(OSError):
        for line in (process / "status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None


def _since_the_beginning() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most * unit
