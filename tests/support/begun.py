"""`tallyroom` in a process of its own that begins in a blink.

A fresh interpreter imports for three seconds of processor time, and the tests begin hundreds. A fork server imports
once; each process is a fork of it, runs the command from its first word on, and can be killed, stopped and asked to end
like any other. What is about the start itself begins a fresh one: the demo, other servers' commands, changed clocks.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dashboard.warming import STATISTICS

IMPORTED = ("dashboard.command", "dashboard.commands.serve", "dashboard.server", "core.pipeline", *STATISTICS)

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(list(IMPORTED))


class Begun(Protocol):
    """A process that was begun, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...
    def send_signal(self, sig: int) -> None: ...


class Fork:
    """A fork that runs the command, or a program.

    Args:
        words: what follows `tallyroom`, or the program's name.
        out: the file that it writes to.
        errors: the file for its errors; None: the same.
        environment: all of its environment; None: this process's.
        folder: where it works; None: where this process does.
        program: the text of the program; None: the command.
    """

    def __init__(
        self,
        words: Sequence[str],
        out: Path,
        errors: Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        program: str | None = None,
    ) -> None:
        self._process = FORKS.Process(
            target=_run,
            args=(tuple(words), out, errors or out, dict(environment or os.environ), folder or Path.cwd(), program),
            daemon="serve" in words,  # such a one may not begin others, and is gone with the tests
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, once it has ended."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise TimeoutError(f"process {self.pid} goes on after {timeout} s")
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def send_signal(self, sig: int) -> None:
        """As `kill` does; nothing where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)


def tallyroom(
    *words: str, folder: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, in a folder."""
    with tempfile.TemporaryDirectory() as told:
        out, errors = Path(told, "out"), Path(told, "errors")
        code = Fork(words, out, errors, environment=environment, folder=folder).wait()
        return subprocess.CompletedProcess(words, code, out.read_text(), errors.read_text())


def _run(
    words: tuple[str, ...], out: Path, errors: Path, environment: dict[str, str], folder: Path, program: str | None
) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    for number, path in ((1, out), (2, errors)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["tallyroom", *words]
    if program is not None:
        exec(compile(program, "program", "exec"), {"__name__": "__main__"})
        return
    from dashboard.command import main

    main()
