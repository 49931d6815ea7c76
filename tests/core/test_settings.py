"""Settings that cannot be used say where and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import FILE_NAME, Settings, load_settings

GOOD = '[room]\nname = "R"\nclasses = ["a", "b"]\n'


def load(folder: Path, text: str) -> Settings:
    (folder / FILE_NAME).write_text(text)
    return load_settings(folder)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "[pipeline]\nfold = 3\n", 5, "no setting is called 'pipeline.fold'.*Did you mean 'folds'"),
        (GOOD + "[piepline]\nfolds = 3\n", 4, "Did you mean 'pipeline'"),
        (GOOD + "[pipeline]\nfolds = 1\n", 5, "greater than or equal to 2"),
        (GOOD + "[pipeline]\ntrain_on = ['verdicts']\n", 5, "Did you mean 'verdict'"),
        (GOOD + "[pipeline]\ncurve = [0.5]\n", 5, "the last one is 1.0"),
        ('[room]\nname = "R"\nclasses = ["a"]\n', 3, "2 to 20 classes, this one has 1"),
        ('[room]\nname = "R"\nclasses = ["a", "b\\u202e"]\n', 3, "class 2 has a sign that nobody sees, U.202E"),
        ('[room]\nname = "R"\nclasses = ["a\\u0000", "b"]\n', 3, "class 1 has a sign that nobody sees, U.0000"),
        ('[room]\nname = "R"\n', 1, "'room.classes' is missing"),
        ("[room\n", 1, "not TOML"),
        (GOOD + "[[alarms]]\nsign = 'lag'\n[[alarms]]\nsign = 'lag'\nlimmit = 3\n", 8, "'alarms.1.limmit'.*'limit'"),
        (GOOD + "[[alarms]]\nlimit = 3\n[[alarms]]\nsign = 'lag'\n", 4, "'alarms.0.sign' is missing"),
        (GOOD + "[[alarms]]\nsign = 'lag'\nlimit = inf\n", 6, "finite"),
        (GOOD + "[quiet_hours]\ntime_zone = 'Europe/Berlinn'\n", 5, "Did you mean 'Europe/Berlin'"),
        (GOOD + "[mail]\nto = ['a b']\n", 5, "mail.to.0"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_names_its_line_and_the_fix(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        load(tmp_path, text)
    assert f"{FILE_NAME}:{line}" in str(caught.value) or "TOML" in words


def test_the_environment_overrides_one_key_and_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYROOM_SERVER__PORT", "7000")
    monkeypatch.setenv("TALLYROOM_ROOM__NAME", "Other")
    settings = load(tmp_path, GOOD)
    assert (settings.server.port, settings.room.name, settings.room.classes) == (7000, "Other", ("a", "b"))


def test_an_environment_variable_that_cannot_be_read_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLYROOM_SERVER", "nonsense")
    with pytest.raises(SettingsError, match="an environment variable cannot be read"):
        load(tmp_path, GOOD)


def test_a_folder_without_a_room_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="tallyroom init"):
        load_settings(tmp_path)
