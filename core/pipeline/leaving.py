"""Models on their way out of the room: which one is meant, what is told of it, a file that was tried first."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection

from core.errors import PipelineError
from core.export import EXPORTERS, Agreement, Leaving
from core.learning import Model
from core.learning.champion import is_linear
from core.project import Project
from core.store.models import DatasetId, RunId, RunState
from core.store.queries.live import champion
from core.store.queries.models import fold_scores, model_content
from core.store.queries.registry import RegisteredRun, fitted, newest_of_each, registered_runs, runs_called
from core.store.queries.walk import below

NEWEST = 2**62
VERSION = re.compile(r"(?:(?P<candidate>.+) )?v(?P<version>[0-9]{1,9})")
TOLD_MOST = 5
TOLD = ("commit", "dictionary", "snapshot", "labels", "seed", "python", "packages")
"""What a file says of how its model was made; nothing about the machine."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file as it leaves: what it is called, its bytes, how far it agreed with the room."""

    name: str
    content: bytes
    media_type: str
    agreement: Agreement

    @property
    def facts(self) -> dict[str, Any]:
        """What is told and kept of it: sizes in bytes, the hash, how far it agreed."""
        return {
            "bytes": len(self.content),
            "gzip": len(gzip.compress(self.content)),
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "checked": self.agreement.texts,
            "furthest": self.agreement.furthest,
        }


def meant(project: Project, said: str = "") -> RegisteredRun:
    """The run of a model by what somebody calls it: a run's number, `char-svc v3`, `v3`; nothing is the champion.

    Raises:
        PipelineError: there is none, there are several, or it was never trained on everything.
    """
    with project.store.read() as connection:
        ids = _called(connection, project.dataset_id, said)
        named = registered_runs(connection, project.dataset_id, ids)
    if not said and not named:
        raise PipelineError("there is no champion yet", fix="'tallyroom run' trains one.")
    if not named:
        raise PipelineError(f"there is no model '{said}'", fix="'tallyroom models list' names them.")
    found = [run for run in named if run.size is not None]
    if len(found) == 1:
        return found[0]
    either = ", ".join(f"{run.title} (run {run.run_id})" for run in (found or named)[:TOLD_MOST])
    if found:
        raise PipelineError(f"'{said}' may be {either}", fix="Say the run's number.")
    these = either if len(named) == 1 else f"each of {either}"
    raise PipelineError(f"{these} was never trained on everything", fix=f"'tallyroom fit {named[0].run_id}' does it.")


def _called(connection: Connection, dataset: DatasetId, said: str) -> list[int]:
    """The runs that somebody may mean; several where only a version was said."""
    if not said:
        current = champion(connection, dataset)
        return [] if current is None else [int(current.run_id)]
    if said.isascii() and said.isdecimal():
        return [int(said)] if len(said) < 19 else []
    named = VERSION.fullmatch(said)
    return runs_called(connection, dataset, int(named["version"]), named["candidate"]) if named else []


def leaving_of(project: Project, run: RegisteredRun) -> Leaving:
    """A run's model, cleaned for as the dictionary says now: so the room itself judges what comes."""
    made_with = run.made_with or {}
    about: dict[str, Any] = {
        "title": run.title,
        "candidate": run.candidate,
        "model_version": run.version,
        "run": int(run.run_id),
        "dataset": project.settings.pipeline.dataset,
        "trained_on": run.train_size,
        "made_with": {key: made_with[key] for key in TOLD if key in made_with},
    }
    model = Model.from_bytes(model_content(project.store, run.run_id))
    return Leaving(model, project.dictionary().steps, about)


def outgoing(project: Project, run: RegisteredRun, format_: str, *, where: str = "") -> Outgoing:
    """A model as a file of a format, tried on its own examples and on the room's newest messages.

    Raises:
        UnknownNameError: there is no such format.
        PipelineError: it cannot go along, or it does not agree with the room.
    """
    exporter = EXPORTERS.get(format_, where=where)()
    leaving = leaving_of(project, run)
    if exporter.linear_only and not leaving.model.linear:
        raise PipelineError(
            f"{run.title} is not linear, and {format_} carries linear models only", fix=_linear_instead(project)
        )
    content = exporter.write(leaving)
    wanted = project.settings.export.check_messages
    newest = below(project.store, project.dataset_id, NEWEST, wanted)["body"].tolist() if wanted else []
    agreement = exporter.check(content, leaving, newest)
    return Outgoing(file_name(run, exporter.suffix), content, exporter.media_type, agreement)


def file_name(run: RegisteredRun, suffix: str) -> str:
    """`char-svc-v3.json`; a candidate with signs that no file should have in its name is told apart by its run."""
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", run.candidate).strip("-.")[:60]
    own = "" if plain == run.candidate else f"-run{int(run.run_id)}"
    return f"{plain}-v{run.version}{own}{suffix}"


def write_file(path: Path, content: bytes) -> None:
    """The whole file or none of it: whoever reads it meanwhile has the one before.

    Raises:
        PipelineError: it cannot be written there.
    """
    fresh = path.with_name(f".{token_hex(8)}.part")  # its own: another may be writing the same file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with fresh.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise PipelineError(f"cannot be written ({error.strerror})", where=str(path)) from error


def _linear_instead(project: Project) -> str:
    """Which linear model could be exported in a champion's place."""
    with project.store.read() as connection:
        best = _best_linear(connection, project)
    if best is None:
        return "No linear candidate was tried: name one under [pipeline] candidates."
    first = f"'tallyroom fit {best.run_id}', then " if best.size is None else ""
    return f"The best linear one is {best.title}: {first}'tallyroom export --model {best.run_id}'."


def _best_linear(connection: Connection, project: Project) -> RegisteredRun | None:
    ids = {*newest_of_each(connection, project.dataset_id), *fitted(connection, project.dataset_id)}
    runs = registered_runs(connection, project.dataset_id, sorted(ids))
    linear = [run for run in runs if run.state == RunState.DONE and is_linear(run.candidate)]
    scores = {run.run_id: fold_scores(project.store, run.run_id) for run in linear}
    tried = [run for run in linear if len(scores[run.run_id])]
    # Of the same labels as the newest: scores on other labels are not to be compared.
    cutoff = max((run.label_cutoff for run in tried), default=0)
    tried = [run for run in tried if run.label_cutoff == cutoff]
    return max(tried, key=lambda run: float(scores[run.run_id].mean()), default=None)


def champion_run(project: Project) -> RunId | None:
    """The run of the champion."""
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
    return None if current is None else current.run_id
