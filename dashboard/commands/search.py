"""`tallyroom search`: find a better model within a budget of time."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core import Project
from core.errors import TallyroomError
from core.settings.duration import seconds_of
from dashboard.commands.options import AsJson, Bars, Room, answer

if TYPE_CHECKING:  # the pipeline takes seconds to import, which --help has no use for
    from core.store.queries.trials import SearchRow

BYTES = {"": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="search")(search)


def search(
    room: Room = ".",  # type: ignore[assignment]
    budget: Annotated[str, typer.Option(help="How long it may take: 90s, 10m, 2h.")] = "10m",
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes on this machine.")] = 2,
    join: Annotated[
        bool, typer.Option("--join", help="Work for the search that runs in this room, begun here or elsewhere.")
    ] = False,
    max_size: Annotated[str, typer.Option(help="The largest model that may win: 2MB, 500KB.")] = "",
    most_trials: Annotated[
        int | None, typer.Option("--trials", min=1, help="End after so many trials, if that is sooner.")
    ] = None,
    nonlinear: Annotated[
        bool,
        typer.Option("--nonlinear", help="Try estimators that are not linear as well; few win."),
    ] = False,
    sampler: Annotated[str, typer.Option(help="Who proposes: tpe, or random for a comparison.")] = "tpe",
    as_json: AsJson = False,
) -> None:
    """Find a better model within a budget: features, estimator, their parameters, cascade or flat.

    Each new best is told as it is found, and all of it is in the store at once: the search may be ended (Ctrl+C) or
    killed at any moment, and a second one goes on from there. Its best linear models, and an ensemble of some, are
    tried by the next 'tallyroom run', which promotes only what is better for sure. The Search page follows it.
    """
    from core.pipeline.search import SearchOptions, join_search, search_room
    from dashboard.commands.run import settle_truth
    from dashboard.commands.search_told import Told

    if sampler not in ("tpe", "random"):
        raise TallyroomError(f"there is no sampler '{sampler}'", fix="Use tpe or random.")
    options = SearchOptions(
        seconds=seconds(budget),
        workers=workers,
        max_bytes=size(max_size) if max_size else None,
        linear=not nonlinear,
        sampler=sampler,
        trials=most_trials,
    )
    signal.signal(signal.SIGTERM, _ended_by_signal)  # as Ctrl+C: who began it sums up what there is
    project = Project(room)
    try:
        with Bars() as bars:
            told = Told(project, bars, joined=join)
            if join:
                found = join_search(project, workers, told)
            else:
                settle_truth(project)
                found = search_room(project, options, told)
        _tell(project, found, as_json)
    finally:
        project.close()


def seconds(written: str) -> float:
    """How long a budget such as `10m` is.

    Raises:
        TallyroomError: it is none.
    """
    try:
        return seconds_of(written)
    except ValueError:
        raise TallyroomError(f"'{written}' is no budget", fix="Write 90s, 10m or 2h.") from None


def size(written: str) -> int:
    """How many bytes a size such as `2MB` is.

    Raises:
        TallyroomError: it is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMG]?B)?\s*", written, re.IGNORECASE)
    if found is None:
        raise TallyroomError(f"'{written}' is no size", fix="Write 2MB or 500KB.")
    return int(float(found[1]) * BYTES[(found[2] or "").upper()])


def _ended_by_signal(*_signal: Any) -> None:
    raise KeyboardInterrupt("SIGTERM")


def _tell(project: Project, found: SearchRow, as_json: bool) -> None:
    from core.store.queries.trials import found_candidates, trials
    from dashboard.commands.search_told import facts_of, sentences

    with project.store.read() as connection:
        rows = trials(connection, found.fingerprint, search_id=found.id)
    facts = facts_of(found, rows, found_candidates(project.store, project.dataset_id))
    answer(as_json, facts, sentences(facts, rows))
