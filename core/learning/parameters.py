"""Parameters of feature sets and estimators: a name, what is usual, and where a search may look."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.errors import UnknownNameError, did_you_mean

Value = float | int | str


@dataclass(frozen=True, slots=True)
class Real:
    """A number between `low` and `high`; with `log` a search tries its magnitudes evenly."""

    name: str
    usual: float
    low: float
    high: float
    log: bool = False

    def read(self, said: object) -> float | None:
        """The value that was written, or None where it cannot be one."""
        try:
            value = float(str(said))
        except ValueError:
            return None
        return value if math.isfinite(value) and self.low <= value <= self.high else None

    def range(self) -> str:
        """What may be written, in words."""
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `low` to `high`, both included."""

    name: str
    usual: int
    low: int
    high: int

    def read(self, said: object) -> int | None:
        """The value that was written, or None where it cannot be one."""
        try:
            value = int(str(said))
        except ValueError:
            return None
        return value if self.low <= value <= self.high else None

    def range(self) -> str:
        """What may be written, in words."""
        return f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    name: str
    usual: str
    options: tuple[str, ...]

    def read(self, said: object) -> str | None:
        """The value that was written, or None where it cannot be one."""
        return str(said) if str(said) in self.options else None

    def range(self) -> str:
        """What may be written, in words."""
        return " or ".join(self.options)


Parameter = Real | Whole | Choice


class Tunable:
    """A thing with parameters. It is made with the values that differ from the usual ones.

    Raises:
        UnknownNameError: it has no such parameter, or the value is none that it may have; says what may be written.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def __init__(self, **values: Value) -> None:
        self.values: Mapping[str, Any] = {each.name: each.usual for each in self.parameters} | self.checked(values)

    @classmethod
    def checked(cls, said: Mapping[str, object]) -> dict[str, Value]:
        """The values as they are meant, from what was said."""
        known = {each.name: each for each in cls.parameters}
        read: dict[str, Value] = {}
        for name, value in said.items():
            if name not in known:
                fix = did_you_mean(name, known) or f"'{cls.name}' has none."
                raise UnknownNameError(f"'{cls.name}' has no parameter '{name}'", fix=fix)
            if (meant := known[name].read(value)) is None:
                raise UnknownNameError(
                    f"'{cls.name}' cannot have {name}={value}", fix=f"{name} is {known[name].range()}."
                )
            read[name] = meant
        return read

    @classmethod
    def unusual(cls, said: Mapping[str, object]) -> tuple[tuple[str, Value], ...]:
        """The values that differ from the usual ones, in the order in which the parameters are declared."""
        read = cls.checked(said)
        return tuple((p.name, read[p.name]) for p in cls.parameters if p.name in read and read[p.name] != p.usual)
