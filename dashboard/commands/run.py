"""`tallyroom run`: bring the room up to date, once or for as long as it runs."""

from __future__ import annotations

import signal
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core import Project
from dashboard.commands.options import AsJson, Bars, Room, answer, say

if TYPE_CHECKING:  # the pipeline takes seconds to import, which --help has no use for
    from core.pipeline import RunSummary


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="run")(run)


def run(
    room: Room = ".",  # type: ignore[assignment]
    follow: Annotated[
        bool, typer.Option("--watch", help="Run on, and go over the line again whenever something has changed.")
    ] = False,
    scheduler: Annotated[
        str, typer.Option(help="Order the tasks by a Luigi scheduler on this machine, such as http://127.0.0.1:8082.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Bring the room up to date: ingest, rules, benchmark, champion, predictions, queue.

    Only what is stale is made again; a second run does nothing. Several at once, also from several machines on one
    store, share the work. With --watch it runs on: on new data, changed rules, enough verdicts, a cron expression, or
    what somebody asks for on the Pipeline page; what fails is tried again after a while.
    """
    from core.pipeline import run as run_once
    from labeling.queues import refill

    project = Project(room)
    if follow:
        _follow(project, as_json, scheduler)
        return
    settle_truth(project)
    with Bars() as bars:
        summary = run_once(project, bars, scheduler=scheduler)
    queued = refill(project.store, project.settings.desk, project.dataset_id)
    project.close()
    _tell(summary, queued, as_json)


def settle_truth(project: Project) -> None:
    """Derive the truth by the room's consensus where a training is due: it learns from what all verdicts say."""
    from core.pipeline.training import choose_cutoff
    from core.store.queries.training import last_cutoff
    from labeling.consensus.method import CONSENSUS
    from labeling.truth import rebuild_truth

    way = project.settings.desk.consensus
    CONSENSUS.get(way, where="[desk] consensus")
    # A store that is new has no labels yet, and a run that has nothing to learn nothing to weigh.
    if choose_cutoff(project) != last_cutoff(project.store, project.dataset_id):
        rebuild_truth(project.store, project.dataset_id, way, project.classes)


def _tell(summary: RunSummary, queued: int, as_json: bool) -> None:
    if summary.nothing_to_do and not queued:
        sentence = f"Nothing to do: everything is up to date ({summary.seconds:.1f} s)."
    else:
        stages = ", ".join(dict.fromkeys(summary.stages)) or "no stage"
        sentence = (
            f"Ran {stages}; {summary.tagged:,} labels by rules, {summary.predicted:,} predictions, "
            f"{queued:,} messages queued for review ({summary.seconds:.1f} s)."
        )
    facts = {**asdict(replace(summary, failures=())), "failures": [str(each) for each in summary.failures]}
    answer(as_json, {**facts, "queued": queued, "nothing_to_do": summary.nothing_to_do}, sentence)


def _follow(project: Project, as_json: bool, scheduler: str) -> None:
    from core.pipeline import watch
    from core.pipeline.build import require_near
    from labeling.queues import refill

    if scheduler:
        require_near(scheduler)
    stop = threading.Event()

    def end(*_signal: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    say("Watching; Ctrl+C ends it.")

    def after_run(summary: RunSummary) -> None:
        _tell(summary, refill(project.store, project.settings.desk, project.dataset_id), as_json)

    watch(
        project,
        stop=stop,
        before_run=lambda: settle_truth(project),
        after_run=after_run,
        on_trouble=lambda error: say(f"Trouble, waiting: {error}"),
        scheduler=scheduler,
    )
    project.close()
