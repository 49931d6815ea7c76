"""The rules' labels follow what is known of the rules, and move only where that matters; on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from rooms import add_messages
from rules_room import open_rules_room
from sqlalchemy import select

from core import Project
from core.pipeline import judge_rules
from core.pipeline.rule_accuracies import label_model
from core.pipeline.tag import tag
from core.store import check
from core.store.models import Label, Message, Origin, Truth
from core.store.records.labels import set_label

PIPELINE = """retrain_after = 10
"""
RULES = """version: 1
rules:
  - {name: won, class: spam, pattern: won}
  - {name: mum, class: personal, pattern: mum}
"""


@pytest.fixture
def project(tmp_path: Path, store_url: str) -> Project:
    project = open_rules_room(tmp_path, store_url, RULES, PIPELINE)
    both = [f"mum won {n}" for n in range(60)]
    add_messages(project.store, [*both, *[f"won {n}" for n in range(20)], *[f"mum {n}" for n in range(20)]])
    return project


def judge(project: Project, words: str, klass: str, n: int) -> None:
    with project.store.read() as connection:
        judged = select(Truth.message_id).where(Truth.origin == Origin.VERDICT)
        query = select(Message.id).where(Message.text.regexp_match(f"^{words} [0-9]"), Message.id.not_in(judged))
        ids = connection.execute(query.limit(n)).scalars().all()
    for message_id in ids:
        project.store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, klass))  # type: ignore[misc]


def labelled_by_rules(project: Project) -> list[str]:
    """The classes that the rules gave messages that both of them hit."""
    with project.store.read() as connection:
        newest = (
            select(Label.message_id, Label.klass)
            .join(Message, Message.id == Label.message_id)
            .where(Label.origin == Origin.RULE, Message.text.like("mum won%"))
            .order_by(Label.id)
        )
        return sorted({message_id: klass for message_id, klass in connection.execute(newest) if klass}.values())


def test_where_rules_conflict_the_label_is_that_of_the_rule_that_people_found_right(project: Project) -> None:
    assert tag(project) == 40
    assert labelled_by_rules(project) == [], "two rules of which nothing is known tie"
    judge(project, "mum won", "spam", 12)
    judge(project, "mum", "personal", 12)
    assert tag(project) == 60
    assert labelled_by_rules(project) == ["spam"] * 60
    won, mum = judge_rules(project)
    assert (won.verdicts, won.known, mum.verdicts) == (12, 12, 24)
    assert won.accuracy > mum.accuracy + 0.2
    assert mum.low < mum.accuracy < mum.high
    with project.store.read() as connection:
        assert check.check(connection) == []


def test_the_messages_are_labelled_anew_only_when_enough_was_judged_and_it_matters(project: Project) -> None:
    tag(project)
    judge(project, "mum won", "spam", 3)
    judge(project, "mum", "personal", 6)
    assert tag(project) == 0, "fewer than retrain_after"
    judge(project, "mum won", "spam", 1)
    assert tag(project) == 60
    before = label_model(project, project.scanner())  # type: ignore[arg-type]
    judge(project, "won", "spam", 12)
    assert tag(project) == 0, "the same messages come out alike"
    assert label_model(project, project.scanner()) == before  # type: ignore[arg-type]


def test_two_copies_of_a_rule_do_not_outvote_another_one(project: Project) -> None:
    (project.folder / "rules.yaml").write_text(RULES + "  - {name: won_again, class: spam, pattern: 'w.n'}\n")
    tag(project)
    assert labelled_by_rules(project) == []
    assert [each.copy_of for each in judge_rules(project)] == ["", "", "won"]
