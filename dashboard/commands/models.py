"""`tallyroom models`: the champion, its challengers, who was champion before; promote and roll back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from core import Project
from core.store.models import RunId
from dashboard.commands.label_sets import OPERATOR, By
from dashboard.commands.options import AsJson, Room, answer, say
from dashboard.commands.withdrawals import who
from dashboard.registry_view import registry, shown
from labeling.promoting import Changed, promote_run, roll_back

app = typer.Typer(help="The champion, its challengers, and who was champion before.", no_args_is_help=True)
Run = Annotated[int, typer.Argument(help="The run's number, as 'tallyroom models list' and the Registry page have it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; goes on record.")]


def register(parent: typer.Typer) -> None:
    """Add the commands."""
    parent.add_typer(app, name="models")


@app.command(name="list")
def list_(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """The champion and why, the challengers and how far they are from it, and the newest promotions."""
    project = Project(room)
    facts = registry(project)
    project.close()
    if as_json:
        answer(True, facts, "")
        return
    champion = facts["champion"]
    if champion is None:
        say("There is no champion yet: 'tallyroom run' trains one.")
    else:
        say(f"Champion: {champion['title']} (run {champion['run']}), {_quality(champion)}")
        say(f"  {facts['history'][0]['sentence']}, {_when(facts['history'][0]['at'])}: {champion['reason']}")
    for each in facts["challengers"]:
        say(f"{each['run']:>6}  {each['title']:<32} {_quality(each):<20} {_against(each)}; {_state(each)}")
    for each in facts["history"][1:]:
        say(f"  before: {each['sentence']}, {_when(each['at'])}: {each['reason']}")


@app.command()
def show(run: Run, room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """One run: its scores, what it was made with, the top terms of each class where its model is linear."""
    project = Project(room)
    facts = shown(project, run, masks=False)
    project.close()
    if as_json:
        answer(True, facts, "")
        return
    say(f"{facts['title']} (run {run}), {_quality(facts)}; {_state(facts)}")
    for name, value in (facts["made_with"] or {}).items():
        say(f"  {name}: {value}")
    for each in facts["terms"] or ():
        say(f"  {each['klass']}: {', '.join(repr(term['term']) for term in each['terms'])}")


@app.command()
def promote(
    run: Run,
    reason: Reason,
    room: Room = ".",  # type: ignore[assignment]
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Make a model the champion. It must have been trained on everything: 'tallyroom fit' does it."""
    project = Project(room)
    person, dataset = who(project, by), project.dataset_id
    changed = project.store.write(lambda c: promote_run(c, dataset, RunId(run), reason, by=person))
    project.close()
    _tell(changed, as_json)


@app.command(name="roll-back")
def roll_back_(
    reason: Reason,
    run: Annotated[
        int | None, typer.Argument(help="An earlier champion's run; the one before this without it.")
    ] = None,
    room: Room = ".",  # type: ignore[assignment]
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Go back to an earlier champion. 'tallyroom run' lets it judge what came meanwhile; on these labels it stays."""
    project = Project(room)
    person, dataset = who(project, by), project.dataset_id
    to = None if run is None else RunId(run)
    changed = project.store.write(lambda c: roll_back(c, dataset, to, reason, by=person))
    project.close()
    _tell(changed, as_json)


def _tell(changed: Changed, as_json: bool) -> None:
    former = changed.former.title if changed.former else None
    facts = {"champion": changed.champion.title, "run": changed.champion.run_id, "former": former}
    words = f"{changed.champion.title} is the champion now{f', {former} was it before' if former else ''}."
    answer(as_json, facts, f"{words} 'tallyroom run' lets it judge what it has not judged yet.")


def _quality(each: dict[str, Any]) -> str:
    return "no score yet" if each["quality"] is None else f"macro-F1 {each['quality']:.4f} ± {each['half']:.4f}"


def _against(each: dict[str, Any]) -> str:
    test = each["against"]
    if test is None:
        return str(each["not_paired"])
    return f"{test['difference']:+.4f} ({test['low']:+.4f} to {test['high']:+.4f})"


def _state(each: dict[str, Any]) -> str:
    kind = {True: "linear", False: "not linear", None: "a candidate that nobody knows any more"}[each["linear"]]
    fitted = "can be promoted" if each["size"] else "never trained on everything"
    return f"{kind}, {each['state']}, {fitted}"


def _when(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"
