"""Look-alikes: labels a minute of a simulated reviewer, in groups against one by one; their errors; mining's speed.

The reviewer judges a message by itself in 2.5 s. A group takes 0.8 s for each message that is shown and 2.5 s for the
decision; what looks different is taken out and judged by itself, as are the spot checks (by somebody else: their time
is counted). In each look at a message the reviewer errs with a probability of 2 %. Real public collections have few
templates, for whoever published them took the doubles out; the made-up corpus has many, and is told apart. Groups of
ten or more are opened.
"""

from __future__ import annotations

import csv
import os
import random
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sqlalchemy import insert, select

from bench.result import postgresql, report, timed
from core import Project
from core.corpus import Corpus
from core.frames import MESSAGES
from core.pipeline.template import mine_templates
from core.store import Store
from core.store.models import Message, MessageTemplate, Template
from core.store.records.datasets import dataset_id
from core.store.records.messages import store_messages
from core.templates import Known, common_pattern, forms, mine, pattern_of, sketches, varying
from labeling.desk import Desk
from labeling.group_verdicts import GroupGiven
from labeling.lookalikes import MOST_MEMBERS, look
from labeling.models import VerdictKind
from labeling.people import add_person
from labeling.queues import QueueSpec, create, fill
from labeling.spot_checks import choose
from labeling.spread import Member, spread
from labeling.verdicts import Given

SINGLE_S, SHOWN_S, DECISION_S = 2.5, 0.8, 2.5
ERRS = 0.02
GIVES_UP = 0.25  # so large a share of the shown looks different: the group is judged one by one after all
LEAST_GROUP = 10  # smaller ones bring less than twice the labels: they are timed, and not opened
LEAST_TIMED = 4
SHARE = 0.05
SEEDS = range(20)
BANDS = {"4-9": (4, 9), "10-24": (10, 24), "25-99": (25, 99), "100+": (100, 10**9)}
MADE_UP = 20_000
MINED = 100_000
DATA = Path(os.environ.get("TALLYROOM_SMS_DATA", Path(__file__).parents[2] / "shared" / "data" / "sms"))

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A way of working through messages: how many labels, wrong ones, and the seconds that it took."""

    labels: float
    wrong: float
    seconds: float

    @property
    def a_minute(self) -> float:
        """Labels a minute."""
        return 60 * self.labels / self.seconds if self.seconds else 0.0

    @property
    def error(self) -> float:
        """The share of wrong ones."""
        return self.wrong / self.labels if self.labels else 0.0


def read_csv(name: str, text: str | int, label: str | int, sep: str = ",") -> Rows:
    """Texts and labels of a collection, by the names or places of their columns."""
    frame = pd.read_csv(DATA / name, sep=sep, dtype=str, keep_default_na=False)
    column = {name: n for n, name in enumerate(frame.columns)}
    at = [column[key] if isinstance(key, str) else key for key in (text, label)]
    return [(str(row[at[0]]), str(row[at[1]]).lower()) for row in frame.itertuples(index=False)]


def uci() -> Rows:
    """The UCI SMS Spam Collection."""
    with (DATA / "SMSSpamCollection").open(encoding="utf-8", newline="") as file:
        return [(row[1], row[0]) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


REAL: dict[str, Callable[[], Rows]] = {
    "uci": uci,
    "smishing_5971": lambda: read_csv("smishing_5971.csv", "TEXT", "LABEL"),
    "indonesian_1143": lambda: read_csv("indonesian_1143.csv", 0, 1),
    "turkish_4751": lambda: read_csv("turkish_4751.csv", "Message", "GroupText", ";"),
}


def made_up() -> Rows:
    """The project's own corpus, with the true classes."""
    corpus = Corpus(7, start_ms=1_790_000_000_000, every_ms=60_000)
    return [(sms.body, sms.truth) for sms in corpus.messages(0, MADE_UP)]


def groups_of(rows: Rows, predicted: Sequence[tuple[str, float]]) -> list[list[int]]:
    """The positions of the messages of each template and predicted class."""
    sketched = sketches([forms(text) for text, _ in rows], 1)
    mined = mine(range(len(rows)), sketched, Known({}, {}))
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for place, template in enumerate(mined.template_ids):
        groups[template, predicted[place][0]].append(place)
    return list(groups.values())


def members_of(rows: Rows, predicted: Sequence[tuple[str, float]], group: Sequence[int]) -> list[Member]:
    """A group as the desk describes it to itself."""
    pattern = common_pattern(pattern_of(rows[group[0]][0]), [forms(rows[place][0]) for place in group])
    return [
        Member(
            place,
            rows[place][0],
            " ".join(rows[place][0][start:end] for start, end in varying(pattern, rows[place][0])),
            predicted[place][1],
        )
        for place in group
    ]


