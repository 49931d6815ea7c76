"""Masks: what differs in every message becomes one word.

Messages are hostile: each pattern begins only where no character of its own kind stands before, and repeats at most a
fixed number of times, so that no text makes it slow. Their order in a dictionary matters: mails, links, amounts,
codes, phones, and digits last.
"""

from __future__ import annotations

from typing import ClassVar

import regex

from core.cleaning.step import Step

# No "me", "us", "to": people leave out the space after a full stop. With a path behind it any ending counts.
_ENDINGS = "com|net|org|info|biz|xyz|io|ly|in|uk|de|cn|ru|test|example"
_LABELS = r"(?<![\w-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}?"
_LINK = regex.compile(
    rf"\b(?:https?://|www\.)\S+|{_LABELS}(?:\.\p{{L}}{{2,24}}/\S+|(?:\.(?:{_ENDINGS})\b)+(?:/\S*)?)",
    regex.I,
)
_MAIL = regex.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_AMOUNT = regex.compile(r"(?:[£$€₹¥]|\b(?:rs|inr|usd|eur|gbp)\.?)\s?\p{Nd}[\p{Nd}.,]*", regex.I)
_PHONE = regex.compile(
    r"(?<![\p{Nd}\p{L}])(?!\p{Nd}{4}-\p{Nd}\p{Nd}-)\+?\(?\p{Nd}(?:[ ().-]{0,2}\p{Nd}){6,14}(?!\p{Nd})"
)
_CODE_WORD = (
    r"(?<![<\p{L}])(?:one[- ]time password|passcode|password|code|otp|pin|tan|kode|codigo|código|kodu|код|कोड|رمز)"
    r"(?!\p{L})|验证码"
)
_CODE = regex.compile(
    rf"(?:{_CODE_WORD})[^\p{{Nd}}<\n]{{0,20}}+\K\p{{Nd}}{{4,8}}(?!\p{{Nd}})"
    rf"|(?<!\p{{Nd}})\p{{Nd}}{{4,8}}(?=[^\p{{Nd}}<\n]{{1,20}}?(?:{_CODE_WORD}))",
    regex.I,
)
DIGIT = r"\p{Nd}"
_DIGITS = regex.compile(DIGIT)


class Links(Step):
    """Web addresses become `<link>`."""

    name: ClassVar[str] = "links"
    title: ClassVar[str] = "Writes <link> for each web address."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with links masked."""
        return [_LINK.sub("<link>", text) if "." in text or "://" in text else text for text in texts]


class Mails(Step):
    """E-mail addresses become `<mail>`."""

    name: ClassVar[str] = "mails"
    title: ClassVar[str] = "Writes <mail> for each e-mail address."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with e-mail addresses masked."""
        return [_MAIL.sub("<mail>", text) if "@" in text else text for text in texts]


class Amounts(Step):
    """Sums of money become `<amount>`."""

    name: ClassVar[str] = "amounts"
    title: ClassVar[str] = "Writes <amount> for each sum of money."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with amounts masked."""
        return [_AMOUNT.sub("<amount>", text) for text in texts]


class Codes(Step):
    """One-time codes become `<code>`."""

    name: ClassVar[str] = "codes"
    title: ClassVar[str] = "Writes <code> for 4 to 8 digits beside a word such as code, OTP or PIN."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with its codes masked."""
        return [_CODE.sub("<code>", text) for text in texts]


class Phones(Step):
    """Telephone numbers become `<phone>`."""

    name: ClassVar[str] = "phones"
    title: ClassVar[str] = "Writes <phone> for 7 to 15 digits, also with single signs between them; a date stays."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with what looks like a telephone number masked."""
        return [_PHONE.sub("<phone>", text) for text in texts]


class Digits(Step):
    """Digits become 0."""

    name: ClassVar[str] = "digits"
    title: ClassVar[str] = "Writes 0 for each digit of any script: a number keeps its length, and no more."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with its digits masked."""
        return [_DIGITS.sub("0", text) for text in texts]
