"""The room's rules for alarms, from its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import SettingsError
from core.settings import AlarmSettings
from labeling.signs import SIGNS, Sign


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: it raises an alarm once its sign's number is past `limit` for `for_seconds`, until it is past `clear`."""

    name: str
    sign: Sign
    limit: float
    clear: float
    for_seconds: float
    queue: str

    def amiss(self, value: float) -> bool:
        """Whether the number raises an alarm."""
        return value < self.limit if self.sign.falls else value > self.limit

    def gone(self, value: float) -> bool:
        """Whether the number ends one: between this and the limit everything stays as it is."""
        return value >= self.clear if self.sign.falls else value <= self.clear


def rules(settings: Sequence[AlarmSettings]) -> list[Rule]:
    """The rules of the settings.

    Raises:
        UnknownNameError: a rule names a sign that nobody registered.
        SettingsError: a rule cannot be used; names its number and key.
    """
    found: dict[str, Rule] = {}
    for number, each in enumerate(settings, start=1):
        where = f"[[alarms]] {number}"
        sign = SIGNS.get(each.sign, where=f"{where} sign")()
        limit = sign.usual if each.limit is None else each.limit
        clear = sign.clear_of(limit) if each.clear is None else each.clear
        if (clear < limit) if sign.falls else (clear > limit):
            side = "below" if sign.falls else "above"
            raise SettingsError(
                f"{sign.name} raises an alarm {side} {limit:g}, and cannot end it at {clear:g}",
                where=f"{where} clear",
                fix="Leave it out, or set it on the good side of the limit.",
            )
        if each.queue and not sign.of_queue:
            raise SettingsError(f"{sign.name} looks at no single queue", where=f"{where} queue", fix="Leave it out.")
        name = each.name or (f"{sign.name} {each.queue}" if each.queue else sign.name)
        if name in found:
            raise SettingsError(
                f"two rules are called '{name}'", where=f"{where} name", fix="Give one of them another name."
            )
        found[name] = Rule(name, sign, limit, clear, each.for_seconds, each.queue)
    return list(found.values())
