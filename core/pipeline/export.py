"""promote -> export: each new champion becomes a file in the room's `exports/`, tried before it is offered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import luigi
from sqlalchemy import Connection

from core.export import EXPORTERS
from core.fingerprint import fingerprint
from core.pipeline.fit import PIPELINE
from core.pipeline.leaving import champion_run, meant, outgoing, write_file
from core.pipeline.stage import CODE_VERSION, StageTask
from core.pipeline.workshop import workshop
from core.project import Project
from core.store.records.audit import Act, audit
from core.store.records.stages import done, mark_anew

FOLDER = "exports"
WHERE = "[export] formats"


class Export(StageTask):
    """Write a model as a file of a format; done is what is kept in the store and lies in the folder."""

    run_id: int = luigi.IntParameter(description="the model's run")
    form: str = luigi.Parameter(description="the format's name")

    def made_from(self) -> str:
        """The model, how what it reads is cleaned, the exporter and its version."""
        exporter = EXPORTERS.get(self.form, where=WHERE)
        steps = [step.spec() for step in workshop.project(self.room).dictionary().steps]
        return fingerprint("export", CODE_VERSION, exporter.name, exporter.version, self.run_id, steps)

    def complete(self) -> bool:
        """Whether the file was written, and still is as it was."""
        project = workshop.project(self.room)
        with project.store.read() as connection:
            kept = done(connection, self.made_from())
        return kept is not None and _sha256(project.folder / kept["file"]) == kept["sha256"]

    def work(self) -> Mapping[str, Any]:
        """Write, try, and only then offer it."""
        project = self.project
        run = meant(project, str(self.run_id))
        out = outgoing(project, run, self.form, where=WHERE)
        path = Path(FOLDER) / self.form / out.name
        self.check()
        write_file(project.folder / path, out.content)
        self.log(f"{path}: {out.agreement.texts} texts agree, to {out.agreement.furthest:.1g}")
        return {"run": self.run_id, "title": run.title, "file": path.as_posix(), **out.facts}

    def mark(self, connection: Connection, result: Any, seconds: float) -> None:
        """The stage's row, and a line in the audit log: a model has left."""
        mark_anew(connection, self.task_family, self.made_from(), result, seconds)
        subject = f"model {result['title']} as {self.form}"
        audit(connection, Act.EXPORTED, by=None, subject=subject, detail={"by": PIPELINE, "file": result["file"]})


def exports_of(project: Project, room: str) -> list[Export]:
    """The champion's, one a format that the settings name."""
    formats = project.settings.export.formats
    run_id = champion_run(project) if formats else None
    if run_id is None:
        return []
    return [Export(room=room, run_id=int(run_id), form=form) for form in formats]


def _sha256(path: Path) -> str:
    """Of the file's bytes; empty where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
