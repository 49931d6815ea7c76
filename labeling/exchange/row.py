"""A label as it leaves the room."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class LabelRow:
    """A message's label with its provenance; times are ms since 1970.

    `origin_ref` names who exactly: the rule, the import, the queue. The next five are of the office's verdicts and 0
    or empty elsewhere: how many count, how many of them say the label, how many were given blind, which models'
    predictions the others saw ("char-svc v3"), and, where they were asked for, the names of who gave them.
    """

    source: str
    key: str
    label: str
    origin: str
    origin_ref: str
    confidence: float | None
    labelled_at: int
    verdicts: int
    agreed: int
    blind: int
    shown_run: str
    judged_by: str
    body: str


NAMES = tuple(field.name for field in fields(LabelRow))
VALUES = attrgetter(*NAMES)  # dataclasses.asdict copies each value deeply: a third of an export's time
