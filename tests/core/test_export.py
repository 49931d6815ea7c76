"""A model that leaves the room says elsewhere what it says here, in every language, or does not leave."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scorers import SCORERS
from sklearn.feature_extraction.text import TfidfVectorizer

from core.cleaning import build_steps, clean
from core.errors import PipelineError
from core.export import EXPORTERS, Exporter, Leaving
from core.export.golden import TEXTS
from core.export.linear_json import LinearJson
from core.export.scorers.tallyroom import Scorer
from core.learning import FEATURES, candidate_of, fit
from core.registry import Registry

CLASSES = ["personal", "notification", "spam"]
USUAL = ["nfc", "controls", "whitespace"]
STOPS = {"stop_words": {"words": ["the", "STRASSE", "ΟΔΟΣ", "आप"]}}
ALL = ["nfkc", "controls", STOPS, "digits", {"repeats": {"keep": 2}}, "punctuation", "whitespace", "lowercase"]
SAYINGS = (
    ("see you at home mum", "are you coming tonight ?", "lol ok call me later, 👍🏽", "नमस्ते, आप कैसे हैं?"),
    ("your code is 1234", "parcel 77 arrives today", "Ваш код 1234", "รหัสของคุณคือ 1234"),
    ("WIN a FREE prize now", "claim your free gift , reply YES", "恭喜您中奖了！", "мы дарим ПРИЗ Straße ΟΔΟΣ"),
)
CASES = (
    ("word-logreg", USUAL, 0.5),
    ("ensemble:0.6*char-svc+0.4*word-logreg", [], 0.5),
    ("both(signs=apart,case=kept,words=0.5)-svc", ["nfc"], 0.5),
    ("word(signs=apart,longest=3)-cnb", ALL, 0.5),
    ("cascade:char-logreg", ALL, 0.5),
    # So sure of itself that the rounding of weights shows: a few millionths.
    ("char(shortest=1)-svc", USUAL, 0.003),
)


def strange(n: int) -> list[str]:
    """Made-up texts of what every machine's Unicode has, the same each time; half a pair and NUL among it."""
    dice, old = random.Random(5), unicodedata.ucd_3_2_0
    known = [sign for sign in map(chr, range(0x110000)) if old.category(sign) not in ("Cn", "Co", "Cs")]
    usual = ["  ", *" aZßİΣ!7\n\x00\u200d\u200c", "e\u0301", "\ud800", "👩🏽"]
    return ["".join(dice.choice([*usual, dice.choice(known)]) for _ in range(dice.randrange(40))) for _ in range(n)]


