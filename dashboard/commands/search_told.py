"""What a search says at the terminal: as it begins, at each new best, and at its end, with what to do next."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from dashboard.commands.options import Bars, console

if TYPE_CHECKING:
    from core import Project
    from core.store.queries.trials import SearchRow, TrialRow

LOOK_SECONDS = 1.0


class Told:
    """Told of a search some times a second; says what is new. On the error stream, so that `--json` stays JSON."""

    def __init__(self, project: Project, bars: Bars, *, joined: bool = False) -> None:
        self._project = project
        self._joined = joined
        self._bars = bars
        self._begun = False
        self._looked = 0.0
        self._best = -1.0

    def __call__(self, row: SearchRow) -> None:
        """How the search stands."""
        if not self._begun:
            self._begun = True
            what = f"{row.train_size:,} messages, {row.folds_planned} folds, {row.budget_ms / 1000:,.0f} s"
            ends = "Ctrl+C ends the help, and the search goes on" if self._joined else "Ctrl+C ends it and sums up"
            _say(f"Search {row.id}: {what}. {ends}; the Search page follows it.")
        whole = max(1, (row.ends_at - row.started_at) // 1000)
        self._bars("seconds", min(whole, whole - max(0, row.left_ms) // 1000), whole)
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            self._look(row)

    def _look(self, row: SearchRow) -> None:
        from core.store.queries.trials import best_trials, trials_over

        with self._project.store.read() as connection:
            best = best_trials(connection, row.fingerprint, 1)
            over = trials_over(connection, row.id)
        if best and (best[0].macro_f1 or 0.0) > self._best:
            self._best = best[0].macro_f1 or 0.0
            after = (row.ends_at - row.started_at - row.left_ms) / 1000
            _say(f"after {after:4.0f} s, {over:3} trials over: best {self._best:.4f} {best[0].candidate}")


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def facts_of(found: SearchRow, rows: list[TrialRow], candidates: tuple[str, ...]) -> dict[str, Any]:
    """The outcome for a script."""
    return {
        "search": found.id,
        "state": found.state,
        "error": found.error,
        "seconds": round(((found.finished_at or found.ends_at) - found.started_at) / 1000, 1),
        "trials": len(rows),
        "result": found.result or {},
        "candidates": list(candidates),
    }


def sentences(facts: dict[str, Any], rows: list[TrialRow]) -> str:
    """The outcome for a person, and what to do next."""
    best, ensemble = facts["result"].get("best"), facts["result"].get("ensemble")
    of = {state: sum(row.state == state for row in rows) for state in ("done", "stopped", "failed", "lost")}
    counts = f"{facts['trials']} trials in {facts['seconds']:.0f} s: {of['done']} to the last fold"
    counts += "".join(f", {n} {words}" for state, words in _OTHERS.items() if (n := of[state]))
    lines = [*([facts["error"]] if facts["error"] else []), f"{counts}."]
    if best is not None:
        lines.append(f"Best: {best['candidate']}")
        honest = f"{best['honest']:.4f} when each fold is scored by what was best on the others"
        lines.append(f"  macro-F1 {best['macro_f1']:.4f}; {honest}")
    if ensemble is not None and len(ensemble["members"]) > 1:
        lines.append(f"Ensemble of {len(ensemble['members'])}:")
        lines += [f"  {share:4.0%} {name}" for name, share in ensemble["members"]]
        large = "" if ensemble["candidate"] else ": more than was allowed"
        lines.append(
            f"  macro-F1 {ensemble['macro_f1']:.4f}; {ensemble['honest']:.4f} by the same rule; "
            f"{ensemble['bytes']:,} bytes of weights{large}"
        )
    return "\n".join([*lines, _next(facts)])


_OTHERS = {"stopped": "stopped early", "failed": "failed", "lost": "lost with their worker"}


def _next(facts: dict[str, Any]) -> str:
    found = facts["candidates"]
    if not found:
        return "Next: nothing came to its last fold, so give it more time; a second search goes on from here."
    ensembles = sum(name.startswith("ensemble:") for name in found)
    singles = len(found) - ensembles
    what = [f"the {'best' if singles == 1 else f'{singles} best'}"] if singles else []
    what += ["the ensemble"] if ensembles else []
    return (
        f"Next: 'tallyroom run' tries {' and '.join(what)} beside the room's own candidates and promotes only what is "
        "better for sure. The Search page says why trials were stopped."
    )
