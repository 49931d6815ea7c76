"""`tallyroom queues`: what the office is asked, in which order, how far it is."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection, select

from core import Project
from core.errors import DeskError, did_you_mean
from core.store.models import RunId
from dashboard.commands.options import AsJson, Room, answer, say
from labeling.alarms import queue_from_alarm
from labeling.estimate import live_accuracy
from labeling.gold import gold_from_queue
from labeling.models import Assigned, Purpose, Queue, QueueState
from labeling.queue_list import QueueRow, queue_rows
from labeling.queues import QueueSpec, change, chosen, create, fill_by_order, set_members
from labeling.queues.label_errors import label_errors as doubted_labels
from labeling.queues.label_errors import queue_from_label_errors
from labeling.queues.making import people_named
from labeling.queues.sources import Cell, queue_from_cell

app = typer.Typer(help="What the office is asked, and how far it is.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The queue's name, or its number.")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="queues")


@app.command(name="list")
def list_(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Show every queue, the first to be handed out first, and what the verdicts tell of the live model."""
    project = Project(room)
    with project.store.read() as connection:
        rows = queue_rows(connection, project.dataset_id)
        accuracy = live_accuracy(connection, project.dataset_id)
        doubted = doubted_labels(connection, project.dataset_id)
    project.close()
    if as_json:
        facts = {
            "queues": [asdict(row) for row in rows],
            "accuracy": asdict(accuracy) if accuracy else None,
            "label_errors": asdict(doubted) if doubted else None,
        }
        answer(True, facts, "")
        return
    for row in rows:
        say(_line(row))
    say(accuracy.sentence if accuracy else "Too few random draws are judged to say how good the live model is.")
    if doubted:
        say(f"Probable label errors: {doubted.sentence}")


def _line(row: QueueRow) -> str:
    goal = f" of {row.target:,}" if row.target else ""
    people = f", for {', '.join(row.people)}" if row.people else ""
    return (
        f"{row.queue_id:>4}  {row.name}: {row.state}, {row.purpose}, {row.order}; {row.verdicts:,}{goal} verdicts, "
        f"{row.done:,} of {row.total:,} messages done, {row.held:,} held; priority {row.priority}{people}"
    )


