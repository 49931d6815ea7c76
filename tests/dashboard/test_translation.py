"""A translator that the office plugs in is a courtesy: what it does wrong costs nobody a verdict."""

from __future__ import annotations

import logging
import threading
from importlib.metadata import EntryPoint
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import SettingsError
from dashboard import translation
from dashboard.translation import Translator

asked: list[str] = []
blocked = threading.Event()


def toy(text: str) -> str | None:
    """Says words backwards; nothing of what has no capital; fails, or hangs, on demand."""
    asked.append(text)
    if text == "FAIL":
        raise ValueError(text)
    if text == "HANG":
        blocked.wait(20)
    return text[::-1] if text != text.lower() else None


@pytest.fixture
def translator(monkeypatch: pytest.MonkeyPatch) -> Any:
    def points(*, group: str) -> list[EntryPoint]:
        assert group == "tallyroom.translators"
        return [SimpleNamespace(name="toy", value=f"{__name__}:toy", load=lambda: toy)]  # type: ignore[list-item]

    monkeypatch.setattr(translation, "entry_points", points)
    asked.clear()
    blocked.clear()
    made = Translator("toy", patience_seconds=0.3)
    yield made
    blocked.set()
    made.close()


def test_a_translation_is_asked_for_once(translator: Translator) -> None:
    assert [translator("Hola"), translator("Hola"), translator("hola")] == ["aloH", "aloH", None]
    assert asked == ["Hola", "hola"]


def test_a_translator_that_fails_or_hangs_says_nothing_and_tells_no_text(
    translator: Translator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    assert translator("FAIL") is None
    assert [translator("HANG") for _ in range(4)] == [None] * 4
    assert asked.count("HANG") == 2, "what would wait behind a stuck one is not asked"
    blocked.set()
    assert "FAIL" not in caplog.text
    assert "ValueError" in caplog.text


@pytest.mark.usefixtures("translator")
def test_a_translator_is_named_by_its_entry_point_and_by_nothing_else() -> None:
    Translator(f"{__name__}:toy").close()
    with pytest.raises(SettingsError, match="offers a translator 'os:system'"):
        Translator("os:system")
