"""Who is at a desk, and how many verdicts came when: from the newest verdicts, however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.store.models import now_ms
from labeling.models import Person, Verdict, VerdictKind
from labeling.queries import AT_DESK_MS

HOUR_MS = 3_600_000
MINUTE_MS = 60_000
LOOK_BACK = 10_000


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Somebody who gave a verdict lately: how many in the last hour, and when the newest (ms)."""

    name: str
    role: str
    simulated: bool
    verdicts: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Verdicts by minute (since 1970). `since`: the first minute that is known whole; those before were not read."""

    minutes: Mapping[int, int]
    since: int


def pace(connection: Connection, span: range) -> Pace:
    """Verdicts in these minutes, as far back as the LOOK_BACK newest reach."""
    newest = select(Verdict.at).where(Verdict.kind == VerdictKind.LABEL).order_by(Verdict.id.desc()).limit(LOOK_BACK)
    times = list(connection.execute(newest).scalars())
    reached = span[0] if len(times) < LOOK_BACK else max(span[0], times[-1] // MINUTE_MS + 1)
    counts = Counter(at // MINUTE_MS for at in times)
    return Pace({minute: n for minute, n in counts.items() if span[0] <= minute <= span[-1]}, reached)


def at_desk(connection: Connection) -> list[AtDesk]:
    """Who gave a verdict in the last ten minutes, the busiest first; their verdicts of the last hour."""
    now = connection.execute(select(now_ms())).scalar_one()
    newest = (
        select(Verdict.person_id, Verdict.at)
        .where(Verdict.kind == VerdictKind.LABEL)
        .order_by(Verdict.id.desc())
        .limit(LOOK_BACK)
        .subquery()
    )
    rows = connection.execute(
        select(Person.name, Person.role, Person.simulated, newest.c.at)
        .join(newest, newest.c.person_id == Person.id)
        .where(newest.c.at > now - HOUR_MS)
    )
    times: dict[tuple[str, str, bool], list[int]] = {}
    for name, role, simulated, at in rows:
        times.setdefault((name, role, bool(simulated)), []).append(at)
    found = [AtDesk(*who, len(given), max(given)) for who, given in times.items()]
    return sorted(
        (each for each in found if each.last_at > now - AT_DESK_MS), key=lambda each: (-each.verdicts, each.name)
    )
