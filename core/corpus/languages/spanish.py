"""Spanish."""

from typing import ClassVar

from core.corpus.languages.language import Language


class Spanish(Language):
    """Spanish."""

    name: ClassVar[str] = "es"
    title: ClassVar[str] = "Spanish"
    share: ClassVar[float] = 1.5
    names: ClassVar[tuple[str, ...]] = ("Marta", "mamá", "Luis", "tía", "Pablo")
    openers: ClassVar[tuple[str, ...]] = ("hola", "oye", "{name}", "vale", "perdona", "jaja", "")
    cores: ClassVar[tuple[str, ...]] = (
        "¿vienes esta noche?",
        "compra pan al volver",
        "llego tarde, empezad sin mí",
        "¿has pagado la luz?",
        "llegó tu paquete",
        "nos vemos a las {time}",
        "te mando {amount} mañana",
        "feliz cumpleaños guapa",
        "llámame cuando puedas",
        "he ganado al mus otra vez",
        "¿me reenvías el código?",
        "el tren va con retraso",
        "mándame el enlace de la receta",
        "qué tal la entrevista",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", "😘", "besos", "un abrazo", "porfa")
    notices: ClassVar[tuple[str, ...]] = (
        "{brand}: su paquete {n} llega hoy entre {time} y {time}.",
        "{code} es su código de {brand}. No lo comparta.",
        "Su cita es el {day} a las {time}. {brand}",
        "Cargo de {amount} en su tarjeta {n}. {brand}",
        "{brand}: su factura de {amount} vence el {day}.",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "¡Felicidades! Ha ganado {amount}. Reclame en {link}",
        "Préstamo de {amount} aprobado sin papeles {link}",
        "¡Solo hoy 70% de descuento en {brand}! {link}",
        "Gane {amount} al día desde casa {link}",
        "Su cuenta ha sido bloqueada. Verifique sus datos: {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "No pudimos entregar su paquete {n}. Elija otra fecha: {link}",
        "{brand}: sus puntos caducan el {day} {link}",
    )
