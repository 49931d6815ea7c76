"""Arrays kept on disk are given back as they were, or not at all."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.learning.cache import ArrayCache

ARRAYS = {"data": np.arange(1000) / 7, "indices": np.arange(1000, dtype=np.int32), "none": np.empty(0)}


def same(kept: dict[str, np.ndarray] | None, arrays: dict[str, np.ndarray]) -> bool:
    return kept is not None and all(
        kept[name].dtype == array.dtype and kept[name].tobytes() == array.tobytes() for name, array in arrays.items()
    )


def test_arrays_come_back_mapped_and_what_is_written_to_them_stays_with_the_writer(tmp_path: Path) -> None:
    cache = ArrayCache(tmp_path / "matrices")
    assert cache.load("one") is None
    assert cache.keep("one", ARRAYS)
    mine = cache.load("one")
    assert mine is not None
    assert same(mine, ARRAYS)
    mine["data"][:] = -1
    assert same(cache.load("one"), ARRAYS)
    assert same(ArrayCache(tmp_path / "matrices").load("one"), ARRAYS)


def cut_short(entry: Path) -> None:
    os.truncate(entry / "data.npy", 500)


def one_byte_else(entry: Path) -> None:
    content = bytearray((entry / "data.npy").read_bytes())
    content[-9] ^= 1
    (entry / "data.npy").write_bytes(content)


def a_file_less(entry: Path) -> None:
    (entry / "indices.npy").unlink()


def no_list(entry: Path) -> None:
    (entry / "entry.json").unlink()


def a_list_of_nonsense(entry: Path) -> None:
    (entry / "entry.json").write_text('{"data": 3}')


@pytest.mark.parametrize("damage", [cut_short, one_byte_else, a_file_less, no_list, a_list_of_nonsense])
def test_a_damaged_entry_is_not_trusted_and_can_be_made_again(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    ArrayCache(tmp_path).keep("one", ARRAYS)
    damage(tmp_path / "one")
    cache = ArrayCache(tmp_path)
    assert cache.load("one") is None
    assert cache.keep("one", ARRAYS)
    assert same(cache.load("one"), ARRAYS)


def test_what_was_used_longest_ago_goes_when_there_is_too_much(tmp_path: Path) -> None:
    array = {"a": np.zeros(1000)}
    cache = ArrayCache(tmp_path, most_bytes=3 * 8400)
    for number, key in enumerate(["one", "two", "three"]):
        cache.keep(key, array)
        os.utime(tmp_path / key / "entry.json", (number, number))
        os.utime(tmp_path / key / "a.npy", (number, number))
    assert cache.load("one") is not None
    cache.keep("four", array)
    assert [key for key in ("one", "two", "three", "four") if key in cache] == ["one", "three", "four"]
    assert not cache.keep("larger than all", {"a": np.zeros(10_000)})
    assert "four" in cache


def _write_for_ever(folder: Path, seed: int) -> None:
    cache = ArrayCache(folder)
    for number in range(1_000_000):
        cache.keep(str(number), {"a": np.full(20_000, number), "b": np.full(20_000, -number)})
        cache.keep("the same", {"a": np.full(20_000, 7 + 0 * seed)})


def test_a_writer_killed_at_any_moment_leaves_nothing_that_is_wrong(tmp_path: Path) -> None:
    writers = [
        multiprocessing.get_context("fork").Process(target=_write_for_ever, args=(tmp_path, n)) for n in range(2)
    ]
    for writer in writers:
        writer.start()
    while not (tmp_path / "20").exists():
        time.sleep(0.01)
    for writer in writers:
        writer.kill()
        writer.join()
    cache = ArrayCache(tmp_path)
    keys = [entry.name for entry in tmp_path.iterdir() if entry.name.isdigit()]
    assert len(keys) > 20
    for key in keys:
        assert same(cache.load(key), {"a": np.full(20_000, int(key)), "b": np.full(20_000, -int(key))})
    assert same(cache.load("the same"), {"a": np.full(20_000, 7)})
