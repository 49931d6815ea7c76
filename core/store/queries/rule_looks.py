"""The newest look at the rules: its report, and the messages behind its counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.errors import TallyroomError
from core.hit import Hit
from core.store.models import DatasetId, RuleLook


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A look as pages read it: what it was made from, when (ms since 1970), and its counts."""

    made_from: str
    looked_at: int
    report: dict[str, Any]


def newest_look(connection: Connection, dataset: DatasetId) -> KeptReport | None:
    """The look at a dataset's rules; None before the first."""
    query = select(RuleLook.made_from, RuleLook.looked_at, RuleLook.report).where(RuleLook.dataset_id == dataset)
    row = connection.execute(query).one_or_none()
    return None if row is None else KeptReport(row.made_from, row.looked_at, row.report)


def hit_messages(
    connection: Connection, dataset: DatasetId, rule: str | None, hit: Hit, other: str | None = None
) -> list[int]:
    """The ids of the messages behind a count of the look at a dataset's rules (`core.rules.kept_look`).

    Raises:
        TallyroomError: no such rule was looked at, or none at all.
    """
    from core.rules.kept_look import KeptLook  # here: what rules need takes a second to import

    content = connection.execute(select(RuleLook.hits).where(RuleLook.dataset_id == dataset)).scalar_one_or_none()
    look = None if content is None else KeptLook.from_bytes(content)
    for name in filter(None, (rule, other)):
        if look is None or name not in look.names:
            raise _unseen(f"rule: no rule '{name[:100]}' was looked at")
    if look is None:
        raise _unseen("hit: the rules were not looked at yet")
    return look.behind(rule, hit, other)


def _unseen(what: str) -> TallyroomError:
    return TallyroomError(what, where=what.partition(":")[0], fix="'tallyroom run' looks at the room's rules.")
