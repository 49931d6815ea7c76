"""The schema's version: making it current, and refusing another one with a sentence."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect

from core.errors import StoreError, StoreSchemaError
from core.store.engine import place, told_in_a_sentence

if TYPE_CHECKING:  # half a second to import, which a look at the version has no use for
    from alembic.config import Config

# Optuna keeps its own `alembic_version` in the same database.
VERSION_TABLE = "tallyroom_schema"
_MIGRATIONS = Path(__file__).with_name("migrations")
_REVISION = re.compile(r"""^(down_)?revision(?:: [^=]+)? = ["'](\w+)["']""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Which revision the database has (None: none yet) and which one this version of Tallyroom needs."""

    found: str | None
    needed: str

    @property
    def current(self) -> bool:
        """Whether the two agree."""
        return self.found == self.needed


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def revisions() -> tuple[set[str], str]:
    """The revisions that this version knows, and the newest of them, as the migrations' files name them."""
    known: set[str] = set()
    below: set[str] = set()
    for path in _MIGRATIONS.glob("versions/*.py"):
        for down, revision in _REVISION.findall(path.read_text("utf-8")):
            (below if down else known).add(revision)
    (newest,) = known - below
    return known, newest


def status(engine: Engine) -> SchemaStatus:
    """Look at the database's revision.

    Raises:
        StoreDownError: the database does not answer.
    """
    _require_folder(engine)
    _, needed = revisions()
    with told_in_a_sentence(engine.url), engine.connect() as connection:
        found = None
        if inspect(connection).has_table(VERSION_TABLE):
            found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 - ours
        return SchemaStatus(found, needed)


_upgrading = threading.Lock()
"""Alembic's operations go to whichever database the process began to upgrade last."""


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; does nothing where it is.

    Raises:
        StoreDownError: the database does not answer.
        StoreSchemaError: a newer version of Tallyroom made this schema.
    """
    found = status(engine)
    if found.current:
        return
    _refuse_newer(engine, found)
    with _upgrading, told_in_a_sentence(engine.url), engine.execution_options(write=True).begin() as connection:
        if engine.dialect.name == "postgresql":  # two servers that start at once
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7300)")
        from alembic import command

        command.upgrade(_config(connection), "head")


def require_current(engine: Engine) -> None:
    """Refuse a database that has another schema than this version needs.

    Raises:
        StoreDownError: the database does not answer.
        StoreSchemaError: the schema is missing, older or newer; says what to do.
    """
    found = status(engine)
    if found.current:
        return
    _refuse_newer(engine, found)
    what = "there are no tables yet" if found.found is None else f"the tables are of an older version ({found.found})"
    raise StoreSchemaError(what, where=place(engine.url), fix="Run 'tallyroom store upgrade'.")


def _refuse_newer(engine: Engine, found: SchemaStatus) -> None:
    known, _ = revisions()
    if found.found is not None and found.found not in known:
        raise StoreSchemaError(
            f"the tables were made by a newer version of Tallyroom ({found.found})",
            where=place(engine.url),
            fix="Update Tallyroom on this machine.",
        )


def _require_folder(engine: Engine) -> None:
    """SQLite would answer 'unable to open database file', which names neither the folder nor the fix."""
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).parent.is_dir():
        raise StoreError(
            "the folder of the store does not exist",
            where=place(engine.url),
            fix="Make the room with 'tallyroom init'.",
        )
