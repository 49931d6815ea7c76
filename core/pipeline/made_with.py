"""What a run was made with: all that it takes to make it again, and what it took.

Kept with the run as JSON: the commit of the room's folder and whether its files differ from it, the fingerprints of
the dictionary and of the labelled messages, the labels' version, the versions of Python and of the packages that decide
what comes out, seed, machine; once it is done, seconds and memory.
"""

from __future__ import annotations

import platform
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.pipeline.training import TrainingSet, frozen
from core.project import Project
from core.store.models import RunId
from core.store.queries.tasks import Cost
from core.store.records.runs import note_made_with

PACKAGES = ("tallyroom", "scikit-learn", "numpy", "scipy", "pandas")
"""Those whose versions decide what a model says."""
GIT_SECONDS = 5.0


def beginning(project: Project, training: TrainingSet, cutoff: int) -> dict[str, Any]:
    """What a run is made from, as it is before it begins."""
    return {**made_from(project, training, cutoff), **surroundings()}


def note_end(project: Project, runs: Iterable[RunId], took: Cost, part: str = "trial") -> None:
    """Keep what a part of the work took: the `trial` on folds, which all runs of a benchmark share, or the `fit`."""
    facts = {"seconds": round(took.seconds, 3), "peak_memory": took.peak_memory, "host": socket.gethostname()}
    _note(project, runs, {part: facts})


def _note(project: Project, runs: Iterable[RunId], facts: Mapping[str, Any]) -> None:
    def note(connection: Connection) -> None:
        for run_id in runs:
            note_made_with(connection, run_id, facts)

    project.store.write(note)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Until now."""
        return time.monotonic() - self._began


def made_from(project: Project, training: TrainingSet, cutoff: int) -> dict[str, Any]:
    """The room's side: its commit, its data, its labels."""
    labels = frozen(project)
    return {
        "commit": commit_of(project),
        "dictionary": project.dictionary().fingerprint,
        "dataset": project.settings.pipeline.dataset,
        "messages": len(training),
        "snapshot": snapshot_of(training),
        "labels": {
            "cutoff": cutoff,
            "set": project.settings.pipeline.label_set or None,
            "set_fingerprint": None if labels is None else labels.fingerprint,
            "counts": {training.classes[code]: n for code, n in sorted(Counter(training.y.tolist()).items())},
        },
        "seed": project.settings.pipeline.seed,
    }


def snapshot_of(training: TrainingSet) -> dict[str, str]:
    """Two fingerprints: which messages are of which class, and what they read after cleaning."""
    said = [training.classes[code] for code in training.y.tolist()]
    return {"labels": fingerprint(training.message_ids.tolist(), said), "texts": fingerprint(training.texts)}


def surroundings() -> dict[str, Any]:
    """The machine's side."""
    return {
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "platform": platform.platform(terse=True),
        "host": socket.gethostname(),
    }


def commit_of(project: Project) -> Mapping[str, Any] | None:
    """The commit of the room's folder, `dirty` where settings, dictionaries or rules differ; None without git."""
    settings = project.settings
    found = _git(project, "rev-parse", "HEAD")
    if found is None:
        return None
    files = ("tallyroom.toml", "dictionaries", settings.pipeline.rules)
    changed = _git(project, "status", "--porcelain", "--untracked-files=all", "--", *files)
    return {"id": found, "dirty": changed is None or bool(changed)}


def _git(project: Project, *words: str) -> str | None:
    # A room's folder may be anybody's: none of its repository's own programs is run, and nothing is written to it.
    safe = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks")
    try:
        done = subprocess.run(  # noqa: S603 - git, and words of ours
            ["git", *safe, *words],  # noqa: S607 - wherever it is installed
            cwd=project.folder,
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
