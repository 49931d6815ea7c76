"""Which messages stand behind a number: one description for every figure, that a URL can hold."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, urlencode

from core.errors import TallyroomError, did_you_mean
from core.hit import OF_A_RULE, OF_THE_LOOK, TELLS, Hit
from core.search import Search, search_of
from core.slices import is_slice
from core.store.models import RunId
from core.text import storable

NUMBER_MOST = 2**63
NAME_MOST = 200


class Against(enum.StrEnum):
    """With what the predictions are held together."""

    VERDICTS = "verdicts"
    IMPORTED = "imported"
    FOLDS = "folds"
    PREDICTIONS = "predictions"


class Order(enum.StrEnum):
    """Which of them come first."""

    NEWEST = "newest"
    SUREST = "surest"
    LEAST_SURE = "least sure"


@dataclass(frozen=True, slots=True)
class Behind:
    """Messages with what a run said of them.

    Args:
        run: whose predictions; None only with an `alarm`, a `rule` or a `hit`, whose messages need none.
        against: `verdicts` or `imported`: those whose truth the office or a source gave. `folds`: what the run said of
            labelled messages out of fold, a row a repeat. `predictions`: all that it said, whatever is true.
        truth: of this class in truth.
        predicted: called this class.
        correct: rightly or wrongly called.
        at_least: so sure or surer, 0 to 1.
        below: less sure than this, 0 to 1.
        since: sent (where that is unknown, arrived) at this time or later, ms since 1970.
        until: and before this time.
        slice: of this kind, as `family:value`.
        alarm: named by this alarm.
        rule: hit by this rule, in the newest look at the rules.
        hit: which of the rule's hits; all of them where it is not said. Without a rule: which messages of that look.
        other: only those that this rule hits as well.
        q: with these words (see `core.search`).
        order: which come first.
    """

    run: RunId | None
    against: Against = Against.PREDICTIONS
    truth: str | None = None
    predicted: str | None = None
    correct: bool | None = None
    at_least: float | None = None
    below: float | None = None
    since: int | None = None
    until: int | None = None
    slice: str | None = None
    alarm: int | None = None
    rule: str | None = None
    hit: Hit | None = None
    other: str | None = None
    q: str = ""
    order: Order = Order.NEWEST

    def __post_init__(self) -> None:
        if self.run is None and not self.is_named:
            raise _wrong("run", "it is not said whose predictions are meant", "Give a run's number, or an alarm.")
        if self.rule is None and (self.other is not None or self.hit not in (None, *OF_THE_LOOK)):
            where = "hit" if self.hit not in (None, *OF_THE_LOOK) else "other"
            raise _wrong(where, "it is not said which rule is meant", "Give a rule as well.")
        if self.rule is not None and self.hit not in (None, *OF_A_RULE):
            raise _wrong("hit", f"'{self.hit}' is said of all rules together", "Leave the rule out.")
        if self.run is None and self.against != Against.PREDICTIONS:
            raise _wrong("against", "it is not said whose predictions are meant", "Give a run's number as well.")
        if self.against == Against.PREDICTIONS and (self.truth is not None or self.correct is not None):
            raise _wrong(
                "truth" if self.truth is not None else "correct",
                "'predictions' are taken whatever the truth",
                f"Say against={Against.VERDICTS}, {Against.IMPORTED} or {Against.FOLDS}.",
            )
        if self.q:
            search_of(self.q)

    @property
    def is_named(self) -> bool:
        """Whether its messages are named one by one, and need no prediction."""
        return self.alarm is not None or self.is_of_a_look

    @property
    def is_of_a_look(self) -> bool:
        """Whether its messages are those of a count in the newest look at the rules."""
        return self.rule is not None or self.hit is not None

    @property
    def tells_truth(self) -> bool:
        """Whether that a message is among them tells what others said of it."""
        return self.against is not Against.PREDICTIONS or self.hit in TELLS

    @property
    def search(self) -> Search | None:
        """What `q` asks for."""
        return search_of(self.q) if self.q else None

    @property
    def query(self) -> str:
        """As a URL holds it; `behind_of` reads it again."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        plain = {name: _words(value) for name, value in given.items() if value not in (None, "")}
        return urlencode(plain)


def behind_of(arguments: Mapping[str, str]) -> Behind:
    """The description in a query's arguments; an empty value is none.

    Raises:
        TallyroomError: an argument is unknown or cannot be; says which one, and what it may be.
    """
    if unknown := next((name for name in arguments if name not in _READ), None):
        raise _wrong(unknown[:40], "there is no such argument", did_you_mean(unknown[:40], _READ))
    given: dict[str, Any] = {name: _READ[name](name, text) for name, text in arguments.items() if text}
    return Behind(given.pop("run", None), **given)


def behind_in(query: str) -> Behind:
    """The description in a query string, such as `run=3&against=folds`.

    Raises:
        TallyroomError: it cannot be read.
    """
    return behind_of(dict(parse_qsl(query, keep_blank_values=True, max_num_fields=40)))


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def _wrong(where: str, what: str, fix: str) -> TallyroomError:
    return TallyroomError(f"{where}: {what}", where=where, fix=fix)


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < NUMBER_MOST):
        raise _wrong(name, "it is a whole number", "Digits only.")
    return int(text)


def _share(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= 1.0:
        raise _wrong(name, "it is a number from 0 to 1", "As 0.95.")
    return value


def _choice(kind: type[enum.StrEnum]) -> Callable[[str, str], enum.StrEnum]:
    def read(name: str, text: str) -> enum.StrEnum:
        if text not in set(kind):
            raise _wrong(name, f"'{text[:40]}' is none", f"Use one of: {', '.join(kind)}.")
        return kind(text)

    return read


def _truthful(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise _wrong(name, "it is 'true' or 'false'", "Leave it out for both.")
    return text == "true"


def _name(name: str, text: str) -> str:
    if len(text) > NAME_MOST:
        raise _wrong(name, f"it has at most {NAME_MOST} characters", "Give a class or a kind by its name.")
    return storable(text)


def _slice(name: str, text: str) -> str:
    if not is_slice(text):
        raise _wrong(name, f"there is no slice '{text[:40]}'", "One is 'kind:has a link', another 'script:Thai'.")
    return _name(name, text)


_READ: Mapping[str, Callable[[str, str], Any]] = {
    "run": _number,
    "against": _choice(Against),
    "truth": _name,
    "predicted": _name,
    "correct": _truthful,
    "at_least": _share,
    "below": _share,
    "since": _number,
    "until": _number,
    "slice": _slice,
    "alarm": _number,
    "rule": _name,
    "hit": _choice(Hit),
    "other": _name,
    "q": lambda _name, text: storable(text),
    "order": _choice(Order),
}
