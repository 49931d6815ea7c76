"""Drift: whether what comes now is what came before. Pure.

`classes` looks at how often each class is said, `words` at what the messages say.
"""

from core.drift.classes import (
    FALSE_ALARMS_A_YEAR,
    REFERENCE_DAYS,
    ClassMove,
    DayDrift,
    chance_band,
    day_drift,
    evidence,
    js_distance,
    newest_drift,
    overdispersion,
    psi,
)

__all__ = [
    "FALSE_ALARMS_A_YEAR",
    "REFERENCE_DAYS",
    "ClassMove",
    "DayDrift",
    "chance_band",
    "day_drift",
    "evidence",
    "js_distance",
    "newest_drift",
    "overdispersion",
    "psi",
]
