"""The same page on Streamlit, installed into an environment of its own, with real sessions.

`BENCH_STREAMLIT=0` leaves it out; so does a machine that cannot install it.
"""

from __future__ import annotations

import asyncio
import json
import os
import site
import subprocess
import sys
import venv
from pathlib import Path

from bench.load.office import free_port
from bench.watching import Watched, cpu, started, write_folds

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tallyroom" / "streamlit"
VERSION = "streamlit>=1.50,<2"
HERE = Path(__file__).parent
NOT_ASKED = {"STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false", "STREAMLIT_SERVER_HEADLESS": "true"}


def installed() -> Path | None:
    """The Python that has it, installed where it is not; None where it is not to be had."""
    if os.environ.get("BENCH_STREAMLIT") == "0":
        return None
    python = CACHE / "bin" / "python"
    if not (CACHE / "bin" / "streamlit").exists():
        print(f"Installing Streamlit into {CACHE} ...", flush=True)
        venv.create(CACHE, with_pip=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", VERSION]
        if subprocess.run(pip, check=False, stderr=subprocess.DEVNULL).returncode != 0:
            print("Streamlit cannot be installed here; it is left out.", flush=True)
            return None
    # Whatever it has no version of its own of comes from our environment: the page reads the store by our code.
    folder = CACHE / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    ours = [*site.getsitepackages(), str(HERE.parent)]
    (folder / "tallyroom.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in ours))
    return python


def watch(room: Watched, number: int, viewers: int, seconds: int) -> tuple[float, list[list[str]]] | None:
    """CPU seconds of its server while a fold finishes each second, and what each viewer ends with.

    None where it was not run.
    """
    python = installed()
    if python is None:
        return None
    port = free_port()
    page = [str(python), "-m", "streamlit", "run", str(HERE / "streamlit_page.py"), "--server.port", str(port)]
    page += ["--server.address", "127.0.0.1", "--server.enableXsrfProtection", "false", "--server.enableCORS", "false"]
    health = f"http://127.0.0.1:{port}/_stcore/health"
    with started(page, health, TALLYROOM_HOME=str(room.folder), **NOT_ASKED) as server:
        command = [str(python), str(HERE / "streamlit_viewers.py"), f"ws://127.0.0.1:{port}/_stcore/stream"]
        with subprocess.Popen(
            [*command, str(viewers)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as tabs:
            assert tabs.stdin is not None
            assert tabs.stdout is not None
            if tabs.stdout.readline().strip() != "all look":
                sys.exit("the viewers of Streamlit's page did not get it")
            asyncio.run(asyncio.sleep(3))
            before = cpu(server)
            asyncio.run(write_folds(room, number, seconds))
            spent = cpu(server) - before
            folds = room.folds()
            for _ in range(60):  # a server that has fallen behind is waited for
                print("now", file=tabs.stdin, flush=True)
                seen = json.loads(tabs.stdout.readline())
                if all(each["rows"] == folds for each in seen):
                    break
                asyncio.run(asyncio.sleep(1))
            print("end", file=tabs.stdin, flush=True)
            json.loads(tabs.stdout.readline())
    return spent, [each["last"] for each in seen]
