"""Hindi, in Devanagari."""

from typing import ClassVar

from core.corpus.languages.language import Language


class Hindi(Language):
    """Hindi, in Devanagari."""

    name: ClassVar[str] = "hi"
    title: ClassVar[str] = "Hindi"
    share: ClassVar[float] = 1.2
    names: ClassVar[tuple[str, ...]] = ("भैया", "माँ", "राहुल", "दीदी", "नेहा")
    openers: ClassVar[tuple[str, ...]] = ("नमस्ते", "अरे", "सुनो", "हाँ", "{name}", "अच्छा", "")
    cores: ClassVar[tuple[str, ...]] = (
        "कब आ रहे हो?",
        "घर पहुँचकर फ़ोन करना",
        "दूध लेते आना",
        "मैं थोड़ा लेट हो जाऊँगा",
        "बिजली का बिल भर दिया क्या",
        "कल मिलते हैं {time} बजे",
        "तुम्हारा पार्सल आ गया है",
        "{amount} भेज दो ना",
        "जन्मदिन मुबारक हो",
        "ट्रेन लेट है",
        "खाना खा लिया?",
        "वो कोड भेजो जो आया है",
        "शादी में सब आ रहे हैं",
    )
    closers: ClassVar[tuple[str, ...]] = ("", "", "😊", "ठीक है", "जल्दी")
    notices: ClassVar[tuple[str, ...]] = (
        "आपका खाता {n} में {amount} जमा हुआ। {brand}",
        "{code} आपका ओटीपी है। किसी को न बताएं। {brand}",
        "आपका ऑर्डर {n} आज डिलीवर होगा। {brand}",
        "{amount} का रिचार्ज सफल। वैधता {day} तक।",
        "आपका बिल {amount} है, अंतिम तिथि {day}।",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "बधाई हो! आपने {amount} जीते हैं। अभी क्लेम करें {link}",
        "बिना कागज़ के {amount} का लोन पाएं {link}",
        "केवल आज 70% की छूट {brand} पर {link}",
        "घर बैठे {amount} रोज़ कमाएं। कॉल करें {n}",
        "आपका केवाईसी बंद हो जाएगा, अपडेट करें {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "आपका प्लान {day} को समाप्त होगा। रिचार्ज करें {link}",
        "{brand}: आपके पॉइंट {day} को समाप्त होंगे {link}",
    )
