"""`tallyroom rules`: what each rule is worth."""

from __future__ import annotations

from dataclasses import asdict

import typer

from core import Project
from dashboard.commands.options import AsJson, Bars, Room, answer, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="rules")(rules)


def rules(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Say of each rule how many of the newest messages it hits, alone or with others, and how often it is right.

    Right is measured where people or imported labels say what a message is.
    """
    from core.pipeline import judge_rules  # here: the pipeline takes seconds to import, --help has no use for it

    project = Project(room)
    with Bars() as bars:
        reports = judge_rules(project, bars)
    project.close()
    if as_json:
        answer(True, {"rules": [asdict(each) for each in reports]}, "")
        return
    say(f"{'rule':<24} {'class':<14} {'hits':>8} {'share':>7} {'alone':>8} {'overlap':>8} {'conflict':>8}  right")
    for each in reports:
        right = "not judged" if each.precision is None else f"{100 * each.precision:.1f} % of {each.judged:,}"
        slow = "" if each.engine == "vectorscan" else "  (slow engine)"
        stopped = f"  stopped by the clock {each.timed_out:,} times" if each.timed_out else ""
        say(
            f"{each.name[:24]:<24} {each.klass[:14]:<14} {each.hits:>8,} {100 * each.share:>6.1f}% {each.alone:>8,} "
            f"{each.overlaps:>8,} {each.conflicts:>8,}  {right}{slow}{stopped}"
        )
