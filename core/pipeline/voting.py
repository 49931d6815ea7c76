"""Which rules vote now, and what they say of a page of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from core.fingerprint import fingerprint
from core.pipeline.shards import Chore, Mark
from core.pipeline.stage import CODE_VERSION
from core.project import Project
from core.rules import ABSTAIN, LabelModel, RuleSet, Scanner
from core.store import Store
from core.store.paced import write_paced
from core.store.queries.walk import rule_labels, withdrawn_rules
from core.store.records.labels import add_rule_labels
from core.store.records.turns import Turn, require_turn


@dataclass(frozen=True, slots=True)
class Voters:
    """The rules that vote, and what else decides how."""

    rules: RuleSet
    parts: tuple[str, ...]

    def mark(self, model: LabelModel) -> str:
        """The fingerprint of all that decides what they say: whose turn it is."""
        return fingerprint("tag", CODE_VERSION, *self.parts, *filter(None, [model.fingerprint]))


def voters(project: Project) -> Voters | None:
    """Who votes now: the room's rules without those that were withdrawn; None where there are none.

    Raises:
        TallyroomError: the rule file or the dictionary cannot be used.
    """
    with project.store.read() as connection:
        withdrawn = withdrawn_rules(connection)
    rules = project.ruleset()
    if rules is not None and withdrawn.names:
        left = tuple(rule for rule in rules.rules if rule.name not in withdrawn.names)
        rules = RuleSet(left, rules.classes) if left else None
    if rules is None:
        return None
    # After a withdrawal, and after one is taken back, they vote on all messages again.
    parts = (rules.fingerprint, project.dictionary().fingerprint, *map(str, filter(None, [withdrawn.epoch])))
    return Voters(rules, parts)


class Voting(Chore):
    """Rules vote in their turn: what comes out differently than before is written."""

    page = 5_000

    def __init__(self, turn: Turn, model: LabelModel, scanner: Scanner) -> None:
        self.key = turn.key
        self._turn, self._model, self._scanner = turn, model, scanner

    def do(self, store: Store, page: pd.DataFrame, mark: Mark) -> int:
        """Gives how many labels changed.

        Raises:
            OvertakenError: it is the turn of others.
        """
        ids = page["message_id"]
        with store.read() as connection:
            before = rule_labels(connection, int(ids.min()), int(ids.max()))

        def change(connection: Connection, piece: pd.DataFrame) -> int:
            require_turn(connection, self._turn)
            return add_rule_labels(connection, piece)

        def over(connection: Connection) -> None:
            require_turn(connection, self._turn)
            mark(connection, page)

        changed = sum(write_paced(store, _differing(self._votes(page), before), change))
        store.write(over)
        return changed

    def _votes(self, page: pd.DataFrame) -> pd.DataFrame:
        """What the rules say: message_id, hour, klass (None where they abstain), origin_ref (the rule)."""
        rules = self._model.ruleset
        votes = self._model.vote(self._scanner.scan(page["text"].tolist()))
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


def _differing(votes: pd.DataFrame, before: Mapping[int, tuple[str | None, str]]) -> pd.DataFrame:
    """The rows whose class is not what the rules had said before (nothing, where they never voted), and that: `was`."""
    was = [before.get(int(message_id), (None, ""))[0] for message_id in votes["message_id"]]
    # A list, not a column: pandas would turn None into NaN, which differs from itself.
    now = [klass if isinstance(klass, str) else None for klass in votes["klass"]]
    differs = np.array([new != old for new, old in zip(now, was, strict=True)], dtype=bool)
    return votes.assign(was=pd.Series(was, index=votes.index, dtype=object))[differs]
