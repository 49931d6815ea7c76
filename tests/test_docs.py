"""The documentation says what the code does: reference pages are generated, the tutorial runs."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import tomllib
from pathlib import Path

import begun
import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
_spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
assert _spec is not None
assert _spec.loader is not None
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


_spec = importlib.util.spec_from_file_location("screenshots", DOCS / "screenshots.py")
assert _spec is not None
assert _spec.loader is not None
screenshots = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(screenshots)


def test_every_page_is_in_the_pictures_and_every_picture_is_in_the_docs() -> None:
    from dashboard.pages import PAGES

    asked = "".join(screenshots.screens().values())
    assert all(f"page={page.name}" in asked for page in PAGES)
    assert (DOCS / "explanation" / "screens.md").read_text("utf-8") == screenshots.page(), "make screenshots"
    wanted = {path.name for path in screenshots.expected()}
    assert {path.name for path in (DOCS / "pictures").glob("*.webp")} == wanted, "make screenshots takes them"


@pytest.mark.parametrize("name", generate.PAGES_BY_NAME)
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    written = (DOCS / "reference" / f"{name}.md").read_text("utf-8")
    assert written == generate.PAGES_BY_NAME[name](), "python docs/generate.py writes it anew"


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (DOCS / "dependencies.md").read_text("utf-8")
    for requirement in project["dependencies"]:
        name = re.split(r"[<>=\[]", requirement)[0]
        assert f"| {name} |" in text, name


def test_the_tutorial_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = re.findall(r"```(console|yaml)\n(.*?)```", (DOCS / "tutorial" / "first-room.md").read_text("utf-8"), re.S)
    assert len(blocks) >= 6
    said = ""
    for kind, block in blocks:
        if kind == "yaml":
            (tmp_path / "shop" / "dictionaries" / "sms.yaml").write_text(block, "utf-8")
            continue
        for line in block.splitlines():
            done = begun.tallyroom(*line.removeprefix("$ tallyroom ").split(), folder=tmp_path)
            assert done.returncode == 0, f"{line}: {done.stderr[-800:]}"
            said += done.stdout
    assert "600 rows read: 600 stored (600 new" in said
    assert "Ran Benchmark, Fit" in said
    exported = (tmp_path / "labels.csv").read_text("utf-8").splitlines()
    assert len(exported) == 601


DICTIONARY = """version: 1
dataset: sms
sources:
  - {name: phones, kind: csv, path: data/*.csv, columns: {key: id, body: text, label: kind}}
"""
RULES = """version: 1
rules:
  - {name: prize_words, class: spam, pattern: 'prize'}
"""


def test_what_is_said_of_labels_runs_as_it_stands(tmp_path: Path) -> None:
    page = (DOCS / "how-to" / "labels.md").read_text("utf-8")
    said = {line: "" for block in re.findall(r"```console\n(.*?)```", page, re.S) for line in block.splitlines()}
    assert len(said) >= 15

    def tallyroom(line: str) -> str:
        words = shlex.split(line)
        at = words.index("tallyroom")
        given = dict(word.split("=", 1) for word in words[:at])
        done = begun.tallyroom(*words[at + 1 :], folder=tmp_path, environment={**os.environ, **given})
        assert done.returncode == 0, f"{line}: {done.stdout[-400:]} {done.stderr[-800:]}"
        return done.stdout

    tallyroom("tallyroom init shop --classes personal,notification,spam --dataset sms")
    (tmp_path / "shop" / "dictionaries" / "sms.yaml").write_text(DICTIONARY, "utf-8")
    (tmp_path / "shop" / "rules.yaml").write_text(RULES, "utf-8")
    tallyroom("tallyroom demo-data shop/data/first.csv --messages 600")
    tallyroom("tallyroom run --room shop")
    for line in said:
        said[line] = tallyroom(line.removeprefix("$ "))
    told = "\n".join(said.values())
    assert told.count("0 labels taken, 600 known already") == 3
    assert "'first' holds 600 labels" in told
    assert "Ran Benchmark, Fit" in said["$ TALLYROOM_PIPELINE__LABEL_SET=first tallyroom run --room shop"]
    assert "the rule prize_words  by you: hits too much" in told
    assert len((tmp_path / "first.csv").read_text("utf-8").splitlines()) >= 601
    assert tallyroom("tallyroom store check --room shop") == "Every count agrees with the facts.\n"
    tallyroom("tallyroom labels freeze second --room shop")
    assert tallyroom("tallyroom labels diff first second --room shop") == "The two are the same.\n"


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name} -> {target}"
