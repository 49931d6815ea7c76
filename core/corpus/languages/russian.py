"""Russian."""

from typing import ClassVar

from core.corpus.languages.language import Language


class Russian(Language):
    """Russian."""

    name: ClassVar[str] = "ru"
    title: ClassVar[str] = "Russian"
    share: ClassVar[float] = 1.0
    names: ClassVar[tuple[str, ...]] = ("мама", "Саша", "Оля", "Дима")
    openers: ClassVar[tuple[str, ...]] = ("привет", "{name}", "слушай", "ок", "извини", "")
    cores: ClassVar[tuple[str, ...]] = (
        "ты придёшь вечером?",
        "купи молоко по дороге",
        "я опаздываю, начинайте без меня",
        "ты оплатил свет?",
        "твоя посылка пришла",
        "встречаемся в {time}",
        "скину тебе {amount} завтра",
        "с днём рождения!",
        "позвони как освободишься",
        "перешли код который пришёл",
        "электричка опять опаздывает",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", ")))", "спасибо", "целую")
    notices: ClassVar[tuple[str, ...]] = (
        "Код {code} для входа в {brand}. Никому не сообщайте.",
        "Посылка {n} прибудет сегодня с {time} до {time}. {brand}",
        "Карта {n}: покупка {amount}. {brand}",
        "Счёт {amount} нужно оплатить до {day}. {brand}",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "Поздравляем! Вы выиграли {amount}. Заберите: {link}",
        "Только сегодня скидка 70% в {brand} {link}",
        "Кредит {amount} без справок за 5 минут {link}",
        "Ваш счёт заблокирован, подтвердите данные: {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "{brand}: ваши баллы сгорят {day}. {link}",
        "Не удалось доставить посылку {n}: {link}",
    )
