"""`tallyroom rules`: what each rule is worth."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from core import Project
from dashboard.commands.options import AsJson, Bars, Room, answer, say

if TYPE_CHECKING:
    from core.rules import RuleReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="rules")(rules)


def rules(room: Room = ".", as_json: AsJson = False) -> None:  # type: ignore[assignment]
    """Say of each rule how many of the newest messages it hits, alone or with others, and how often it is right.

    Right is told, with a 95 % interval, from all messages that people or imported labels have told the class of, and
    from how the rules meet.
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
        say(
            f"{each.name[:24]:<24} {each.klass[:14]:<14} {each.hits:>8,} {100 * each.share:>6.1f}% {each.alone:>8,} "
            f"{each.overlaps:>8,} {each.conflicts:>8,}  {_right(each)}{_trouble(each)}"
        )


def _right(each: RuleReport) -> str:
    """How often it is held to be right, and where that is from."""
    held = f"{100 * each.accuracy:.0f} % ({100 * each.low:.0f} to {100 * each.high:.0f})"
    if not each.known:
        return f"{held}, not judged"
    whose = f"{each.verdicts:,} by people" if each.verdicts else "none by people"
    return f"{held}, from {each.known:,} known, {whose}"


def _trouble(each: RuleReport) -> str:
    slow = "" if each.engine == "vectorscan" else "  (slow engine)"
    stopped = f"  stopped by the clock {each.timed_out:,} times" if each.timed_out else ""
    copy = f"  hits what {each.copy_of[:24]} hits: one voice" if each.copy_of else ""
    return slow + stopped + copy
