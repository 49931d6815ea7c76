"""Arrays on disk by key: kept across runs, shared by processes without a copy, and never trusted blindly.

An entry is a folder of plain .npy files and a list of them with their sizes and checksums. It is written under another
name and renamed when it is whole, so that a process killed on the way leaves nothing that anybody reads, and two that
write the same entry do no harm. An entry that is not what its list says is thrown away, and made anew by who asked.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import uuid
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)

MOST_BYTES = 8 << 30
_LIST = "entry.json"
_UNFINISHED = ".new-"
_PIECE = 1 << 20


class ArrayCache:
    """A folder of arrays by key; the entries used longest ago go when there are more than `most_bytes`.

    Args:
        folder: made when it is first written to. It may be shared by processes and deleted at any time.
        most_bytes: a bound on the whole folder; an entry larger than that is not kept.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = Path(folder)
        self.most_bytes = most_bytes
        self._verified: dict[str, int] = {}

    def __contains__(self, key: str) -> bool:
        """Whether there is an entry, sound or not."""
        return (self.folder / key / _LIST).exists()

    def load(self, key: str) -> dict[str, np.ndarray] | None:
        """The arrays of an entry, mapped into memory; None where there is none, or a damaged one.

        They can be written to, and what is written stays with this process: a solver that works in place finds what it
        needs, and spoils nothing for the others.
        """
        entry = self.folder / key
        try:
            made = (entry / _LIST).stat().st_ino
            listed = json.loads((entry / _LIST).read_text(encoding="utf-8"))
            if self._verified.get(key) != made:
                _verify(entry, listed)
                self._verified[key] = made
            arrays = {name: _mapped(entry / f"{name}.npy", size) for name, (size, _) in listed.items()}
            os.utime(entry / _LIST)
        except FileNotFoundError:
            if entry.exists():
                self._remove(entry)
            return None
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("the kept arrays %s are damaged and made anew: %s", key, error)
            self._remove(entry)
            return None
        return arrays

    def keep(self, key: str, arrays: Mapping[str, np.ndarray]) -> bool:
        """Write an entry; False where it could not be kept, which is no error: it can be made again."""
        if sum(array.nbytes for array in arrays.values()) > self.most_bytes:
            return False
        new = self.folder / f"{_UNFINISHED}{uuid.uuid4().hex}"
        try:
            new.mkdir(parents=True)
            listed = {name: _write(new / f"{name}.npy", array) for name, array in arrays.items()}
            (new / _LIST).write_text(json.dumps(listed), encoding="utf-8")
            written = (new / _LIST).stat().st_ino
            new.rename(self.folder / key)
        except OSError as error:
            shutil.rmtree(new, ignore_errors=True)
            if key in self:  # another process was quicker
                return True
            log.warning("the arrays %s could not be kept: %s", key, error)
            return False
        self._verified[key] = written
        self._evict(but=key)
        return True

    def _evict(self, but: str) -> None:
        """Remove what was used longest ago, until the rest is within the bound."""
        entries = [_used(entry) for entry in self.folder.iterdir()]
        whole = sum(size for _, size, _ in entries)
        for _, size, entry in sorted(entries, key=lambda used: used[0]):
            if whole <= self.most_bytes:
                return
            if entry.name != but:
                self._remove(entry)
                whole -= size

    def _remove(self, entry: Path) -> None:
        """Rename it away before it is emptied: nobody sees half of it. Who has it mapped keeps it."""
        away = self.folder / f"{_UNFINISHED}{uuid.uuid4().hex}"
        try:
            entry.rename(away)
        except OSError:
            return  # another process was quicker
        shutil.rmtree(away, ignore_errors=True)


def _write(path: Path, array: np.ndarray) -> tuple[int, int]:
    """Write an array; gives the size and the checksum of its file."""
    np.save(path, array, allow_pickle=False)
    return path.stat().st_size, _checksum(path)


def _verify(entry: Path, listed: Mapping[str, tuple[int, int]]) -> None:
    for name, (size, checksum) in listed.items():
        path = entry / f"{name}.npy"
        if path.stat().st_size != size or _checksum(path) != checksum:
            raise ValueError(f"{name}.npy is not what was written")


def _mapped(path: Path, size: int) -> np.ndarray:
    if path.stat().st_size != size:  # a mapping of a file that ends too early kills the process that reads on
        raise ValueError(f"{path.name} has another size than was written")
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def _checksum(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            checksum = zlib.crc32(piece, checksum)
    return checksum


def _used(entry: Path) -> tuple[float, int, Path]:
    """When an entry was last used, its bytes, and itself; one that just went counts for nothing."""
    try:
        files = [path.stat() for path in entry.iterdir()] if entry.is_dir() else [entry.stat()]
    except OSError:
        files = []
    return max((file.st_mtime for file in files), default=0.0), sum(file.st_size for file in files), entry