def leaving(name: str = "word-logreg", steps: list[Any] = USUAL, temperature: float = 0.5, **about: Any) -> Leaving:
    texts = [f"{saying} {more}" for more in ("", "ok", "!!!", "नमस्ते", *TEXTS[5:31]) for of in SAYINGS for saying in of]
    y = np.array([code for code, of in enumerate(SAYINGS) for _ in of] * (len(texts) // 12))
    built = build_steps(steps)
    model = fit(candidate_of(name), clean(texts, built), y, CLASSES, seed=1, temperature=temperature)
    return Leaving(model, built, about)


@pytest.mark.parametrize(("name", "steps", "temperature"), CASES)
def test_the_file_alone_says_what_the_room_says(name: str, steps: list[Any], temperature: float) -> None:
    out = leaving(name, steps, temperature)
    content = LinearJson().write(out)
    agreement = LinearJson().check(content, out, strange(300))
    assert agreement.texts == len(TEXTS) + 300
    Scorer(json.loads(content)).check()


@pytest.mark.parametrize("language", SCORERS)
def test_a_scorer_in_another_language_says_what_the_room_says(language: str) -> None:
    texts = [*TEXTS, *strange(600)]
    for name, steps, temperature in CASES[2:]:
        out = leaving(name, steps, temperature)
        content, expected = LinearJson().write(out), out.probabilities(texts)
        said, allowed = np.array(SCORERS[language](content, texts)), LinearJson.tolerance * out.sharpness
        torn = expected.max(axis=1) - expected[np.arange(len(texts)), said.argmax(axis=1)]
        assert np.abs(said - expected).max() <= allowed, name
        assert torn.max() <= allowed, name


@pytest.mark.real_data
def test_javascript_judges_every_real_message_as_the_room_does(sms_data: Path) -> None:
    lines = [line.split("\t", 1) for line in (sms_data / "SMSSpamCollection").read_text("utf-8").splitlines()]
    texts, y = [text for _, text in lines], np.array([int(label == "spam") for label, _ in lines])
    steps = build_steps(USUAL)
    out = Leaving(fit(candidate_of("char-sgd"), clean(texts, steps), y, ["ham", "spam"], seed=1), steps, {})
    content, expected = LinearJson().write(out), out.probabilities(texts)
    said = np.array(SCORERS["browser"](content, texts))
    assert len(said) > 5_500
    assert np.abs(said - expected).max() <= LinearJson.tolerance
    assert np.array_equal(said.argmax(axis=1), expected.argmax(axis=1))


def test_a_file_that_was_changed_is_not_offered() -> None:
    out = leaving()
    document = json.loads(LinearJson().write(out))
    document["head"]["bias"][0] += 0.01
    changed = json.dumps(document).encode()
    with pytest.raises(PipelineError, match=r"does not agree with the room: text 1 of 44 is off by 0\.00"):
        LinearJson().check(changed, out, [])
    with pytest.raises(ValueError, match="golden case 0 is off"):
        Scorer(document).check()


def test_what_cannot_go_along_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PipelineError, match="cleans with links, codes, which no scorer outside knows"):
        LinearJson().write(leaving(steps=["nfc", "links", "codes"]))
    with pytest.raises(PipelineError, match=r"word-mlp\(units=4\) is not linear"):
        LinearJson().write(leaving("word-mlp(units=4)"))
    monkeypatch.setattr(FEATURES.get("word"), "build", lambda _: TfidfVectorizer(token_pattern=r"\w+"))
    with pytest.raises(PipelineError, match=r"do not know the token_pattern \\w\+"):
        LinearJson().write(leaving())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [({"version": 2}, "this reads tallyroom-linear 1"), ({"cleaning": [{"step": "yell"}]}, "the cleaning step 'yell'")],
)
def test_a_scorer_refuses_what_it_does_not_know(change: dict[str, Any], sentence: str) -> None:
    document = json.loads(LinearJson().write(leaving()))
    with pytest.raises(ValueError, match=sentence):
        Scorer({**document, **change})


def test_the_file_holds_words_and_what_it_was_made_from_and_no_message() -> None:
    content = LinearJson().write(leaving(title="word-logreg v3"))
    document = json.loads(content)
    assert (document["about"], document["classes"]) == ({"title": "word-logreg v3"}, CLASSES)
    assert [case["text"] for case in document["golden"]] == list(TEXTS)
    assert "see you" in document["blocks"][0]["terms"]
    assert "see you at" not in content.decode()
    assert EXPORTERS.names() == ["linear_json"]


def test_an_exporter_of_ones_own_is_a_file_and_is_tried_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-thing.md"
    (code,) = re.findall(r"`core/export/packed.py`:\n\n```python\n(.*?)```", page.read_text("utf-8"), re.S)
    module = ModuleType("core.export.packed")
    exec(code, vars(module))
    registry = Registry("exporter", Exporter, "core.export")  # type: ignore[type-abstract]
    point = SimpleNamespace(load=lambda: module.Packed)
    monkeypatch.setattr("core.registry.entry_points", lambda group: [point] if group == "tallyroom.export" else [])
    packed, out = registry.get("packed_json")(), leaving()
    content = packed.write(out)
    assert packed.check(content, out, ["are you coming"]).texts == len(TEXTS) + 1
    assert len(content) < len(LinearJson().write(out)) / 2
