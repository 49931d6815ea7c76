"""What a file looks like from outside, so that a change of it is noticed without reading it."""

from __future__ import annotations

from pathlib import Path


def look_of(path: Path) -> str:
    """When it was written, how long it is; empty where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns}:{found.st_size}"
