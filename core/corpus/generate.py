"""A seeded corpus of made-up SMS in three classes: the demo's messages, and of nobody.

Hard on purpose, as real messages are: personal ones speak of prizes, codes and banks; brands and cheats write alike;
people misspell; a small share is labelled wrongly.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import pi, sin

from core.corpus.languages import LANGUAGES, Language

PERSONAL, NOTIFICATION, SPAM = CLASSES = ("personal", "notification", "spam")
BRANDS = (
    "Northbank",
    "ParcelPal",
    "Lumo",
    "Kettle&Co",
    "SkyHop",
    "Grocero",
    "VoltEnergy",
    "CityClinic",
    "TeleNova",
    "Shoply",
)
BORDER_SHARE = 0.04
WRONG_LABELS = 0.01
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Sms:
    """A made-up message; `label` is its true class but for a small share, `truth` always is."""

    key: str
    body: str
    sender: str
    sent_at: int
    label: str
    truth: str
    language: str


class Corpus:
    """The corpus of a seed: message number n is the same whenever and wherever it is made.

    Args:
        seed: another seed, other messages.
        start_ms: when message 0 was sent, in ms since 1970.
        every_ms: the mean time from one message to the next.
        prefix: what its keys begin with, so that two corpora in one room stay apart.
    """

    def __init__(self, seed: int, *, start_ms: int, every_ms: float, prefix: str = "m") -> None:
        self._seed = seed
        self._prefix = prefix
        self._start_ms = start_ms
        self._every_ms = every_ms
        self._languages = [language() for language in LANGUAGES]
        self._shares = [language.share for language in self._languages]

    def message(self, number: int) -> Sms:
        """Message number `number`, from 0."""
        rng = random.Random(f"{self._seed}:{self._prefix}:{number}")  # noqa: S311 - a simulation
        sent_at = round(self._start_ms + self._every_ms * (number + rng.random()))
        truth = rng.choices(CLASSES, self._class_shares(sent_at))[0]
        language = rng.choices(self._languages, self._shares)[0]
        body = _noisy(self._body(rng, language, truth), truth, rng)
        label = truth
        if rng.random() < WRONG_LABELS:
            label = rng.choice([klass for klass in CLASSES if klass != truth])
        return Sms(f"{self._prefix}{number:08d}", body, _sender(rng, truth), sent_at, label, truth, language.name)

    def messages(self, first: int, last: int) -> Iterator[Sms]:
        """Messages from number `first` to before `last`."""
        return (self.message(number) for number in range(first, last))

    def truth(self, key: str) -> str | None:
        """The true class of a message by its key; None for one that is not of this corpus."""
        match = re.fullmatch(rf"{re.escape(self._prefix)}(\d{{8}})", key)
        return self.message(int(match[1])).truth if match else None

    def _class_shares(self, sent_at: int) -> tuple[float, float, float]:
        """People write by day; a wave of spam comes every few days."""
        day = sent_at / DAY_MS
        rhythm = sin(2 * pi * (day - 0.3))
        wave = max(0.0, sin(2 * pi * day / 3.7)) ** 6
        return 0.48 + 0.10 * rhythm, 0.34 - 0.05 * rhythm, 0.16 + 0.14 * wave

    def _body(self, rng: random.Random, language: Language, truth: str) -> str:
        if rng.random() < BORDER_SHARE * (1.0 if truth != PERSONAL else 0.35):
            return self._filled(rng.choice(language.border), rng, language)
        if truth == PERSONAL:
            parts = [rng.choice(language.openers), rng.choice(language.cores), rng.choice(language.closers)]
            if rng.random() < 0.25:
                parts.append(rng.choice(language.cores))
            return self._filled(" ".join(part for part in parts if part), rng, language)
        templates = language.notices if truth == NOTIFICATION else language.offers
        body = self._filled(rng.choice(templates), rng, language)
        if rng.random() < 0.05:  # a notice with an offer in its tail, an offer dressed as a notice
            other = language.offers if truth == NOTIFICATION else language.notices
            body = f"{body} {self._filled(rng.choice(other), rng, language)}"
        return body

    def _filled(self, template: str, rng: random.Random, language: Language) -> str:
        slots = {
            "brand": lambda: rng.choice(BRANDS),
            "n": lambda: str(rng.randrange(1000, 99999)),
            "code": lambda: f"{rng.randrange(10**6):06d}",
            "amount": lambda: rng.choice(("£{}", "${}", "₹{}", "Rs.{}", "€{}", "{} EUR")).format(
                rng.choice((5, 20, 50, 99, 199, 500, 1500, 10000))
            ),
            "link": lambda: _link(rng),
            "time": lambda: f"{rng.randrange(7, 22)}:{rng.choice(('00', '15', '30', '45'))}",
            "day": lambda: f"{rng.randrange(1, 29)}/{rng.randrange(1, 13)}",
            "name": lambda: rng.choice(language.names),
        }
        return re.sub(r"\{(\w+)\}", lambda match: slots[match[1]](), template)


def _link(rng: random.Random) -> str:
    """Under domains that are reserved for examples, and lead nowhere."""
    host = rng.choice(("pay", "track", "win", "my", "go", "app")) + rng.choice((".example", ".test", ".example.com"))
    return rng.choice(("http://", "https://", "")) + f"{host}/{rng.choice('abcdefghkmnp')}{rng.randrange(100, 9999)}"


def _sender(rng: random.Random, truth: str) -> str:
    if truth == PERSONAL:
        return f"+1 555 01{rng.randrange(100):02d}"  # numbers reserved for fiction
    name = rng.choice(BRANDS).upper().replace("&", "")[:8]
    return name if truth == NOTIFICATION or rng.random() < 0.5 else f"{rng.randrange(50000, 99999)}"


_SHORT = {"you": "u", "are": "r", "to": "2", "for": "4", "please": "pls", "your": "ur", "and": "&", "tomorrow": "tmrw"}


def _noisy(body: str, truth: str, rng: random.Random) -> str:
    """As it is typed: people's messages often misspelt, cheats' now and then on purpose, brands' hardly."""
    rate = {PERSONAL: 0.10, SPAM: 0.05, NOTIFICATION: 0.01}[truth]
    words = body.split(" ")
    for place, word in enumerate(words):
        draw = rng.random()
        if draw < rate:
            words[place] = _misspelt(word, rng)
        elif draw < 2 * rate:
            words[place] = _SHORT.get(word.lower(), word)
    text = " ".join(words)
    if truth == PERSONAL and rng.random() < 0.3:
        text = text.lower()
    return text.upper() if truth == SPAM and rng.random() < 0.08 else text


def _misspelt(word: str, rng: random.Random) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at] * rng.randrange(2, 4) + word[at + 1 :]
