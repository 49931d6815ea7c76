"""No message makes a cleaning step slow, and masks take what they say and no more."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cleaning import STEPS, build_step, build_steps, clean, storable_texts
from core.errors import UnknownNameError
from core.text import storable

HOSTILE = [
    "a-", "a.", "a@", "@a.", ".com", "www.", "http://", "rs ", "£1.", "ab", "&a", "&#", "!", "\u200c", "1 ", "1", "+(",
    "code ", "1234 ", "otp1", "otp ", "\u0301\u0323", "a\u0301", "\u0e33", "<", " \t", "\u3000", "ÀĀ", "ﷺ",
]  # fmt: skip


@pytest.mark.parametrize("name", STEPS.names())
def test_the_longest_message_of_the_worst_kind_takes_no_step_long(name: str) -> None:
    step = build_step(name)
    for unit in HOSTILE:
        for text in (unit * (100_000 // len(unit)), unit * (99_000 // len(unit)) + ".@/;&"):
            started = time.process_time()
            clean([text], [step])
            assert time.process_time() - started < 2, f"{name} on {unit!r}"


@pytest.mark.parametrize(
    ("step", "text", "cleaned"),
    [
        ("links", "see shop.co.uk/x, bit.ly/ab2 or free.com.Reply now", "see <link> <link> or <link>.Reply now"),
        ("links", "and/or e.g. 10.5/kg, ok.so then", "and/or e.g. 10.5/kg, ok.so then"),
        ("mails", "a.b+c@d-e.example, @someone, a@b", "<mail>, @someone, a@b"),
        ("codes", "Your OTP is 483920. 12345 is your code", "Your OTP is <code>. <code> is your code"),
        ("codes", "आपका कोड 4821 है", "आपका कोड <code> है"),
        ("codes", "spin 4821 times, pinned 4821", "spin 4821 times, pinned 4821"),
        ("phones", "call 0800 555 0199 or +00 (202) 555-0143", "call <phone> or <phone>"),
        ("phones", "on 2024-01-02 at 12:30, room 123456", "on 2024-01-02 at 12:30, room 123456"),
        ("entities", "?a=1&reg=2 &copy; &bogus; AT&T", "?a=1&reg=2 © &bogus; AT&T"),
        ("controls", "٢\u0600\u200e٣ \ufeffok", "٢\u0600٣ ok"),
        ({"stop_words": {"words": ["The"]}}, "the cat THE mat theme", "cat mat theme"),
    ],
)
def test_a_step_takes_what_it_says_and_no_more(step: object, text: str, cleaned: str) -> None:
    assert clean([text], build_steps([step])) == [cleaned]  # type: ignore[list-item]  # one bad type is a test of its own


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"repeats": {"kep": 2}}, "'repeats' has no option 'kep'. Did you mean 'keep'"),
        ({"repeats": {"keep": 0}}, "'keep' of 'repeats': .*greater than or equal to 1"),
        ({"repeats": 3}, "options of 'repeats' are keys with values"),
        ({"nfc": None, "nfkc": None}, "a step is its name"),
        (3, "a step is its name"),
        ("lowercas", "Did you mean 'lowercase'"),
    ],
)
def test_a_step_that_cannot_be_built_says_why(spec: object, words: str) -> None:
    with pytest.raises((ValueError, UnknownNameError), match=words):
        build_steps([spec])  # type: ignore[list-item]  # that is the point


@given(st.text(max_size=40))
def test_composing_is_unicodes_own(text: str) -> None:
    assert clean([text], [build_step("nfc")]) == [storable(unicodedata.normalize("NFC", text))]


@given(st.lists(st.text(st.characters(), max_size=8)))
def test_making_many_texts_storable_is_making_each(texts: list[str]) -> None:
    assert storable_texts(texts) == [storable(text) for text in texts]


@given(st.lists(st.text(st.sampled_from("ab \u00a0\t\n\u3000\u200b"), max_size=9)))
def test_the_short_cut_for_single_spaces_changes_nothing(texts: list[str]) -> None:
    assert clean(texts, [build_step("whitespace")]) == [" ".join(text.split()) for text in texts]
