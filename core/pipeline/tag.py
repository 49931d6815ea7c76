"""rules -> label: the rules vote on every message, once, and on new ones as they come."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.pipeline.rule_accuracies import label_model
from core.pipeline.stage import CODE_VERSION, Progress, silent
from core.project import Project
from core.rules import ABSTAIN, LabelModel, RuleSet, Scanner
from core.store.paced import write_paced
from core.store.queries.walk import above, newest_message, rule_labels, withdrawn_rules
from core.store.records.labels import add_rule_labels
from core.store.records.stages import done, set_progress

NAME = "Tag"
PAGE = 5_000


def tag(project: Project, progress: Progress = silent) -> int:
    """Let the rules vote on the messages they have not seen; gives how many labels changed.

    Follows the messages: where it stopped is kept in the store under the fingerprint of the rules and of how often each
    is held to be right, so changed ones begin at the first message again, and only labels that come out differently are
    written.
    """
    store = project.store
    with store.read() as connection:
        withdrawn = withdrawn_rules(connection)
    rules = _voting(project, withdrawn.names)
    if rules is None:
        return 0
    # After a withdrawal, and after one is taken back, they vote from the first message again.
    parts = (rules.fingerprint, project.dictionary().fingerprint, *filter(None, [withdrawn.epoch]))
    scanner = Scanner(rules, project.folder / ".cache")
    model = label_model(project, scanner)
    made_from = fingerprint("tag", CODE_VERSION, *parts, *filter(None, [model.fingerprint]))
    with store.read() as connection:
        seen = int((done(connection, made_from) or {}).get("up_to", 0))
    newest = newest_message(store)
    changed = 0
    while seen < newest:
        page = above(store, project.dataset_id, seen, PAGE)
        if page.empty:
            break
        with store.read() as connection:
            before = rule_labels(connection, int(page["message_id"].iloc[0]), int(page["message_id"].iloc[-1]))
        differs = _differing(_votes(model, scanner, page), before)
        changed += sum(write_paced(store, differs, add_rule_labels))
        seen = int(page["message_id"].iloc[-1])
        store.write(lambda c, mark=seen: _mark(c, made_from, mark))  # type: ignore[misc]
        progress(NAME, seen, newest)
    return changed


def _voting(project: Project, withdrawn: frozenset[str]) -> RuleSet | None:
    """The room's rules without those that were withdrawn; None where none is left."""
    rules = project.ruleset()
    if rules is None or not withdrawn:
        return rules
    left = tuple(rule for rule in rules.rules if rule.name not in withdrawn)
    return RuleSet(left, rules.classes) if left else None


def _mark(connection: Connection, made_from: str, seen: int) -> None:
    set_progress(connection, NAME, made_from, {"up_to": seen})


def _votes(model: LabelModel, scanner: Scanner, page: pd.DataFrame) -> pd.DataFrame:
    """What the rules say: message_id, hour, klass (None where they abstain), origin_ref (the rule)."""
    rules = model.ruleset
    votes = model.vote(scanner.scan(page["text"].tolist()))
    names = np.array([rule.name for rule in rules.rules] + [""], dtype=object)
    classes = np.array([*rules.classes, None], dtype=object)
    decided = votes.codes != ABSTAIN
    return pd.DataFrame(
        {
            "message_id": page["message_id"].to_numpy(),
            "hour": page["hour"].to_numpy(),
            "klass": classes[np.where(decided, votes.codes, len(classes) - 1)],
            "origin_ref": names[np.where(decided, votes.rules, len(names) - 1)],
        }
    )


def _differing(votes: pd.DataFrame, before: dict[int, tuple[str | None, str]]) -> pd.DataFrame:
    """The rows whose class is not what the rules had said before (nothing, where they never voted), and that: `was`."""
    was = [before.get(int(message_id), (None, ""))[0] for message_id in votes["message_id"]]
    # A list, not a column: pandas would turn None into NaN, which differs from itself.
    now = [klass if isinstance(klass, str) else None for klass in votes["klass"]]
    differs = np.array([new != old for new, old in zip(now, was, strict=True)], dtype=bool)
    return votes.assign(was=pd.Series(was, index=votes.index, dtype=object))[differs]
