"""`tallyroom labels freeze`, `sets` and `diff`: the labels of a moment under a name."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from core import Project
from core.store.models import Origin
from dashboard.commands.options import AsJson, Room, answer, say
from labeling import label_sets
from labeling.exchange.labels import GIVEN

OPERATOR = "you"
"""Who works at the command line, as `tallyroom serve` names them."""
SHOWN = 20

By = Annotated[str, typer.Option("--by", help="In whose name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="freeze")(freeze)
    app.command(name="sets")(sets)
    app.command(name="diff")(diff)


def freeze(
    name: Annotated[str, typer.Argument(help="The set's name.")],
    room: Room = ".",  # type: ignore[assignment]
    only: Annotated[
        list[Origin] | None,
        typer.Option(help="Whose labels: verdict, imported, rule; may be repeated. People's and sources' without it."),
    ] = None,
    by: By = OPERATOR,
    as_json: AsJson = False,
) -> None:
    """Keep the labels of now under a name: to train on, to compare, to export again, always the same."""
    project = Project(room)
    frozen = label_sets.freeze(project.store, project.dataset_id, name, origins=only or GIVEN, by=by)
    project.close()
    counts = ", ".join(f"{n:,} {klass}" for klass, n in frozen.counts.items())
    sentence = f"'{name}' holds {frozen.size:,} labels ({counts}); fingerprint {frozen.fingerprint}."
    answer(as_json, {**asdict(frozen), "size": frozen.size}, sentence)


def sets(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """List the frozen sets, the newest first."""
    project = Project(room)
    found = label_sets.label_sets(project.store, project.dataset_id)
    project.close()
    lines = [
        f"{each.name}  {each.size:,} labels  {each.fingerprint}  "
        f"{datetime.fromtimestamp(each.created_at / 1000, UTC):%Y-%m-%d %H:%M} UTC  by {each.made_by}"
        for each in found
    ]
    facts = {"sets": [{**asdict(each), "size": each.size} for each in found]}
    answer(as_json, facts, "\n".join(lines) or "No set yet: 'tallyroom labels freeze NAME' makes one.")


def diff(
    before: Annotated[str, typer.Argument(help="A set.")],
    after: Annotated[str, typer.Argument(help="Another.")],
    room: Room = ".",  # type: ignore[assignment]
    as_json: AsJson = False,
) -> None:
    """Say what was added, taken away and changed between two sets."""
    project = Project(room)
    store, dataset = project.store, project.dataset_id
    one, other = label_sets.find(store, dataset, before), label_sets.find(store, dataset, after)
    counts: Counter[tuple[str | None, str | None]] = Counter()
    first: list[label_sets.Change] = []
    for change in label_sets.diff(store, dataset, one, other):
        counts[change.before, change.after] += 1
        if len(first) < SHOWN:
            first.append(change)
    project.close()
    if as_json:
        each = [{"before": old, "after": new, "messages": n} for (old, new), n in counts.most_common()]
        answer(True, {"changes": each, "first": [asdict(change) for change in first]}, "")
        return
    for (old, new), n in counts.most_common():
        say(f"{n:,} {'without a label' if old is None else old} -> {'without a label' if new is None else new}")
    for change in first:
        say(f"  {change.source}/{change.key}: {change.before or '-'} -> {change.after or '-'}")
    say(f"{counts.total():,} differences." if counts else "The two are the same.")