@app.command()
def make(
    name: Annotated[str, typer.Argument(help="A new name.")],
    room: Room = ".",  # type: ignore[assignment]
    purpose: Annotated[Purpose, typer.Option(help="What its verdicts are for.")] = Purpose.TRAINING,
    order: Annotated[
        str | None, typer.Option(help="Which messages come first; what fits the purpose by default.")
    ] = None,
    overlap: Annotated[int, typer.Option(help="How many people judge each message, 1 to 5.")] = 1,
    adaptive: Annotated[
        bool, typer.Option("--adaptive", help="A further opinion only while nobody can be sure.")
    ] = False,
    blind: Annotated[float, typer.Option(help="The share shown without its prediction.")] = 0.1,
    gold: Annotated[float, typer.Option(help="The share of messages whose class is known.")] = 0.0,
    count: Annotated[int, typer.Option(help="Fill it with so many messages by its order.")] = 0,
    cell: Annotated[str | None, typer.Option(help="Fill it from a cell: RUN:folds|verdicts:TRUE:PREDICTED.")] = None,
    alarm: Annotated[int | None, typer.Option(help="Fill it from an alarm, which its result will close.")] = None,
    label_errors: Annotated[
        int, typer.Option(help="Fill it with so many of the labels that the champion doubts most; all blind.")
    ] = 0,
    target: Annotated[int | None, typer.Option(help="Hand out no more after so many verdicts.")] = None,
    deadline: Annotated[datetime | None, typer.Option(help="When it should be done.")] = None,
    priority: Annotated[int, typer.Option(help="The higher, the earlier.")] = 0,
    keep: Annotated[int | None, typer.Option(help="Keep so many waiting: 'tallyroom run' tops it up.")] = None,
    guide: Annotated[Path | None, typer.Option(help="A Markdown file for its reviewers.")] = None,
    team: Annotated[str | None, typer.Option(help="Only for this team.")] = None,
    person: Annotated[list[str] | None, typer.Option("--for", help="Only for this person; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a queue, and fill it by its order, from a cell of a confusion matrix, an alarm, or doubted labels."""
    project = Project(room)
    spec = QueueSpec(
        name, purpose=purpose, order=order, overlap=overlap, adaptive=adaptive, blind_share=blind, gold_share=gold,
        target=target, priority=priority, top_up=keep, team=team,
        assigned=Assigned.TEAM if team else Assigned.ALL,
        deadline=None if deadline is None else round(deadline.astimezone().timestamp() * 1000),
        guide=None if guide is None else _text(guide),
    )  # fmt: skip
    with project.store.read() as connection:  # before the queue is there
        people_named(connection, person or [])
    queue_id, came = _made(project, spec, count, cell, alarm, label_errors)
    if person:
        project.store.write(lambda connection: set_members(connection, queue_id, person))
    project.close()
    answer(as_json, {"queue_id": queue_id, "messages": came}, f"Queue {queue_id}, {name}: {came:,} messages.")


def _made(
    project: Project, spec: QueueSpec, count: int, cell: str | None, alarm: int | None, label_errors: int
) -> tuple[int, int]:
    store, dataset = project.store, project.dataset_id
    if cell is not None:
        queue_id = queue_from_cell(store, dataset, _cell(cell), spec)
    elif alarm is not None:
        queue_id = queue_from_alarm(store, dataset, alarm, spec)
    elif label_errors:
        spec = replace(spec, blind_share=1.0)
        queue_id = queue_from_label_errors(store, dataset, spec, most=label_errors).queue_id
    else:
        queue_id = store.write(lambda connection: create(connection, dataset, spec))
    if count:
        fill_by_order(store, queue_id, count)
    with store.read() as connection:
        return queue_id, next(row.total for row in queue_rows(connection, dataset) if row.queue_id == queue_id)


def _cell(text: str) -> Cell:
    parts = text.split(":")
    if len(parts) != 4 or not parts[0].isdecimal():
        raise DeskError(f"'{text}' names no cell", fix="Write it as 12:verdicts:spam:personal.")
    return Cell(RunId(int(parts[0])), *parts[1:])


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DeskError(f"the guide cannot be read ({error})", where=str(path)) from None


@app.command()
def fill(
    name: Name,
    room: Room = ".",  # type: ignore[assignment]
    count: Annotated[int, typer.Option(help="So many messages by the queue's order.")] = 0,
    ids: Annotated[Path | None, typer.Option(help="A file of message ids, one a line; - for standard input.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put more messages into a queue: by its order, or those with these ids."""
    project = Project(room)
    queue_id = _find(project, name)
    came = chosen(project.store, queue_id, _ids(ids)) if ids is not None else 0
    came += fill_by_order(project.store, queue_id, count) if count else 0
    project.close()
    answer(as_json, {"queue_id": queue_id, "messages": came}, f"{came:,} messages came into {name}.")


def _ids(path: Path) -> list[int]:
    lines = (sys.stdin.read() if str(path) == "-" else _text(path)).split()
    wrong = next((line for line in lines if not line.isdecimal()), None)
    if wrong is not None:
        raise DeskError(f"'{wrong[:40]}' is no message id", where=str(path))
    return [int(line) for line in lines]


@app.command()
def pause(name: Name, room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Hand out nothing for now; what is out is still taken."""
    _set_state(room, name, QueueState.PAUSED, as_json)


@app.command(name="open")
def open_(name: Name, room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Hand out messages (again)."""
    _set_state(room, name, QueueState.OPEN, as_json)


@app.command()
def close(name: Name, room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Hand out nothing any more; an alarm behind it is closed with its result."""
    _set_state(room, name, QueueState.CLOSED, as_json)


@app.command(name="gold")
def gold_(name: Name, room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Hold what everybody in a queue has said alike to be known: other queues may mix it in to see how people judge."""
    project = Project(room)
    queue_id = _find(project, name)
    known = project.store.write(lambda connection: gold_from_queue(connection, queue_id, project.classes))
    project.close()
    answer(as_json, {"queue_id": queue_id, "gold": known}, f"{known:,} messages of {name} are gold.")


def _set_state(room: Path, name: str, state: QueueState, as_json: bool) -> None:
    project = Project(room)
    queue_id = _find(project, name)

    def work(connection: Connection) -> list[str]:
        return change(connection, queue_id, state=state)

    changed = project.store.write(work)
    project.close()
    facts: dict[str, Any] = {"queue_id": queue_id, "state": str(state), "changed": bool(changed)}
    answer(as_json, facts, f"{name} is {state}{'' if changed else ' already'}.")


def _find(project: Project, name: str) -> int:
    with project.store.read() as connection:
        rows = connection.execute(select(Queue.id, Queue.name).where(Queue.dataset_id == project.dataset_id)).all()
    known = {row.name: row.id for row in rows}
    if name in known:
        return int(known[name])
    if name.isdecimal() and int(name) in known.values():
        return int(name)
    raise DeskError(f"there is no queue called '{name}'", fix=did_you_mean(name, known))
