"""Made-up texts in many scripts, with which whoever ports a scorer can check the port. Never a message of a room."""

from __future__ import annotations

_PILED = "e" + "\u0301\u0316" * 40

TEXTS = (
    "",
    " ",
    "\n\t ",
    "a",
    "7",
    "?",
    "Hello, are you coming tonight?",
    "HELLO, ARE YOU COMING TONIGHT?",
    "hello   are\u00a0you\u2003coming\r\ntonight\x85now\x1cand\u3000then",
    "Congratulations! You have WON a prize of £1,000. Call 09061234567 now, code 4321.",
    "Your parcel 00340434 arrives today between 14:00 and 16:00. Track it: https://example.org/t/0034?x=1&y=2",
    "Your one-time password is 482913. Do not share it with anyone.",
    "FREE!!! entry, reply YES to 80082... T&Cs apply :-) (18+) <b>now</b>",
    "sooooooo goooood, see youuuu aaa bbbb 11111",
    "it's mum's 'birthday' - don't forget; o'clock e-mail me_at@home.example",
    "caf\u00e9 cafe\u0301 CAF\u00c9 na\u00efve nai\u0308ve \u212bngstr\u00f6m A\u030angstro\u0308m",
    "Stra\u00dfe STRASSE \u1e9e \u00c6 \u0152 \u0130stanbul ISTANBUL \u0131l\u0131k \ufb01nal \u01c5",
    "\uff26\uff32\uff25\uff25 \U0001d5d9\U0001d5e5\U0001d5d8\U0001d5d8 prize \u2460 \u00bd \u210c",
    "Привет, ты придёшь сегодня? ВАШ КОД 1234",
    "Ваша посылка прибыла, заберите ее до 18.00",
    "Καλημέρα ΟΔΟΣ ΟΔΟΣ. ΣΑΣ 25€",
    "ΟΔΟΣ-ΟΔΟΣ Α1Σ ΝΑΣ'Β ΝΑΣ.Β ΝΑΣ_Β \u02b0Σ ΤΗΣ\u0301 Σ",
    "नमस्ते, आप कैसे हैं? आपका कोड १२३४ है",
    "मुफ़्त इनाम जीतो क्\u200dष कि\u200cताब",
    "สวัสดีครับ รหัสของคุณคือ 1234 กรุณาอย่าบอกใคร",
    "ฟรี! คุณได้รับรางวัล ๑๐๐๐ บาท",
    "您的验证码是123456，请勿泄露。恭喜您中奖了！",
    "今日は元気ですか？コードは1234です。ガギ か\u3099き\u3099",
    "안녕하세요 인증번호 123456 \u1112\u1161\u11ab\u1100\u1173\u11af",
    "مرحبا، رمزك هو ١٢٣٤ مَرْحَبًا می\u200cخواهم",
    "שלום, הקוד שלך הוא 1234 שָׁלוֹם",
    "Xin chào, mã của bạn là 1234 Vie\u0323\u0302t Nam",
    "வணக்கம் உங்கள் குறியீடு 1234",
    "ሰላም ኮድዎ 1234 ነው",
    "\U00010400\U00010428 \U0001f600\U0001f600\U0001f600 \U0001f44d\U0001f3fd",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f469\U0001f3fd\u200d\U0001f680",
    "\u2764\ufe0f \U0001f1e9\U0001f1ea \U0001faf1\U0001f3fb\u200d\U0001faf2\U0001f3ff \u00a9 \u2122 \u20ac5",
    "in\u200bvis\u00adible \u202eright to left\u202c \ufeffmark \u200dend\u200d \x07bell nul\x00nul",
    "digits \u0664\u0665 \u0967\u0968 \uff11\uff12 \U0001d7d8 \u00b2 \u2167",
    "_ __ a_b #tag @name $5 50% 3/4 ~ ^ ` | \\ \" ' [x] {y}",
    "\u2018quoted\u2019 \u201ctext\u201d \u2013 dash \u2014 dots\u2026 \u00bfqu\u00e9? \u00a1s\u00ed!",
    _PILED,
    _PILED + " word" * 250,
    "the quick brown fox jumps over the lazy dog and wins a free prize today " * 30,
)
"""In Latin, Cyrillic, Greek, Devanagari, Thai, Chinese, Japanese, Korean, Arabic, Hebrew, Tamil, Ethiopic letters; with
combining marks, joiners, emoji, signs nobody sees, every kind of white space, digits; empty, and very long."""
