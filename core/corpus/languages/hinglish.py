"""Hinglish: Hindi in Latin letters, mixed with English."""

from typing import ClassVar

from core.corpus.languages.language import Language


class Hinglish(Language):
    """Hindi in Latin letters, mixed with English."""

    name: ClassVar[str] = "hi-Latn"
    title: ClassVar[str] = "Hinglish"
    share: ClassVar[float] = 1.5
    names: ClassVar[tuple[str, ...]] = ("bhai", "yaar", "didi", "Rahul", "mummy")
    openers: ClassVar[tuple[str, ...]] = ("arre", "{name}", "acha", "haan", "suno", "kya yaar", "ok", "")
    cores: ClassVar[tuple[str, ...]] = (
        "kab tak aa raha hai?",
        "ghar pahunch ke call karna",
        "main late ho jaunga",
        "kal {time} baje milte hain",
        "bill bhar diya kya",
        "{amount} bhej de urgent hai",
        "tera parcel aa gaya",
        "party kab de raha hai",
        "OTP bata jaldi",
        "khana kha liya?",
        "train late hai aaj bhi",
        "offer letter mil gaya bhai!!",
        "recharge karwa de mera",
        "free hai kya abhi",
        "match dekha kya kal ka",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", "😅", "jaldi", "plz", "theek hai")
    notices: ClassVar[tuple[str, ...]] = (
        "Aapka {brand} order {n} aaj deliver hoga.",
        "Aapke a/c {n} mein {amount} jama hue. {brand}",
        "{code} aapka OTP hai. Kisi ko na batayein. {brand}",
        "Aapka data pack {day} ko khatam hoga. {brand}",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "Badhai ho! Aapne {amount} jeete hain. Abhi claim karein {link}",
        "Ghar baithe {amount} kamayein, call {n}",
        "Sirf aaj! {brand} par 60% off {link}",
        "Bina document {amount} ka loan turant. {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "Aapka plan {day} ko khatam ho raha hai. Recharge karein {link}",
        "{brand}: aapke points {day} tak use karein {link}",
    )
