"""Look-alikes: labels a minute of a simulated reviewer, in groups against one by one, and their errors.

The time model, in seconds: a message by itself SINGLE (the middle of the 2 to 3 s that the design reckons with); a
group SHOWN for each message of its look and DECISION for the one decision. SHOWN is an assumption: that a look-alike is
read in what varies, some three words at the 238 a minute of silent reading (Brysbaert 2019). How many words vary, and
what comes of slower looks, is printed beside. Messages taken out and spot checks cost SINGLE each, whoever judges them.
In each look at a message the reviewer
errs with a probability of 2 %.

What is grouped, how many are shown and how many are held back is the product's, as it comes. All messages wait in one
queue; what smaller queues do is printed beside. Real public collections have few templates, for whoever published them
took the doubles out; the made-up corpus has many, and is told apart.
"""

from __future__ import annotations

import random
import tempfile
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sqlalchemy import insert, select

from bench.mining import framed
from bench.result import postgresql, report, timed
from bench.sms import DATA, MADE_UP, REAL, Rows, made_up
from core.settings import DeskSettings
from core.store import Store
from core.store.models import Message, MessageTemplate, Template
from core.store.records.datasets import dataset_id
from core.store.records.messages import store_messages
from core.templates import Known, common_pattern, forms, mine, pattern_of, sketches, varying
from labeling.desk import Desk
from labeling.group_verdicts import GroupGiven
from labeling.group_waiting import MOST_MEMBERS
from labeling.lookalikes import LEAST_GROUP, feet, look
from labeling.models import VerdictKind
from labeling.people import add_person
from labeling.queues import QueueSpec, create, fill
from labeling.spot_checks import choose, how_many, share_of
from labeling.spread import Member, first_of, spread
from labeling.verdicts import Given

SINGLE, SHOWN, DECISION = 2.5, 0.8, 2.5
SLOWER = (1.6, 2.5)  # seconds for a message of a look, instead of SHOWN
ERRS = 0.02
GIVES_UP = 0.25  # so large a share of the shown looks different: the group is judged one by one after all
SHARE = DeskSettings().spot_check_share
SEEDS = range(20)
BANDS = {"4-9": (4, 9), "10-24": (10, 24), "25-99": (25, 99), "100-500": (100, MOST_MEMBERS)}
QUEUES = (500, 5_000)
BOUND = 0.01  # of the error of all groups, in the design that stops checking


@dataclass(frozen=True, slots=True)
class Work:
    """Work done: labels, wrong ones among them; what it took: messages judged alone, messages looked at, decisions."""

    labels: int = 0
    wrong: int = 0
    alone: int = 0
    shown: int = 0
    decisions: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    def times(self, shown: float = SHOWN) -> float:
        """Labels a minute, as a multiple of those of one by one."""
        seconds = SINGLE * self.alone + shown * self.shown + DECISION * self.decisions
        return SINGLE * self.labels / seconds if seconds else 1.0

    @property
    def error(self) -> float:
        """The share of wrong labels."""
        return self.wrong / self.labels if self.labels else 0.0


class Checking(Protocol):
    """A design of spot checks: how many of a group are held back, and what it hears of them."""

    def wanted(self, size: int) -> int:
        """How many of so many unseen messages."""

    def heard(self, size: int, wrong: Sequence[bool]) -> None:
        """What became of the checks of a group of so many unseen labels."""


class Square:
    """The product's: the square root of the share."""

    def wanted(self, size: int) -> int:
        """How many of so many unseen messages."""
        return how_many(size, SHARE)

    def heard(self, size: int, wrong: Sequence[bool]) -> None:
        """Nothing: each group here is of another template."""


class Whole:
    """The share of every group."""

    def wanted(self, size: int) -> int:
        """How many of so many unseen messages."""
        return how_many(size, SHARE, doubted=True)

    def heard(self, size: int, wrong: Sequence[bool]) -> None:
        """Nothing."""


class Stopping:
    """The share of every group until the checks of all bound their error by BOUND, then one of each."""

    def __init__(self) -> None:
        self._judged: list[tuple[int, bool]] = []
        self._sizes: dict[int, int] = {}
        self._met = False

    def wanted(self, size: int) -> int:
        """How many of so many unseen messages."""
        return min(1, size) if self._met else how_many(size, SHARE, doubted=True)

    def heard(self, size: int, wrong: Sequence[bool]) -> None:
        """Learns whether the bound is met by now."""
        group = len(self._sizes)
        self._sizes[group] = size
        self._judged += [(group, each) for each in wrong]
        high = share_of(self._judged, self._sizes)[2]
        self._met = high is not None and high <= BOUND


DESIGNS: dict[str, Callable[[], Checking]] = {"square_root": Square, "share": Whole, "stopping": Stopping}


def templates_of(rows: Rows) -> Sequence[int]:
    """The template of each message."""
    sketched = sketches([forms(text) for text, _ in rows], 1)
    return mine(range(len(rows)), sketched, Known({}, {})).template_ids


