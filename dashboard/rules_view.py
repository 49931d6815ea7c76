"""What the Rules page shows: the rules of the room's file, and what the newest look found each of them worth."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from core.errors import TallyroomError
from core.store.queries.live import champion
from core.store.queries.rule_looks import KeptReport, newest_look
from core.store.queries.walk import withdrawn_rules

if TYPE_CHECKING:
    from core import Project
    from core.rules import RuleSet

NUMBERS = (
    "hits",
    "share",
    "alone",
    "overlaps",
    "conflicts",
    "accuracy",
    "low",
    "high",
    "known",
    "verdicts",
    "right",
    "meets",
    "over_time",
    "copy_of",
    "engine",
    "timed_out",
)


def rules_state(project: Project) -> dict[str, Any]:
    """The rules with their worth. It costs the rules, never the messages: what is counted was kept by the pipeline.

    `trouble` is what is amiss with the file; then the rules are those of the last look. `worth` is None of a rule that
    no look has seen as it is now.
    """
    with project.store.read() as connection:
        look = newest_look(connection, project.dataset_id)
        withdrawn = withdrawn_rules(connection).names
        reigning = champion(connection, project.dataset_id)
    rules, trouble = _read(project)
    seen = {_identity(each): each for each in look.report["rules"]} if look else {}
    named = _of_file(rules) if rules is not None else [_of_look(each) for each in seen.values()] if trouble else []
    return {
        "file": project.settings.pipeline.rules,
        "classes": list(project.classes),
        "trouble": trouble,
        "rules": [_told(each, seen.get(_identity(each)), withdrawn) for each in named],
        "look": _look(look),
        "run": int(reigning.run_id) if reigning else None,
        "trains": "rule" in project.settings.pipeline.train_on,
    }


def _read(project: Project) -> tuple[RuleSet | None, dict[str, str] | None]:
    try:
        return project.ruleset(), None
    except TallyroomError as error:
        where = error.where.removeprefix(f"{project.folder}{os.sep}")  # where the room lies is nobody's business
        return None, {"what": error.what, "where": where, "fix": error.fix}


def _identity(rule: dict[str, Any]) -> tuple[str, str, str]:
    return rule["name"], rule["klass"], rule["pattern"]


def _of_file(rules: RuleSet) -> list[dict[str, Any]]:
    return [rule.model_dump(mode="json") for rule in rules.rules]


def _of_look(each: dict[str, Any]) -> dict[str, Any]:
    """A rule of the last look, of which no more is known than its pattern."""
    kept = {name: each[name] for name in ("name", "klass", "pattern")}
    return {**kept, "ignore_case": True, "weight": 1.0, "note": ""}


def _told(rule: dict[str, Any], worth: dict[str, Any] | None, withdrawn: frozenset[str]) -> dict[str, Any]:
    return {**rule, "withdrawn": rule["name"] in withdrawn, "worth": None if worth is None else _worth(worth)}


def _worth(each: dict[str, Any]) -> dict[str, Any]:
    """Its numbers; `told_by` says what the accuracy is told from."""
    told_by = "verdicts" if each["verdicts"] else "labels" if each["known"] else ""
    told_by = told_by or ("rules" if each["agreement"] >= 1 else "nothing")
    numbers = {name: each[name] for name in NUMBERS}
    return {
        **numbers,
        "wrong": each["known"] - each["right"],
        "unjudged": each["hits"] - each["judged"],
        "told_by": told_by,
    }


def _look(look: KeptReport | None) -> dict[str, Any] | None:
    if look is None:
        return None
    kept = {name: look.report[name] for name in ("messages", "hit", "known", "unit", "starts", "length")}
    return {"at": look.looked_at, **kept}
