"""Indonesian."""

from typing import ClassVar

from core.corpus.languages.language import Language


class Indonesian(Language):
    """Indonesian."""

    name: ClassVar[str] = "id"
    title: ClassVar[str] = "Indonesian"
    share: ClassVar[float] = 1.2
    names: ClassVar[tuple[str, ...]] = ("mas", "kak", "bu", "Dewi", "Budi")
    openers: ClassVar[tuple[str, ...]] = ("halo", "{name}", "eh", "iya", "maaf ya", "ok", "")
    cores: ClassVar[tuple[str, ...]] = (
        "jadi datang malam ini?",
        "tolong beli telur ya",
        "aku telat, mulai aja dulu",
        "udah bayar listrik belum",
        "paketmu sudah sampai di rumah",
        "ketemu jam {time} ya",
        "pinjam {amount} dulu boleh",
        "selamat ulang tahun",
        "kirim kodenya dong",
        "keretanya telat lagi",
        "lagi di mana sekarang",
        "besok ada kuliah gak",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", "hehe", "🙏", "ya", "makasih")
    notices: ClassVar[tuple[str, ...]] = (
        "{brand}: pesanan {n} sedang dikirim dan tiba hari ini.",
        "{code} adalah kode OTP {brand}. Jangan berikan ke siapa pun.",
        "Isi pulsa {amount} berhasil. Berlaku s/d {day}.",
        "Tagihan Anda {amount} jatuh tempo {day}. {brand}",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "Selamat! Anda memenangkan {amount}. Klaim di {link}",
        "Promo hari ini diskon 70% di {brand} {link}",
        "Pinjaman {amount} cair tanpa jaminan, hubungi {n}",
        "Kerja dari rumah dapat {amount} per hari {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "Kuota Anda habis {day}. Beli paket di {link} {brand}",
        "{brand}: poin Anda hangus {day}, tukar di {link}",
    )
