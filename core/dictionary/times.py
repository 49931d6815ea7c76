"""Times as a source writes them, in milliseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from core.dictionary.schema import ColumnSpec

# The years 1 to 9999, as far as a date can be shown.
_EARLIEST = -62_135_596_800_000
_LATEST = 253_402_300_799_999
_SCALES = {"epoch_s": 1_000, "epoch_ms": 1}


class NoTime:
    """What stands for a text that is no time as the dictionary describes it."""


NO_TIME: Final = NoTime()


def instants(texts: Sequence[str | None], spec: ColumnSpec) -> list[int | NoTime | None]:
    """For each text its time; missing stays missing."""
    if spec.dtype in _SCALES and (whole := _whole(texts, _SCALES[spec.dtype])) is not None:
        return whole
    zone = ZoneInfo(spec.timezone)
    return [_instant(text.strip(), spec, zone) if text else None for text in texts]


def _whole(texts: Sequence[str | None], scale: int) -> list[int | NoTime | None] | None:
    """The times, where all of them are plain whole numbers in range, as nearly all are: three times as fast."""
    together = "".join(text for text in texts if text)
    if not (together.isascii() and together.isdigit()):
        return None
    found: list[int | NoTime | None] = [
        int(text) * scale if text else None for text in texts if text is None or len(text) < 16
    ]
    in_range = len(found) == len(texts) and max((time for time in found if isinstance(time, int)), default=0) <= _LATEST
    return found if in_range else None


def _instant(text: str, spec: ColumnSpec, zone: ZoneInfo) -> int | NoTime | None:
    if not text:
        return None
    try:
        if spec.dtype in _SCALES:
            found = _epoch(text, _SCALES[spec.dtype])
        else:
            moment = datetime.strptime(text, spec.format) if spec.format else datetime.fromisoformat(text)  # noqa: DTZ007
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
            found = round(moment.astimezone(UTC).timestamp() * 1_000)
    except (ValueError, OverflowError):
        return NO_TIME
    return found if _EARLIEST <= found <= _LATEST else NO_TIME


def _epoch(text: str, scale: int) -> int:
    """A number of seconds or milliseconds, exact where it is whole."""
    if "_" in text:  # Python reads 1_000 as a number, nobody else does
        raise ValueError(text)
    try:
        return int(text) * scale
    except ValueError:
        return round(float(text) * scale)
