"""The errors a person may meet, as one small tree.

    TallyroomError
    ├── SettingsError        tallyroom.toml or an environment variable is wrong
    ├── DictionaryError      a data dictionary is wrong
    ├── RulesError           a rule file is wrong
    ├── SourceError          a source of messages cannot be read at all
    ├── UnknownNameError     a registered name that nobody registered
    ├── StoreError           the database
    │   ├── StoreDownError       it does not answer
    │   └── StoreSchemaError     it answers, in an older or newer schema
    ├── PipelineError        a stage could not do its work
    ├── DeskError            a hand-out or a verdict that cannot be taken
    ├── AccessError          somebody is not let in, or not let do this
    └── ServeError           the page cannot be served (a taken port, an unsafe address)

Each carries *what* happened, *where* (a file and line, a table, an address) and *what to do*. The command
prints the three without a traceback and ends with `exit_code`; a page shows them in place.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TallyroomError(Exception):
    """Something went wrong that a person can mend."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """`where: what. fix.` on one line, without the parts that are empty."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head.rstrip('.')}. {self.fix}".strip() if self.fix else head


class SettingsError(TallyroomError):
    """The room's settings cannot be used."""

    exit_code = 2


class DictionaryError(TallyroomError):
    """The data dictionary cannot be used."""

    exit_code = 2


class RulesError(TallyroomError):
    """The rule file cannot be used."""

    exit_code = 2


class SourceError(TallyroomError):
    """A source of messages cannot be read."""

    exit_code = 3


class UnknownNameError(TallyroomError):
    """A name was used that no registry knows."""

    exit_code = 2


class StoreError(TallyroomError):
    """The store could not do what was asked."""

    exit_code = 4


class StoreDownError(StoreError):
    """The database does not answer."""


class StoreSchemaError(StoreError):
    """The database has another schema than this version of Tallyroom."""


class PipelineError(TallyroomError):
    """A stage of the pipeline failed."""

    exit_code = 5


class DeskError(TallyroomError):
    """The desk cannot take this."""


class AccessError(TallyroomError):
    """Not allowed."""

    exit_code = 6


class ServeError(TallyroomError):
    """The pages cannot be served."""

    exit_code = 7


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`Did you mean 'sender'?` where a known name is close, else the list of those known."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"Known here: {', '.join(names)}." if names else ""
