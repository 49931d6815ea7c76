"""`tallyroom labels withdraw`: take out a reviewer, days or a rule, and see the difference."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from core import Project
from core.errors import DeskError
from core.store.queries.live import champion, run_scores
from dashboard.commands.label_sets import OPERATOR, By
from dashboard.commands.options import AsJson, Bars, Room, answer
from dashboard.commands.run import settle_truth
from labeling import withdrawal, withdrawal_list
from labeling.models import Role
from labeling.people import PersonId, add_person
from labeling.withdrawal import Scope, Standing, Withdrawn

Reason = Annotated[str, typer.Option(help="Why; goes on record.")]
Retrain = Annotated[bool, typer.Option("--retrain", help="Run the pipeline, and compare the champion with the former.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="withdraw")(withdraw)
    app.command(name="restore")(restore)
    app.command(name="withdrawals")(withdrawals)


def withdraw(
    reason: Reason,
    room: Room = ".",  # type: ignore[assignment]
    person: Annotated[str | None, typer.Option(help="A reviewer's name.")] = None,
    day: Annotated[str | None, typer.Option(help="A day in UTC, 2026-11-20, or 2026-11-20..2026-11-22.")] = None,
    rule: Annotated[str | None, typer.Option(help="A rule's name.")] = None,
    retrain: Retrain = False,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Take out what a reviewer, a day or a rule has said so far: labels are derived as if it had never been said.

    The verdicts stay on record, and 'tallyroom labels restore' lets them count again. A rule does not vote until then.
    """
    since, until = _days(day) if day is not None else (None, None)
    scope = Scope(person=person, since=since, until=until, rule=rule)
    project = Project(room)
    former = _macro_f1(project)
    done = withdrawal.withdraw(project.store, project.dataset_id, scope, reason=reason, by=who(project, by))
    _tell(project, done, former, as_json, retrain=retrain)


def restore(
    number: Annotated[int, typer.Argument(help="The withdrawal's number.")],
    reason: Reason,
    room: Room = ".",  # type: ignore[assignment]
    retrain: Retrain = False,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Let what a withdrawal took out count again. A rule votes again with the next 'tallyroom run'."""
    project = Project(room)
    former = _macro_f1(project)
    done = withdrawal.take_back(project.store, project.dataset_id, number, reason=reason, by=who(project, by))
    _tell(project, done, former, as_json, retrain=retrain)


def withdrawals(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """List the withdrawals, the newest first; ends those that broke off."""
    project = Project(room)
    withdrawal.finish(project.store, project.dataset_id)
    found = withdrawal_list.withdrawals(project.store)
    project.close()
    lines = [
        f"{each.id}  {datetime.fromtimestamp(each.at / 1000, UTC):%Y-%m-%d %H:%M} UTC  {each.what}  by {each.made_by}: "
        f"{each.reason}{'' if each.taken_back_by is None else f' (taken back by {each.taken_back_by})'}"
        for each in found
    ]
    answer(as_json, {"withdrawals": [asdict(each) for each in found]}, "\n".join(lines) or "Nothing was withdrawn.")


def who(project: Project, name: str) -> PersonId:
    """Who can open the store may do everything; in anybody else's name, only what their role lets them."""
    if name == OPERATOR:
        return add_person(project.store, name, Role.ADMIN).id
    return withdrawal.person_named(project.store, name)


def _days(text: str) -> tuple[int, int]:
    first, _, last = text.partition("..")
    try:
        since = datetime.strptime(first.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
        until = datetime.strptime((last or first).strip(), "%Y-%m-%d").replace(tzinfo=UTC) + timedelta(days=1)
    except ValueError:
        raise DeskError(
            f"'{text}' is no day", where="--day", fix="Write 2026-11-20, or 2026-11-20..2026-11-22."
        ) from None
    if until <= since:
        raise DeskError("the days run backwards", where="--day", fix="Write the earlier one first.")
    return int(since.timestamp() * 1000), int(until.timestamp() * 1000)


def _macro_f1(project: Project) -> tuple[str, float] | None:
    """The champion's title and its mean over the folds."""
    with project.store.read() as connection:
        current = champion(connection, project.dataset_id)
        scores = run_scores(connection, current.run_id) if current is not None else []
    return (current.title, sum(scores) / len(scores)) if current is not None and scores else None


def _tell(project: Project, done: Withdrawn, former: tuple[str, float] | None, as_json: bool, *, retrain: bool) -> None:
    changes = [{"before": old, "after": new, "messages": n} for (old, new), n in done.changed.items()]
    facts: dict[str, Any] = {"withdrawal": done.id, "verdicts": done.verdicts, "changed": changes}
    facts |= {"before": done.before and asdict(done.before), "after": done.after and asdict(done.after)}
    total = sum(done.changed.values())
    sentences = [f"Withdrawal {done.id}: {done.verdicts:,} verdicts, {total:,} messages have another label."]
    sentences += [
        f"  {change['messages']:,} {change['before'] or 'without a label'} -> {change['after'] or 'without a label'}"
        for change in changes
    ]
    if done.before is not None and done.after is not None:
        sentences.append(f"{_right(done.before)} before, {_right(done.after)} now.")
    if retrain:
        from core.pipeline import run  # here: the learning libraries take a second to import

        settle_truth(project)
        with Bars() as bars:
            ran = run(project, bars)
        now = _macro_f1(project)
        facts["retrained"] = {"stages": list(ran.stages), "before": former, "after": now}
        if "Fit" not in ran.stages:
            sentences.append("Nothing was trained: fewer labels changed than [pipeline] retrain_after asks for.")
        elif former is not None and now is not None:
            sentences.append(f"Trained again: {former[0]} macro-F1 {former[1]:.4f}, {now[0]} macro-F1 {now[1]:.4f}.")
    project.close()
    answer(as_json, facts, "\n".join(sentences))


def _right(standing: Standing) -> str:
    return f"{standing.champion} is right on {standing.right:,} of {standing.judged:,} judged messages"
