"""A room in which every text that somebody can choose tries to break the pages: a real one, made by the real pipeline.

Whatever in it becomes markup is noticed: each payload brings an `<x-pwn>` element, which the canary (`CANARY`) defines
in every page, and a script that calls `pwned()`.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import uuid
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from core import Project
from core.store.models import (
    DatasetId,
    Message,
    PipelineLog,
    PipelineRun,
    PipelineTask,
    Run,
    SearchState,
    TrialState,
)
from core.store.records.trials import NewSearch, NewTrial, begin_search, begin_trial, end_search, end_trial, note_fold
from labeling.alarms import open_alarm
from labeling.comparisons import add_note, ask_office, open_comparison
from labeling.desk import Desk
from labeling.models import Role, VerdictKind
from labeling.people import add_person
from labeling.queues import QueueSpec, chosen, create
from labeling.verdicts import Given

SCRIPT = "<script>pwned()</script><x-pwn></x-pwn>"
IMAGE = "<img src=x onerror=pwned()>"
PAYLOADS = (
    SCRIPT,
    f"{IMAGE}<x-pwn>",
    "\"'><x-pwn></x-pwn><svg/onload=pwned()>",
    "' onfocus='pwned()' autofocus x='",
    "</textarea></title></style></script><x-pwn></x-pwn><svg onload=pwned()>",
    "{{7*7}}{% raw %}<%= pwned() %><%- '<x-pwn>' %>${pwned()}#{pwned()}@body{safe}",
    "<!-- <x-pwn> --><x-pwn><!--",
    "</style><style>body{display:none}</style><x-pwn>",
    "javascript:pwned() http://javascript:pwned()@x.test/ <a href=javascript:pwned()>x</a><x-pwn>",
    "<iframe srcdoc='<script>parent.pwned()</script>'></iframe><x-pwn>",
    "<math><mtext></mtext><mglyph><x-pwn></math>&lt;x-pwn&gt;&#60;x-pwn&#62;\\u003cx-pwn>",
    "`${pwned()}`<template shadowrootmode=open><x-pwn></template>",
    "=HYPERLINK(\"http://x.test\",\"<x-pwn>\")",
    "__proto__ constructor toString",
)  # fmt: skip
HIDDEN = "\u202egnp.exe\u202c \u200b\u2066\ufeff\u00ad\u061c\x1b[31m\u2028"
ZALGO = "z" + "\u0335\u0301\u0316" * 120
LONE = "\u0301\u20dd lone marks"
LONG_WORD = "W" * 5_000
EMOJI = "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿" * 40
TEXTS = (*PAYLOADS, HIDDEN, ZALGO, LONE, LONG_WORD, EMOJI, "مرحبا " * 40, "line\n" * 400)
HUGE = 10_000_000
CLASSES = ("<img src=x onerror=pwned()><x-pwn>", "\"'><x-pwn>{{7*7}}|${pwned()}", "W" * 60)
"""As long as a class may be called; with the sign that parts the two classes of a cell's key."""
DATASET = "data <x-pwn> \u202e=1+1"
NAME_MOST = 80
CANARY = """
globalThis.pwnedBy = [];
globalThis.pwned = () => { globalThis.pwnedBy.push("a script ran"); };
for (const name of ["alert", "confirm", "prompt"]) globalThis[name] = pwned;
customElements.define("x-pwn", class extends HTMLElement {
  connectedCallback() { pwnedBy.push("a node was injected"); }
});
addEventListener("securitypolicyviolation",
  (event) => pwnedBy.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


def dangerous(number: int) -> str:
    """One of the texts."""
    return TEXTS[number % len(TEXTS)]


def make_hostile_room(folder: Path, url: str, *, messages: int = 240, huge: int = HUGE) -> Project:
    """The room in `folder`: ingested, trained, with two runs, queues, a comparison, notes, people and alarms."""
    _write(folder, url, messages, huge)
    project = Project(folder)
    project.upgrade_store()
    subprocess.run(
        [sys.executable, "-m", "dashboard.command", "run", "--room", str(folder)],
        check=True,
        capture_output=True,
        env={**os.environ, "TALLYROOM_HOME": str(folder)},
    )
    _furnish(project)
    return project


def _write(folder: Path, url: str, messages: int, huge: int) -> None:
    (folder / "dictionaries").mkdir()
    (folder / "tallyroom.toml").write_text(_settings(url), "utf-8")
    (folder / "guide.md").write_text("# " + SCRIPT + "\n\n**" + IMAGE + "**\n\n- " + "\n- ".join(TEXTS[:14]), "utf-8")
    columns = {"body": "text", "sender": "from", "label": "kind", "key": "id"}
    source = {"name": "in <x-pwn>", "kind": "csv", "path": "in.csv", "columns": columns, "max_field_chars": 2 * HUGE}
    dictionary = {"version": 1, "dataset": DATASET, "sources": [source]}
    (folder / "dictionaries" / f"{DATASET}.yaml").write_text(json.dumps(dictionary), "utf-8")
    rules = [
        {"name": f"rule {text}"[:100], "class": CLASSES[number % 3], "pattern": f"word{number % 3}"}
        for number, text in enumerate((*PAYLOADS, "\u202egnp"))
    ]
    (folder / "rules.yaml").write_text(json.dumps({"version": 1, "rules": rules}), "utf-8")
    draw = random.Random(7)
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "text", "from", "kind"))
        for number in range(messages):
            kind = number % 3
            text = f"word{kind if draw.random() < 0.85 else (kind + 1) % 3} {dangerous(number // 3)} {number}"
            label = CLASSES[kind] if number < 0.8 * messages else ""
            writer.writerow((f"{number}{SCRIPT}", text, dangerous(number + 5)[:4_000], label))
        if huge:
            writer.writerow(("huge", f"<x-pwn>{IMAGE} word1 " * (huge // 38), "huge", CLASSES[1]))


def _settings(url: str) -> str:
    names = ", ".join(json.dumps(klass) for klass in CLASSES)
    return f"""[room]
