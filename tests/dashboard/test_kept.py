"""Answers that are kept: worked out once for all who ask, and never given when they no longer hold."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from dashboard.kept import Kept


def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    made: list[int] = []
    kept, go_on = Kept(60.0), threading.Event()

    def make() -> int:
        made.append(1)
        assert go_on.wait(10)
        return len(made)

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(kept.get, "runs", make) for _ in range(8)]
        go_on.set()
        assert [each.result(10) for each in answers] == [1] * 8
    assert kept.get("others", lambda: "another") == "another"


def test_an_answer_that_was_forgotten_while_it_was_worked_out_is_not_given_again() -> None:
    kept = Kept(60.0)

    def make() -> str:
        kept.forget()  # what it was made from has changed since
        return "old"

    assert kept.get("runs", make) == "old"
    assert kept.get("runs", lambda: "new") == "new"
    assert kept.get("runs", lambda: "newer") == "new"


def test_an_error_is_not_kept() -> None:
    kept = Kept(60.0)
    for _ in range(2):
        try:
            kept.get("runs", lambda: 1 // 0)
        except ZeroDivisionError:
            continue
    assert kept.get("runs", lambda: 1) == 1
