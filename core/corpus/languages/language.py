"""What a language of the corpus is: phrases and templates for each class."""

from __future__ import annotations

from abc import ABC
from typing import ClassVar

from core.registry import Registry


class Language(ABC):  # noqa: B024 - it holds words, and has nothing to do
    """Words of one language.

    `openers`, `cores` and `closers` make personal messages. `notices` and `offers` are templates of notifications and
    of spam. `border` holds templates that brands and cheats both use: only the sender's intent differs, so no model can
    be sure. Slots: {brand} {n} {code} {amount} {link} {time} {name} {day}.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    share: ClassVar[float] = 1.0
    names: ClassVar[tuple[str, ...]] = ()
    openers: ClassVar[tuple[str, ...]] = ()
    cores: ClassVar[tuple[str, ...]] = ()
    closers: ClassVar[tuple[str, ...]] = ("",)
    notices: ClassVar[tuple[str, ...]] = ()
    offers: ClassVar[tuple[str, ...]] = ()
    border: ClassVar[tuple[str, ...]] = ()


LANGUAGES: Registry[Language] = Registry("language", Language, "core.corpus.languages")
