"""Cleaning changes what it says it changes, and breaks no script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cleaning import STEPS, build_step, clean

SCRIPTS = ["नमस्ते दुनिया", "สวัสดีครับ", "می‌خواهم بروم", "مرحبا بالعالم", "你好", "Привет", "straße", "👨‍👩‍👧 ❤️"]


@pytest.mark.parametrize("text", SCRIPTS)
def test_words_of_every_script_come_through_the_usual_steps(text: str) -> None:
    steps = [build_step(name) for name in ("nfc", "controls", "punctuation", "whitespace")]
    assert clean([text], steps) == [text]


@pytest.mark.parametrize("name", STEPS.names())
@given(texts=st.lists(st.text(max_size=60), max_size=5))
def test_a_step_done_twice_is_a_step_done_once(name: str, texts: list[str]) -> None:
    if name == "entities":
        return  # `&amp;lt;` is undone a layer at a time, as its title says
    step = build_step(name)
    once = clean(texts, [step])
    assert clean(once, [step]) == once
    assert len(once) == len(texts)


@given(st.lists(st.text(), max_size=5))
def test_cleaned_text_can_be_stored(texts: list[str]) -> None:
    for text in clean(texts, []):
        assert "\x00" not in text
        text.encode("utf-8")


@pytest.mark.parametrize(
    ("step", "text", "cleaned"),
    [
        ("nfkc", "𝗙𝗥𝗘𝗘 ＰＲＩＺＥ", "FREE PRIZE"),
        ("controls", "pay\u200bpal \u202eevil\u202c", "paypal evil"),
        ({"repeats": {"keep": 2}}, "sooooo 11111", "soo 11111"),
        ("links", "go to https://a.example/x now", "go to <link> now"),
        ("mails", "write a.b@c.example", "write <mail>"),
        ("amounts", "won £1,500 or Rs. 200", "won <amount> or <amount>"),
        ("digits", "code ४२ and 17", "code 00 and 00"),
        ("entities", "a &lt; b", "a < b"),
    ],
)
def test_a_step_does_what_its_title_says(step: object, text: str, cleaned: str) -> None:
    assert clean([text], [build_step(step)]) == [cleaned]  # type: ignore[arg-type]
