"""A network between browser and server that a test can break."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

CHUNK = 65_536


class Proxy:
    """Passes bytes on to a port of this machine, until it is told to swallow what the server answers."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._swallow = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._dead: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """From now on requests reach the server and no answer comes back, without a word: a line that has died."""
        self._swallow.set()

    def heal(self, *, quietly: bool = False) -> None:
        """Answers come back again, on new lines: the dead ones are cut, or go on saying nothing (`quietly`)."""
        self._swallow.clear()
        self._dead += self._lines if quietly else []
        if quietly:
            self._lines = []
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        self._lines.clear()

    def close(self) -> None:
        """Let the port go."""
        self._listener.close()
        self._lines += self._dead
        self.heal()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listener.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                self._lines += [here, there]
                threading.Thread(target=self._pass, args=(here, there), daemon=True).start()
                threading.Thread(target=self._pass, args=(there, here, True), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool = False) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if not (answers and (self._swallow.is_set() or source in self._dead)):
                    target.sendall(data)
        for line in (source, target):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