name = {json.dumps(SCRIPT + "</title>" + IMAGE[:20])[:90]}
classes = [{names}]
[store]
url = "{url}"
[pipeline]
dataset = {json.dumps(DATASET)}
candidates = ["word-cnb", "word-logreg"]
folds = 3
split = "random"
curve = [0.5, 1.0]
[desk]
blind_share = 0.0
[[alarms]]
sign = "queue_dry"
name = {json.dumps(IMAGE + "<x-pwn>")}
limit = 100000
for_seconds = 0
"""


def _fail_task(connection: Connection) -> None:
    """The file could not be read, by what its machine and its library say of it."""
    fingerprint = connection.execute(
        select(PipelineTask.fingerprint).where(PipelineTask.family == "IngestPart").limit(1)
    ).scalar_one()
    said = {"state": "failed", "error": f"{SCRIPT} \u202e{IMAGE}", "host": f"<x-pwn>{IMAGE}"[:200], "attempt": 2}
    params = {"part": f"in <x-pwn>{IMAGE}\u202e.csv"}
    connection.execute(
        update(PipelineTask).where(PipelineTask.fingerprint == fingerprint).values(**said, params=params)
    )
    lines = [{"fingerprint": fingerprint, "token": 1, "attempt": 2, "line": text[:1_000]} for text in TEXTS]
    connection.execute(insert(PipelineLog), lines)
    connection.execute(update(PipelineRun).values(error=f"<x-pwn>{IMAGE}\u202e", account=f"<x-pwn>{SCRIPT}"[:200]))


def _searched(connection: Connection, dataset: DatasetId) -> None:
    """A search over candidates from outside, whose names and errors are anybody's."""
    params = {"features": ["<x-pwn>"], "estimators": [IMAGE], "workers": 2, "sampler": "tpe", "max_bytes": None}
    new = NewSearch(dataset, "f" * 16, 1, 190, 3, 60_000, params, {})
    search = begin_search(connection, new, 1_790_000_000_000, 1_790_000_060_000)
    assert search is not None
    for number, state in enumerate((TrialState.DONE, TrialState.STOPPED, TrialState.FAILED)):
        name = f"<x-pwn>({IMAGE}\u202e={'W' * 60})-{SCRIPT}"[:200]
        trial = begin_trial(connection, NewTrial(search, number, name, f"<x-pwn>:{number}", warm=True, linear=True))
        note_fold(connection, trial, [0.7 + 0.1 * number] * (3 - number), 1.0)
        why = None if state == TrialState.DONE else f"{IMAGE}\u202e {'W' * 300}"
        end_trial(connection, trial, state, why, model_bytes=1_000)
    end_search(connection, search, SearchState.STOPPED, None, f"{SCRIPT}<x-pwn>\u202e")


def _furnish(project: Project) -> None:
    store, dataset = project.store, project.dataset_id
    store.write(_fail_task)
    store.write(lambda connection: _searched(connection, dataset))
    lead = add_person(store, IMAGE + "<x-pwn>", Role.LEAD)
    for number, text in enumerate(TEXTS):
        add_person(store, f"{number}{text}"[:NAME_MOST], Role.REVIEWER)
    with store.read() as connection:
        runs = list(connection.execute(select(Run.id).order_by(Run.id)).scalars())
        huge = connection.execute(select(Message.id).where(Message.key == "huge")).scalar()
        ids = list(connection.execute(select(Message.id).order_by(Message.id)).scalars())
    for number, text in enumerate(PAYLOADS[:8]):
        name, guide = f"{number} {text}"[:200], "\n\n".join(TEXTS[:14])
        spec = QueueSpec(name, guide=guide, priority=number, overlap=2, blind_share=0.0, order="newest")
        made = store.write(lambda c, spec=spec: create(c, dataset, spec))  # type: ignore[misc]
        chosen(store, made, [*([huge] if huge and number == 7 else []), *ids[number::8]])
    name = f"{SCRIPT}{IMAGE}\u202e{'W' * 120}"[:200]
    comparison = store.write(lambda c: open_comparison(c, dataset, name, runs[0], runs[1], by=lead.id))
    for text in (*TEXTS, "W" * 2_000):
        store.write(lambda c, t=text: add_note(c, comparison, str(uuid.uuid4()), t[:2_000], by=lead.id))  # type: ignore[misc]
    _judge(project)
    ask_office(store, dataset, comparison, by=lead.id, seed=1)
    for text in TEXTS:
        store.write(lambda c, t=text: open_alarm(c, "drift", t[:200], {"message_ids": ids[:5]}))  # type: ignore[misc]


def _judge(project: Project) -> None:
    """Two people say different things of some messages, and flag others with a note; of some they say the same."""
    desk = Desk(project.store, project.classes)
    for place, name in enumerate((f"one {IMAGE}<x-pwn>", f"two {HIDDEN}")):
        person = add_person(project.store, name[:NAME_MOST]).id
        for number in range(12):
            (message,) = desk.claim(person, 1).result()
            given = Given(
                str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, CLASSES[place * (number % 2)], seconds=2.0
            )
            if number > 8:
                given = replace(given, kind=VerdictKind.FLAG, klass=None, note=dangerous(number)[:2_000])
            desk.judge(person, given).result()
