"""Templates: look-alikes meet, in every script; nothing depends on where mining stopped; nothing makes it slow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.templates import Known, common_pattern, forms, generalise, mine, pattern_of, readable, sketches, varying
from core.templates.pattern import shape_of
from core.templates.words import MOST_WORDS


def templates(texts: list[str], known: Known | None = None, first_id: int = 1) -> list[int]:
    known = Known({}, {}) if known is None else known
    return list(
        mine(range(first_id, first_id + len(texts)), sketches([forms(t) for t in texts], 1), known).template_ids
    )


@pytest.mark.parametrize(
    ("one", "another", "other"),
    [
        ("Your parcel 4471 is at the desk, PIN 8812", "Your parcel 93 is at the desk, PIN 0042", "Are you coming home"),
        (
            "Hi Anna, your order from Bazaar is on its way",
            "Hi Bo Li, your order from Kiosk is on its way",
            "Hi, it's me",
        ),
        ("आपका ओटीपी 4821 है, किसी को न बताएं", "आपका ओटीपी 9937 है, किसी को न बताएं", "आज रात घर कब आओगे तुम"),
        ("รหัส OTP ของคุณคือ 123456 ใช้ได้ 5 นาที", "รหัส OTP ของคุณคือ 998 ใช้ได้ 15 นาที", "คืนนี้กลับบ้านกี่โมง"),
        ("您的验证码是123456，请勿泄露给他人", "您的验证码是98，请勿泄露给他人", "今晚几点回家吃饭"),
        ("رمز التحقق الخاص بك هو ١٢٣٤ لا تشاركه", "رمز التحقق الخاص بك هو ٩٨٧٦ لا تشاركه", "متى تعود إلى البيت الليلة"),
    ],
)
def test_messages_that_differ_in_numbers_and_names_are_of_one_template(one: str, another: str, other: str) -> None:
    assert templates([one, other, another]) == [1, 2, 1]


def test_a_short_text_is_only_like_one_of_its_very_shape() -> None:
    assert templates(["ok", "ok thanks", "OK", "call 4471", "call 0099 55"]) == [1, 2, 1, 4, 4]


TEXTS = st.lists(
    st.one_of(
        st.builds("Dear {} your bill of {} is due on {}".format, st.text(max_size=8), st.integers(0, 99), st.text()),
        st.text(max_size=60),
    ),
    min_size=1,
    max_size=20,
)  # fmt: skip


@given(TEXTS, st.data())
def test_it_makes_no_difference_where_mining_stopped(texts: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(texts)))
    known = Known({}, {})
    in_two = templates(texts[:cut], known) + templates(texts[cut:], known, 1 + cut)
    assert in_two == templates(texts)


@given(TEXTS)
def test_a_pattern_keeps_the_shape_it_was_made_from_and_only_ever_gets_wider(texts: list[str]) -> None:
    for text in texts:
        assert shape_of(pattern_of(text)) == tuple(forms(text))
    pattern = pattern_of(texts[0])
    for text in texts:
        wider = generalise(pattern, forms(text))
        assert len([word for word in wider.split() if word != "*"]) <= len(pattern.split())
        assert generalise(wider, forms(text)) == wider, "the same message again changes nothing"
        pattern = wider


def test_a_misspelt_message_does_not_take_a_word_from_the_common_pattern() -> None:
    texts = [f"Your parcel {n} arrives today" for n in range(9)] + ["Your parcle 9 arrives today"]
    shapes = [forms(text) for text in texts]
    assert common_pattern(pattern_of(texts[0]), shapes) == "Your parcel * arrives today"
    assert common_pattern(pattern_of(texts[0]), shapes, share=1.0) == "Your * arrives today"


def test_the_varying_parts_are_where_the_star_stands() -> None:
    first, second = "Dear Anna, you won 500 at Bazaar now", "Dear Bo Li, you won 20 at Kiosk now"
    pattern = generalise(pattern_of(first), forms(second))
    assert pattern == "Dear * you won * at * now"
    assert [second[start:end] for start, end in varying(pattern, second)] == ["Bo Li", "20", "Kiosk"]
    assert readable(pattern_of("您的验证码是123，请勿泄露")) == "您的验证码是 * 请勿泄露"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000_000,
        "x1y " * 100_000,
        "a.b" * 3_000_000,
        "ก็" * 3_000_000,
        "http://" + "/" * 9_000_000,
        "'" * 5_000_000,
    ],
    ids=["one word", "100k words", "joints", "thai", "link", "quotes"],
)
def test_a_hostile_text_costs_what_its_beginning_costs(text: str) -> None:
    assert len(forms(text)) <= MOST_WORDS
    assert forms(text) == forms(text[:2_000])
    assert templates([text, text]) == [1, 1]


def test_a_key_that_many_templates_have_is_not_filled_further() -> None:
    texts = [f"sorry i will call you later {chr(97 + n // 26) * 9}{chr(97 + n % 26) * 9} " * 9 for n in range(90)]
    known = Known({}, {})
    templates(texts, known)
    assert max(len(bucket) for bucket in known.buckets.values()) <= 16
