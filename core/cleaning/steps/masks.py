"""Masks: what differs in every message becomes one word."""

from __future__ import annotations

from typing import ClassVar

import regex

from core.cleaning.step import Step

_LINK = regex.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|biz|in|uk|de|cn|ru|test|example)(?:/\S*)?\b",
    regex.I,
)
_MAIL = regex.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_AMOUNT = regex.compile(r"(?:[£$€₹¥]|\b(?:rs|inr|usd|eur|gbp)\.?)\s?\p{Nd}[\p{Nd}.,]*", regex.I)
_DIGITS = regex.compile(r"\p{Nd}")


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


class Digits(Step):
    """Digits become 0."""

    name: ClassVar[str] = "digits"
    title: ClassVar[str] = "Writes 0 for each digit of any script: a number keeps its length, and no more."

    def apply(self, texts: list[str]) -> list[str]:
        """Each with its digits masked."""
        return [_DIGITS.sub("0", text) for text in texts]