def groups_of(templates: Sequence[int], predicted: Sequence[tuple[str, float]], queue: int) -> list[list[int]]:
    """The positions of messages that are offered together, where so many at a time wait in the order of arrival."""
    groups: dict[tuple[int, int, str], list[int]] = defaultdict(list)
    for place, template in enumerate(templates):
        groups[place // queue, template, predicted[place][0]].append(place)
    pieces = [
        group[start : start + MOST_MEMBERS] for group in groups.values() for start in range(0, len(group), MOST_MEMBERS)
    ]
    return [piece for piece in pieces if len(piece) >= LEAST_GROUP]


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

    def __init__(self, rows: Rows, seed: int, *, in_two_looks: bool = True) -> None:
        self._rows = rows
        self._in_two_looks = in_two_looks
        self._classes = sorted({label for _, label in rows})
        self._random = random.Random(seed)

    def look(self, place: int) -> str:
        """What the reviewer sees in a message."""
        truth = self._rows[place][1]
        if self._random.random() >= ERRS:
            return truth
        return self._random.choice([klass for klass in self._classes if klass != truth])

    def one_by_one(self, places: Sequence[int]) -> Work:
        """Each by itself."""
        return Work(len(places), sum(self.wrong(place) for place in places), alone=len(places))

    def wrong(self, place: int) -> bool:
        """Whether the reviewer errs on it now."""
        return self.look(place) != self._rows[place][1]

    def as_group(self, shown: Sequence[int], group: Sequence[int], checking: Checking, seed: str) -> tuple[Work, Work]:
        """By the group's one decision; and one by one what it leaves."""
        first = first_of(len(shown)) if self._in_two_looks else len(shown)
        seen = {place: self.look(place) for place in shown[:first]}
        if len(set(seen.values())) > 1:  # one is taken out, and the others are shown
            seen |= {place: self.look(place) for place in shown[first:]}
        klass, n = Counter(seen.values()).most_common(1)[0]
        looked = Work(shown=len(seen), decisions=1)
        if len(seen) - n > GIVES_UP * len(seen):
            return looked, self.one_by_one(group)
        left = [place for place in group if seen.get(place, klass) == klass]
        unseen = [place for place in left if place not in seen]
        checks = choose(unseen, checking.wanted(len(unseen)), seed)
        judged = set(left) - set(checks)
        checking.heard(len(unseen) - len(checks), [self.look(place) != klass for place in checks])
        decided = Work(len(judged), sum(self._rows[place][1] != klass for place in judged))
        return looked + decided, self.one_by_one([place for place in group if place not in judged])


def band_of(size: int) -> str:
    """The band of a group's size."""
    return next(band for band, (least, most) in BANDS.items() if least <= size <= most)


def total(parts: Iterable[Work]) -> Work:
    """All of it together."""
    return sum(parts, Work())


def shown_of_groups(rows: Rows, predicted: Sequence[tuple[str, float]], groups: Sequence[list[int]]) -> list[list[int]]:
    """What is shown of each group; it does not depend on the reviewer."""
    return [
        [group[place] for place, _ in spread(members_of(rows, predicted, group), 0, str(n))]
        for n, group in enumerate(groups)
    ]


def words_varying(
    rows: Rows, predicted: Sequence[tuple[str, float]], groups: Sequence[list[int]], shown: Sequence[list[int]]
) -> float:
    """The mean number of words that a shown message has of its own."""
    own = [
        len(member.varying.split())
        for group, looked in zip(groups, shown, strict=True)
        for member in members_of(rows, predicted, group)
        if member.task_id in looked
    ]
    return round(sum(own) / len(own), 1) if own else 0.0


def grouped(
    rows: Rows,
    groups: Sequence[list[int]],
    shown: Sequence[list[int]],
    design: Callable[[], Checking],
    *,
    in_two_looks: bool = True,
) -> list[list[tuple[Work, Work]]]:
    """The work of each group, by seed."""
    done = []
    for seed in SEEDS:
        reviewer, checking = Reviewer(rows, seed, in_two_looks=in_two_looks), design()
        done.append([reviewer.as_group(shown[n], group, checking, f"{seed}:{n}") for n, group in enumerate(groups)])
    return done


def worked(name: str, rows: Rows) -> dict[str, Any]:
    """Work through a set both ways, over all seeds; prints and gives what came of it."""
    predicted, templates = predictions(rows), templates_of(rows)
    groups = groups_of(templates, predicted, len(rows))
    shown = shown_of_groups(rows, predicted, groups)
    inside = [place for group in groups for place in group]
    single = total(Reviewer(rows, seed).one_by_one(inside) for seed in SEEDS)
    outside = total([Work(labels=len(rows) - len(inside), alone=len(rows) - len(inside))] * len(SEEDS))
    designs = {design: grouped(rows, groups, shown, checking) for design, checking in DESIGNS.items()}
    designs["one_look"] = grouped(rows, groups, shown, Square, in_two_looks=False)
    designs["share_one_look"] = grouped(rows, groups, shown, Whole, in_two_looks=False)
    own = designs["square_root"]
    both = {design: total(part for seed in done for work in seed for part in work) for design, done in designs.items()}
    decided = {design: total(work[0] for seed in done for work in seed) for design, done in designs.items()}
    pairs = [(len(group), work) for seed in own for group, work in zip(groups, seed, strict=True)]
    sizes = {band: total(part for size, work in pairs if band_of(size) == band for part in work) for band in BANDS}
    facts: dict[str, Any] = {
        "messages": len(rows),
        "in_groups": round(len(inside) / len(rows), 4),
        "groups": len(groups),
        "times_in_groups": round(both["square_root"].times(), 2),
        "times_whole": round((both["square_root"] + outside).times(), 2),
        "error_groups": round(decided["square_root"].error, 4),
        "error_single": round(single.error, 4),
        "by_size": {band: round(work.times(), 2) for band, work in sizes.items() if work.labels},
        "by_design": {design: round(work.times(), 2) for design, work in both.items()},
        "error_by_design": {design: round(work.error, 4) for design, work in decided.items()},
        "words_varying": words_varying(rows, predicted, groups, shown),
        "slower_looks": {str(seconds): round(both["square_root"].times(seconds), 2) for seconds in SLOWER},
    }
    print(f"{name:16s} " + "  ".join(f"{key} {value}" for key, value in facts.items()), flush=True)
    return facts


def in_queues(rows: Rows) -> dict[str, dict[str, float]]:
    """What becomes of it where fewer messages wait at a time: in groups, how large a part that is, and over all."""
    predicted, templates = predictions(rows), templates_of(rows)
    found = {}
    for queue in QUEUES:
        groups = groups_of(templates, predicted, queue)
        done = grouped(rows, groups, shown_of_groups(rows, predicted, groups), Square)
        inside = sum(map(len, groups))
        both = total(part for seed in done for work in seed for part in work)
        outside = Work(labels=(len(rows) - inside) * len(SEEDS), alone=(len(rows) - inside) * len(SEEDS))
        found[str(queue)] = {
            "in_groups": round(inside / len(rows), 4),
            "times_in_groups": round(both.times(), 2),
            "times_whole": round((both + outside).times(), 2),
        }
    return found


def beside(url: str) -> tuple[float, float, float]:
    """A group of MOST_MEMBERS judged while somebody else judges without a pause.

    Gives the group's seconds, the 95th percentile of the other's verdicts meanwhile in ms, and the ms that it takes to
    say what stands below six messages in hand.
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
        held = desk.claim(ada, 6).result()
        with store.read() as connection:
            feet(connection, ada, [message.lease_id for message in held])
            told = min(timed(lambda: feet(connection, ada, [m.lease_id for m in held]))[1] for _ in range(5))
        seen = look(store, ada, held[0].lease_id)
        group = desk.judge_group(ada, GroupGiven(str(uuid.uuid4()), seen.token, "spam"), SHARE)
        began, took = time.perf_counter(), []
        while not group.done():
            message = desk.claim(bela).result()[0]
            given = Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam")
            took.append(1000 * timed(desk.judge(bela, given).result)[1])
        group.result()
        return time.perf_counter() - began, sorted(took)[int(0.95 * len(took))], 1000 * told


def main() -> None:
    """Compare."""
    if not DATA.is_dir():
        raise SystemExit("no real SMS here: set TALLYROOM_SMS_DATA to the folder that holds SMSSpamCollection")
    real = {name: worked(name, load()) for name, load in REAL.items()}
    corpus, seconds = timed(lambda: worked("made-up corpus", made_up()))
    queues = in_queues(made_up())
    print("The made-up corpus where fewer wait at a time: " + "  ".join(f"{n}: {told}" for n, told in queues.items()))
    sqlite = beside("sqlite:///tallyroom.db")
    with postgresql() as url:
        on_postgresql = beside(url)
    for name, (took, p95, told) in (("SQLite", sqlite), ("PostgreSQL", on_postgresql)):
        print(
            f"{name}: a group of {MOST_MEMBERS} is judged in {took:.1f} s; somebody else's verdicts meanwhile, p95, "
            f"{p95:.0f} ms; what stands below six messages is told in {told:.0f} ms."
        )
    print("The ratio is that within the made-up corpus's groups; all other figures are beside it.")
    every = [facts for facts in (*real.values(), corpus) if facts["groups"]]
    report(
        "lookalikes",
        ratio=corpus["times_in_groups"],
        equal=all(facts["error_groups"] <= facts["error_single"] for facts in every),
        size=MADE_UP,
        seconds=seconds,
        corpus=corpus,
        queues=queues,
        real=real,
        group_seconds={"sqlite": round(sqlite[0], 2), "postgresql": round(on_postgresql[0], 2)},
        beside_p95_ms={"sqlite": round(sqlite[1]), "postgresql": round(on_postgresql[1])},
        below_ms={"sqlite": round(sqlite[2], 1), "postgresql": round(on_postgresql[2], 1)},
    )