def predictions(rows: Rows) -> list[tuple[str, float]]:
    """A plain model's classes and confidences, each for messages that it was not trained on."""
    texts, labels = [text for text, _ in rows], [label for _, label in rows]
    model = make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)), LogisticRegression(max_iter=200))
    sure = cross_val_predict(model, texts, labels, cv=3, method="predict_proba")
    classes = sorted(set(labels))
    return [(classes[int(row.argmax())], float(row.max())) for row in sure]


class Reviewer:
    """Judges what is shown; errs in a look with probability ERRS."""

    def __init__(self, rows: Rows, seed: int) -> None:
        self._rows = rows
        self._classes = sorted({label for _, label in rows})
        self._random = random.Random(seed)

    def look(self, place: int) -> str:
        """What the reviewer sees in a message."""
        truth = self._rows[place][1]
        if self._random.random() >= ERRS:
            return truth
        return self._random.choice([klass for klass in self._classes if klass != truth])

    def one_by_one(self, places: Sequence[int]) -> Labelled:
        """Each by itself."""
        wrong = sum(self.look(place) != self._rows[place][1] for place in places)
        return Labelled(len(places), wrong, SINGLE_S * len(places))

    def as_group(self, shown: Sequence[int], group: Sequence[int], seed: str) -> list[Labelled]:
        """By the group's one decision, and by the singles that it leaves."""
        seen = {place: self.look(place) for place in shown}
        klass, n = Counter(seen.values()).most_common(1)[0]
        looked = SHOWN_S * len(shown) + DECISION_S
        if len(seen) - n > GIVES_UP * len(seen):
            single = self.one_by_one(group)
            return [Labelled(0, 0, looked), single]
        left = [place for place in group if seen.get(place, klass) == klass]
        checks = choose(left, SHARE, seed)
        judged = set(left) - set(checks)
        wrong = sum(self._rows[place][1] != klass for place in judged)
        alone = [place for place in group if place not in judged]
        return [Labelled(len(judged), wrong, looked), self.one_by_one(alone)]


def band_of(size: int) -> str:
    """The band of a group's size."""
    return next(band for band, (least, most) in BANDS.items() if least <= size <= most)


def total(parts: Sequence[Labelled]) -> Labelled:
    """All of it together."""
    return Labelled(
        sum(part.labels for part in parts), sum(part.wrong for part in parts), sum(part.seconds for part in parts)
    )


def worked(name: str, rows: Rows) -> dict[str, Any]:
    """Work through a set both ways, over all seeds; prints and gives what came of it."""
    predicted = predictions(rows)
    groups = [group for group in groups_of(rows, predicted) if len(group) >= LEAST_TIMED]
    opened = [n for n, group in enumerate(groups) if len(group) >= LEAST_GROUP]
    # What is shown does not depend on the reviewer: chosen once.
    shown = [
        [group[place] for place, _ in spread(members_of(rows, predicted, group), 0, str(n))]
        for n, group in enumerate(groups)
    ]
    grouped = [place for n in opened for place in groups[n]]
    inside = set(grouped)
    rest = [place for place in range(len(rows)) if place not in inside]
    by_decision, in_groups, singles, outside = [], [], [], []
    by_size: dict[str, list[Labelled]] = {band: [] for band in BANDS}
    for seed in SEEDS:
        reviewer = Reviewer(rows, seed)
        for n, group in enumerate(groups):
            decided, alone = reviewer.as_group(shown[n], group, f"{seed}:{n}")
            if len(group) >= LEAST_GROUP:
                by_decision.append(decided)
                in_groups += [decided, alone]
            by_size[band_of(len(group))] += [decided, alone]
        singles.append(reviewer.one_by_one(grouped))
        outside.append(reviewer.one_by_one(rest))
    decided, both, single = total(by_decision), total(in_groups), total(singles)
    whole = total([both, *outside])
    facts = {
        "messages": len(rows),
        "in_groups": round(len(grouped) / len(rows), 4),
        "group_size": round(len(grouped) / len(opened), 1) if opened else 0.0,
        "ratio_in_groups": round(both.a_minute / single.a_minute, 2) if opened else 0.0,
        "ratio_whole": round(whole.a_minute * SINGLE_S / 60, 2),
        "ratio_by_size": {band: round(total(parts).a_minute * SINGLE_S / 60, 2) for band, parts in by_size.items()},
        "error_groups": round(decided.error, 4),
        "error_single": round(single.error, 4),
    }
    print(f"{name:16s} " + "  ".join(f"{key} {value}" for key, value in facts.items()), flush=True)
    return facts


def framed(bodies: Sequence[str], first: int = 0) -> pd.DataFrame:
    """Messages as the store takes them."""
    n = len(bodies)
    columns: dict[str, tuple[list[Any], str]] = {
        "source": (["made-up"] * n, "str"),
        "key": ([str(first + place) for place in range(n)], "str"),
        "body": (list(bodies), "str"),
        "text": (list(bodies), "str"),
        "sender": ([None] * n, "str"),
        "sent_at": ([1_790_000_000_000 + 1_000 * (first + place) for place in range(n)], "Int64"),
        "label": ([None] * n, "str"),
    }
    return MESSAGES.validate(
        pd.DataFrame({name: pd.Series(given, dtype=kind) for name, (given, kind) in columns.items()})
    )


