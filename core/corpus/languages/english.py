"""English."""

from typing import ClassVar

from core.corpus.languages.language import Language


class English(Language):
    """English, with the spelling of text messages."""

    name: ClassVar[str] = "en"
    title: ClassVar[str] = "English"
    share: ClassVar[float] = 4.0
    names: ClassVar[tuple[str, ...]] = ("Kate", "mum", "Dan", "Priya", "boss", "Tom", "Lena", "bro", "Sam", "Aunt Jo")
    openers: ClassVar[tuple[str, ...]] = (
        "hey",
        "hi {name}",
        "ok",
        "lol",
        "sorry",
        "btw",
        "so",
        "omg",
        "Good morning",
        "yeah",
        "no worries",
        "haha",
        "{name} says",
        "just saw this,",
        "quick one:",
        "",
    )
    cores: ClassVar[tuple[str, ...]] = (
        "are you coming tonight?",
        "can u pick up milk on the way",
        "i'm running late, start without me",
        "did you pay the electricity bill, they sent another reminder",
        "the parcel came, it's on your desk",
        "whats the wifi code again",
        "i won the pub quiz!! drinks on me",
        "my card got blocked, can you lend me {amount}",
        "call me when you are free",
        "happy birthday, have a great day",
        "the meeting moved to {time}",
        "train is late again, be there at {time}",
        "send me the link to that thing you bought",
        "love you, sleep well",
        "how did the interview go",
        "dinner at ours on {day}?",
        "I left my keys at yours",
        "don't click the message from the bank, mine was a scam",
        "got the free tickets from work, want one?",
        "transferred {amount} to your account for the rent",
        "where are you, we are outside",
        "can you forward me the code they texted you",
        "the doctor said it is nothing serious",
        "lets meet at the station {time}",
        "saw an offer for shoes and thought of you",
        "do you still have my book",
        "exam went ok i think",
        "thanks for yesterday, was lovely",
        "could you check if my order is delivered",
        "bring cash, they dont take cards",
    )
    closers: ClassVar[tuple[str, ...]] = (
        "",
        "",
        "xx",
        "😂",
        "thx",
        "see you",
        "ok?",
        "❤️",
        "let me know",
        "...",
        "x",
        "👍",
    )
    notices: ClassVar[tuple[str, ...]] = (
        "{code} is your {brand} verification code. Do not share it with anyone.",
        "{brand}: your parcel {n} is out for delivery and arrives today between {time} and {time}.",
        "{brand} alert: {amount} spent on card ending {n} at {time}. Not you? Call us.",
        "Your appointment at {brand} is on {day} at {time}. Reply C to confirm.",
        "{brand}: your bill of {amount} is due on {day}. View it in the app.",
        "Your {brand} order {n} has been shipped. Track: {link}",
        "Recharge of {amount} successful. Balance {amount}. Valid till {day}.",
        "{brand}: flight {n} to depart {day} {time} is now boarding at gate {n}.",
        "Your account {n} was credited with {amount} on {day}. {brand}",
        "You have used 80% of your data. {brand}",
        "{brand}: we received your payment of {amount}. Thank you.",
        "Reminder: your library books are due back on {day}. Renew at {link}",
        "School closed on {day} due to weather. {brand}",
        "Your password was changed at {time}. If this was not you visit {link}",
    )
    offers: ClassVar[tuple[str, ...]] = (
        "Congratulations! You have won {amount}. Claim now at {link} before {day}!",
        "FREE entry in our weekly draw to win {amount}. Text WIN to {n}",
        "{brand} SALE: up to 70% off everything today only! {link}",
        "Your loan of {amount} is pre-approved, no papers needed. Apply: {link}",
        "Hot singles near you want to chat. Reply YES to {n}",
        "URGENT! Your mobile number was awarded {amount}. Call {n} from a land line",
        "Work from home and earn {amount} a day. No experience. {link}",
        "Get a new phone free with unlimited texts, reply STOP to end. {brand}",
        "Last chance! 50% off at {brand} with code {code}. Shop {link}",
        "Your account is suspended. Verify your details within 24h: {link}",
        "Invest {amount} today, double it by {day}. Guaranteed. {link}",
        "Customs fee of {amount} unpaid for your parcel. Pay at {link} or it returns.",
        "Refund of {amount} waiting for you, enter your card at {link}",
        "Lose 5 kg in a week! Order now {link}",
    )
    border: ClassVar[tuple[str, ...]] = (
        "{brand}: your points worth {amount} expire on {day}. Use them at {link}",
        "Your parcel {n} could not be delivered. Choose a new date: {link}",
        "{brand}: your plan ends on {day}. Renew now at {link} and keep your benefits.",
        "Thank you for shopping at {brand}. Rate us and get {amount} off: {link}",
        "Security notice from {brand}: confirm your number at {link}",
        "hi, i have a new number, this is {name}. text me here",
        "Hello, are you free on {day}? I wanted to ask you something",
    )
