"""Databases for tests: the migrations run once in a process, and every test gets a copy of what they made."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import Protocol

import psycopg2
from sqlalchemy import make_url

import labeling.models  # noqa: F401  # so that the metadata is whole
from core.store import Store


class Databases(Protocol):
    """Of one kind; `folder` is where a database that is a file lies."""

    def new(self, folder: Path, /) -> str:
        """A database with all tables and nothing in them; gives its url."""

    def copied(self, url: str, folder: Path, /) -> str:
        """A copy of a database that nobody has open; gives its url."""


class Sqlite:
    """Files that begin as a copy of one that the migrations made."""

    def __init__(self, folder: Path) -> None:
        self._made = folder / "migrated.db"
        Store.open(f"sqlite:///{self._made}", create=True).close()

    def new(self, folder: Path, name: str = "tallyroom.db") -> str:
        """A database with all tables and nothing in them; gives its url."""
        return self.copied(f"sqlite:///{self._made}", folder, name)

    @staticmethod
    def copied(url: str, folder: Path, name: str = "tallyroom.db") -> str:
        """A copy of a database that nobody has open; gives its url."""
        shutil.copyfile(str(make_url(url).database), folder / name)
        return f"sqlite:///{folder / name}"


class PostgreSQL:
    """Databases of one server; `base` is the url of any of them."""

    def __init__(self, base: str) -> None:
        self._base = make_url(base)
        self._made: str | None = None

    def empty(self) -> str:
        """A database without tables; gives its url."""
        return self._create("")

    def new(self, _folder: Path | None = None) -> str:
        """A database with all tables and nothing in them; gives its url."""
        if self._made is None:
            url = self.empty()
            Store.open(url, create=True).close()
            self._made = url
        return self.copied(self._made)

    def copied(self, url: str, _folder: Path | None = None) -> str:
        """A copy of a database that nobody has open; gives its url."""
        return self._create(f"TEMPLATE {make_url(url).database}")

    def hurry(self) -> None:
        """Let the server not wait for its disk: tests that cut its power have a server of their own."""
        self._say("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def forget(self, url: str) -> None:
        """Drop a database whose test is over, whoever still talks to it: a server has a hundred places for all."""
        self._say(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _create(self, how: str) -> str:
        name = f"room_{uuid.uuid4().hex[:12]}"
        self._say(f"CREATE DATABASE {name} {how}")
        return self._base.set(database=name).render_as_string(hide_password=False)

    def _say(self, *statements: str) -> None:
        connection = psycopg2.connect(self._base.render_as_string(hide_password=False))
        connection.autocommit = True
        for statement in statements:
            connection.cursor().execute(statement)
        connection.close()
