"""Arabic, written from right to left."""

from typing import ClassVar

from core.corpus.languages.language import Language


class Arabic(Language):
    """Arabic."""

    name: ClassVar[str] = "ar"
    title: ClassVar[str] = "Arabic"
    share: ClassVar[float] = 1.0
    names: ClassVar[tuple[str, ...]] = ("أمي", "أحمد", "ليلى", "خالد")
    openers: ClassVar[tuple[str, ...]] = ("مرحبا", "يا {name}", "طيب", "آسف", "هلا", "")
    cores: ClassVar[tuple[str, ...]] = (
        "هل ستأتي الليلة؟",
        "اشتر الخبز في طريقك",
        "سأتأخر قليلا",
        "هل دفعت فاتورة الكهرباء",
        "وصل الطرد إلى البيت",
        "نلتقي الساعة {time}",
        "أرسل لي {amount} لو سمحت",
        "عيد ميلاد سعيد",
        "اتصل بي عندما تصل",
        "أرسل لي الرمز الذي وصلك",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", "🌹", "شكرا", "مع السلامة")
    notices: ClassVar[tuple[str, ...]] = (
        "رمز التحقق الخاص بك من {brand} هو {code}",
        "تم إيداع {amount} في حسابك {n}. {brand}",
        "شحنتك {n} في الطريق وتصل اليوم. {brand}",
        "فاتورتك {amount} تستحق في {day}. {brand}",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "مبروك! ربحت {amount}. اضغط هنا {link}",
        "خصم 70% اليوم فقط في {brand} {link}",
        "قرض فوري {amount} بدون ضمان {link}",
        "تم إيقاف حسابك، حدث بياناتك {link}",
    )
    border: ClassVar[tuple[str, ...]] = ("نقاطك في {brand} تنتهي في {day} {link}", "تعذر تسليم شحنتك {n} {link}")