def mining_speed() -> tuple[float, float]:
    """Messages a second of the pipeline's stage on SQLite: of the first tenth, and of the last."""
    corpus = Corpus(7, start_ms=1_790_000_000_000, every_ms=1_000)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "tallyroom.toml").write_text('[room]\nclasses = ["personal", "notification", "spam"]\n')
        Store.open("sqlite:///tallyroom.db", home, create=True).close()
        project = Project(home)
        dataset = project.store.write(lambda c: dataset_id(c, "messages"))
        rates = []
        for first in range(0, MINED, MINED // 10):
            sms = [each.body for each in corpus.messages(first, first + MINED // 10)]
            frame = framed(sms, first)
            project.store.write(lambda c, frame=frame: store_messages(c, dataset, frame))
            began = time.perf_counter()
            rates.append(mine_templates(project) / (time.perf_counter() - began))
        project.close()
    return rates[0], rates[-1]


def beside(url: str) -> tuple[float, float]:
    """A group of MOST_MEMBERS judged while somebody else judges without a pause.

    Gives the group's seconds, and the 95th percentile of the other's verdicts meanwhile in ms.
    """
    with tempfile.TemporaryDirectory() as folder, Store.open(url, Path(folder), create=True) as store:
        dataset = store.write(lambda c: dataset_id(c, "messages"))
        bodies = [f"Dear customer, your bill of {n} is due on Monday" for n in range(2 * MOST_MEMBERS)]
        store.write(lambda c: store_messages(c, dataset, framed(bodies)))
        with store.read() as connection:
            ids = list(connection.execute(select(Message.id).order_by(Message.id)).scalars())
        template = {"id": ids[0], "dataset_id": dataset, "pattern": pattern_of(bodies[0])}
        store.write(lambda c: c.execute(insert(Template), template))
        of_it = [{"message_id": message_id, "template_id": ids[0]} for message_id in ids]
        store.write(lambda c: c.execute(insert(MessageTemplate), of_it))
        queue = store.write(lambda c: create(c, dataset, QueueSpec("review", blind_share=0.0)))
        store.write(lambda c: fill(c, queue, pd.DataFrame({"message_id": ids, "rank": [float(n) for n in ids]})))
        desk = Desk(store, ("spam", "notification"))
        ada, bela = (add_person(store, name).id for name in ("Ada", "Bela"))
        held = desk.claim(ada).result()[0]
        seen = look(store, ada, held.lease_id)
        group = desk.judge_group(ada, GroupGiven(str(uuid.uuid4()), seen.token, "spam"), SHARE)
        began, took = time.perf_counter(), []
        while not group.done():
            message = desk.claim(bela).result()[0]
            given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam")
            took.append(1000 * timed(desk.judge(bela, given).result)[1])
        group.result()
        return time.perf_counter() - began, sorted(took)[int(0.95 * len(took))]


def main() -> None:
    """Compare."""
    if not DATA.is_dir():
        raise SystemExit("no real SMS here: set TALLYROOM_SMS_DATA to the folder that holds SMSSpamCollection")
    real = {name: worked(name, load()) for name, load in REAL.items()}
    corpus, seconds = timed(lambda: worked("made-up corpus", made_up()))
    first, last = mining_speed()
    print(f"Mining on SQLite: {first:,.0f} messages/s at the beginning, {last:,.0f} after {MINED:,}.")
    sqlite_seconds, sqlite_p95 = beside("sqlite:///tallyroom.db")
    with postgresql() as url:
        postgresql_seconds, postgresql_p95 = beside(url)
    print(
        f"A group of {MOST_MEMBERS} is judged in {sqlite_seconds:.1f} s on SQLite, {postgresql_seconds:.1f} s on "
        f"PostgreSQL; somebody else's verdicts meanwhile, p95: {sqlite_p95:.0f} and {postgresql_p95:.0f} ms."
    )
    print("The ratio is that of the made-up corpus; the real collections' are beside it.")
    every = [*real.values(), corpus]
    report(
        "lookalikes",
        ratio=corpus["ratio_in_groups"],
        equal=all(facts["error_groups"] <= facts["error_single"] for facts in every),
        size=MADE_UP,
        seconds=seconds,
        corpus=corpus,
        real=real,
        mined_a_second=round(last),
        group_seconds={"sqlite": round(sqlite_seconds, 2), "postgresql": round(postgresql_seconds, 2)},
        beside_p95_ms={"sqlite": round(sqlite_p95), "postgresql": round(postgresql_p95)},
    )
