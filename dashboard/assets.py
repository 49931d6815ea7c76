"""The pages' scripts and styles: read, hashed and compressed once a process, under an address that changes with them.

A browser keeps what it has got for good, because the address names the version of all files together: modules that
import each other by relative names stay within one version, and a second tab fetches nothing.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath
from posixpath import dirname, join, normpath
from threading import Lock

BOKEH = "bokeh.min.js"
_IMPORT = re.compile(r"""^\s*(?:import|export)\b[^"';]*["'](\.{1,2}/[\w/-]+\.js)["']""", re.MULTILINE)
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent: plain, and compressed where that makes it smaller."""

    content: bytes
    compressed: bytes | None
    type: str
    etag: str


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    compressed = gzip.compress(content, 9, mtime=0)
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return Asset(content, compressed if len(compressed) < len(content) else None, kind, etag)


class Release:
    """All files as they are when it is made.

    Args:
        paths: where each is, by the name that a page knows it by.
    """

    def __init__(self, paths: dict[str, Path]) -> None:
        self.paths = paths
        self._assets: dict[str, Asset] = {}
        self._modules: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.version = self._version()

    def _version(self) -> str:
        """The same on every server that has the same files."""
        digest = hashlib.sha256()
        for name, path in sorted(self.paths.items()):
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()[:12]

    def get(self, name: str) -> Asset | None:
        """A file by its name; None where there is none."""
        if name not in self._assets and name in self.paths:
            self._assets[name] = _asset(self.paths[name])
        return self._assets.get(name)

    def modules(self, *names: str) -> tuple[str, ...]:
        """Scripts and all that they import, so that a browser need not find out one after the other."""
        if names not in self._modules:
            found: list[str] = []
            wanted = [*names]
            while wanted:
                module = wanted.pop(0)
                if module not in found and f"js/{module}" in self.paths:
                    found.append(module)
                    text = self.paths[f"js/{module}"].read_text("utf-8")
                    wanted += [normpath(join(dirname(module), each)) for each in _IMPORT.findall(text)]
            self._modules[names] = tuple(found)
        return self._modules[names]


def _ours() -> Iterator[tuple[str, Path]]:
    folder = Path(str(files("bokeh_app").joinpath("static")))
    for path in folder.rglob("*"):
        if path.is_file():
            yield str(PurePosixPath(path.relative_to(folder))), path


def _bokehs() -> Path:
    from bokeh.settings import settings

    return Path(str(settings.bokehjs_path())) / "js" / BOKEH


LOOK_SECONDS = 1.0
_lock = Lock()
_looked_at = 0.0
_state: tuple[tuple[tuple[str, int, int], ...], Release] | None = None


def release() -> Release:
    """The files as they are now: read again only where one has changed, as it does under somebody who works on them."""
    global _state, _looked_at
    with _lock:
        if _state is not None and time.monotonic() - _looked_at < LOOK_SECONDS:
            return _state[1]
        paths = {**dict(_ours()), f"js/{BOKEH}": _bokehs()}
        stats = [(name, path.stat()) for name, path in sorted(paths.items())]
        seen = tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
        if _state is None or _state[0] != seen:
            _state = seen, Release(paths)
        _looked_at = time.monotonic()
        return _state[1]
