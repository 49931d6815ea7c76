"""Rooms with weeks of predictions behind them: quiet ones, and ones where spam grows on the last day."""

from __future__ import annotations

import time

import pandas as pd
from rooms import add_champion, the_dataset
from sqlalchemy import select

from core.corpus import Corpus
from core.frames import MESSAGES
from core.slices import slices_of
from core.store import Store
from core.store.models import HOUR_MS, Message, RunId
from core.store.records.messages import store_messages
from core.store.records.predictions import add_predictions

DAY_MS = 86_400_000
CAMPAIGN = "Your zorblax wallet is locked, verify the zorblax seed now"


def add_weeks(store: Store, *, days: int = 30, a_day: int = 120, drifts: bool = False) -> RunId:
    """Made-up messages of so many days that end now, called what they are by a champion.

    Where it `drifts`, half as many again come on the last day, all of them a new kind of spam.
    """
    run_id = add_champion(store, [])
    now = round(time.time() * 1000)
    corpus = Corpus(7, start_ms=now - days * DAY_MS, every_ms=DAY_MS / a_day)
    rows = [(sms.key, sms.body, sms.sender, sms.sent_at, sms.truth) for sms in corpus.messages(0, days * a_day)]
    if drifts:
        rows += [(f"z{n}", f"{CAMPAIGN} {n}", "ZORBLAX", now - 60_000 * n, "spam") for n in range(a_day // 2)]
    columns = ["key", "body", "sender", "sent_at", "klass"]
    frame = pd.DataFrame(rows, columns=columns).astype(
        {"key": "str", "body": "str", "sender": "str", "sent_at": "Int64"}
    )
    given = frame.drop(columns="klass").assign(source="inbox", text=frame["body"], label=None)
    given = given.astype({"source": "str", "text": "str", "label": "str"})
    dataset = the_dataset(store)
    store.write(lambda c: store_messages(c, dataset, MESSAGES.validate(given[list(MESSAGES.columns)])))
    with store.read() as connection:
        ids = {row.key: row.id for row in connection.execute(select(Message.key, Message.id))}
    said = pd.DataFrame(
        {
            "message_id": [ids[key] for key in frame["key"]],
            "klass": frame["klass"],
            "confidence": 0.9,
            "hour": [int(at) // HOUR_MS for at in frame["sent_at"]],
            "slices": [slices_of(body, sender) for body, sender in zip(frame["body"], frame["sender"], strict=True)],
        }
    )
    store.write(lambda c: add_predictions(c, run_id, said))
    return run_id
