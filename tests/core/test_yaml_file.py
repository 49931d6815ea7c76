"""A YAML file is plain data with lines; what is wrong in it is told with its line, its key and the fix."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from core.errors import DictionaryError
from core.yaml_file import load_yaml, read_model


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    size: int = 1
    names: dict[str, str] = {}


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    parts: list[Inner] = []
    either: str | int = 1


def doubling(merge: str) -> str:
    """Aliases of aliases: 24 lines that stand for 2**24 values."""
    lines = ["k0: &k0 {x: 1}"] + [f"k{n}: &k{n} {merge.format(f'*k{n - 1}')}" for n in range(1, 25)]
    return "\n".join(lines)


def test_each_key_has_its_line_and_an_absent_one_that_of_its_parent(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# a comment\ntitle: x\nparts:\n  - size: 1\n  - names:\n      a: b\n")
    file = load_yaml(path, DictionaryError)
    assert file.data == {"title": "x", "parts": [{"size": 1}, {"names": {"a": "b"}}]}
    assert [file.line_of(at) for at in [("title",), ("parts", 1, "names", "a"), ("parts", 1, "size"), ()]] == [
        2,
        6,
        5,
        2,
    ]
    assert file.where(("parts", 0)) == f"{path}:4"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 200_000, "nested more than 50 deep"),
        ("a: &a [*a]", "expand without end"),
        (doubling("[{0}, {0}]"), "expand without end"),
        (doubling("{{<<: [{0}, {0}]}}"), "expand without end"),
        ("a: &a 1\nb: [" + "*a, " * 51 + "]", "uses 51 aliases, 50 at most"),
        ("a: 1\n" * 300_000, "larger than 1,000,000 bytes"),
        ("a: 1\na: 2\n", r":2: 'a' stands here twice"),
        ("a: !!python/object/apply:os.system [id]", "not YAML we take"),
        ("a: 2024-13-45", r"not YAML we take: month.*in quotes"),
        ("a: 1\nb: *c\n", r":2:4: .*undefined alias"),
        ("a: 1\n---\nb: 2\n", "another document"),
    ],
    ids=[
        "deep",
        "in itself",
        "aliases",
        "merges",
        "many",
        "large",
        "twice",
        "code",
        "no date",
        "no anchor",
        "documents",
    ],
)
def test_a_file_that_is_a_bomb_or_no_plain_data_is_refused_at_once(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DictionaryError, match=words):
        load_yaml(tmp_path / "a.yaml", DictionaryError)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "less than 300 MB were taken for it"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("titel: x\n", r":1: there is no key 'titel' here \(1 more after this one\)\. Did you mean 'title'"),
        ("title: x\nparts:\n  - sise: 2\n", r":3: there is no key 'sise' here\. Did you mean 'size'"),
        ("title: x\nparts:\n  - {}\n  - size: big\n", r":4: 'parts\.2\.size'"),
        ("title: 12\n", r":1: 'title': text is wanted here\. Put it in quotes"),
        ("title: x\nparts: 3\n", r":2: 'parts': a list is wanted here"),
        ("title: x\nparts: [3]\n", r":2: 'parts\.1': a block of keys"),
        ("title: x\nparts:\n- names:\n    0: a\n", r":4: a bare '0' as a key of 'parts\.1\.names'.*in quotes"),
        ("title: x\nparts:\n- names: {no: a}\n", r":3: a bare yes, no, on or off .*in quotes"),
        ("title: x\neither: []\n", r":2: 'either': text is wanted here"),
        ("parts: []\n", "'title' is missing.*Add it"),
        ("- title\n", "the file has no keys"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_line_key_and_fix(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(DictionaryError, match=words):
        read_model(tmp_path / "a.yaml", Outer, DictionaryError)


def test_a_file_that_is_not_there_or_not_utf_8_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="cannot be read"):
        load_yaml(tmp_path / "none.yaml", DictionaryError)
    (tmp_path / "a.yaml").write_bytes(b"a: caf\xe9\n")
    with pytest.raises(DictionaryError, match="not UTF-8"):
        load_yaml(tmp_path / "a.yaml", DictionaryError)
