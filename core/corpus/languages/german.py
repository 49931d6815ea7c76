"""German."""

from typing import ClassVar

from core.corpus.languages.language import Language


class German(Language):
    """German."""

    name: ClassVar[str] = "de"
    title: ClassVar[str] = "German"
    share: ClassVar[float] = 1.2
    names: ClassVar[tuple[str, ...]] = ("Jonas", "Mama", "Lea", "Oma", "Chef")
    openers: ClassVar[tuple[str, ...]] = ("hey", "hallo {name}", "ok", "sorry", "ach ja", "na", "")
    cores: ClassVar[tuple[str, ...]] = (
        "kommst du heute abend?",
        "bring bitte Brot mit",
        "bin spät dran, fangt schon an",
        "hast du die Rechnung bezahlt",
        "dein Paket liegt bei den Nachbarn",
        "treffen wir uns um {time}",
        "ich überweise dir {amount} morgen",
        "alles Gute zum Geburtstag",
        "ruf mich mal an",
        "der Zug hat wieder Verspätung",
        "schick mir den Link nochmal",
        "ich hab beim Skat gewonnen",
        "wie war das Gespräch",
        "schlaf gut",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", "LG", "😄", "bis später", "danke")
    notices: ClassVar[tuple[str, ...]] = (
        "{brand}: Ihre Sendung {n} kommt heute zwischen {time} und {time} Uhr.",
        "{code} ist Ihr Code für {brand}.",
        "Ihr Termin am {day} um {time} Uhr ist bestätigt. {brand}",
        "{brand}: Umsatz von {amount} auf Karte {n}.",
        "Ihre Rechnung über {amount} ist am {day} fällig. {brand}",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "Glückwunsch! Sie haben {amount} gewonnen: {link}",
        "Nur heute 70% Rabatt bei {brand}! {link}",
        "Sofortkredit {amount} ohne Prüfung {link}",
        "Verdienen Sie {amount} am Tag von zu Hause {link}",
        "Ihr Konto wurde gesperrt. Bestätigen Sie Ihre Daten: {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "Ihre Sendung {n} konnte nicht zugestellt werden: {link}",
        "{brand}: Ihre Punkte verfallen am {day} {link}",
    )
