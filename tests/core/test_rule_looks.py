"""A look at the rules is kept, opens the messages behind each count, and is made anew in time; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rooms import add_messages
from rules_room import open_rules_room

from core import Project
from core.errors import TallyroomError
from core.hit import OF_A_RULE, OF_THE_LOOK, Hit
from core.pipeline import judge_rules, run
from core.pipeline.judge_rules import JudgeRules
from core.pipeline.workshop import workshop
from core.store.models import DatasetId, Origin
from core.store.queries.behind import Behind, behind_in
from core.store.queries.messages import messages_behind
from core.store.queries.rule_looks import KeptReport, newest_look
from core.store.records.labels import set_label

PIPELINE = """retrain_after = 5
"""
RULES = """version: 1
rules:
  - {name: won, class: spam, pattern: won}
  - {name: prize, class: spam, pattern: prize}
  - {name: "<b>mum", class: personal, pattern: mum}
"""
BOTH, WON, PRIZE = 20, 30, 10


@pytest.fixture
def project(tmp_path: Path, store_url: str) -> Iterator[Project]:
    """Of `won` twenty hits conflict with `mum`, ten overlap with `prize`; of four judged three were right."""
    project = open_rules_room(tmp_path, store_url, RULES, PIPELINE)
    bodies = [f"mum won {n}" for n in range(BOTH)] + [f"won {n}" for n in range(WON)]
    ids = add_messages(project.store, bodies + [f"won a prize {n}" for n in range(PRIZE)])
    judge(project, ids[BOTH : BOTH + 3], "spam")
    judge(project, ids[:1], "personal")
    yield project
    project.close()


def judge(project: Project, ids: list[int], klass: str) -> None:
    for message_id in ids:
        project.store.write(lambda c, m=message_id: set_label(c, m, Origin.VERDICT, klass))  # type: ignore[misc]


def kept(project: Project) -> KeptReport:
    with project.store.read() as connection:
        found = newest_look(connection, project.dataset_id)
    assert found is not None
    return found


def opened(project: Project, rule: str | None, hit: Hit, other: str | None = None) -> list[str]:
    behind = Behind(None, rule=rule, hit=hit, other=other)
    assert behind_in(behind.query) == behind
    with project.store.read() as connection:
        return [row.body for row in messages_behind(connection, project.dataset_id, behind, limit=1_000).rows]


def test_every_count_of_a_rule_opens_as_many_messages_as_it_says(project: Project) -> None:
    judge_rules(project)
    won, _, mum = kept(project).report["rules"]
    counted = {
        Hit.ALL: won["hits"],
        Hit.ALONE: won["alone"],
        Hit.OVERLAPS: won["overlaps"],
        Hit.CONFLICTS: won["conflicts"],
        Hit.RIGHT: won["right"],
        Hit.WRONG: won["known"] - won["right"],
        Hit.UNJUDGED: won["hits"] - won["judged"],
        Hit.KNOWN: won["known"],
    }
    assert counted == {hit: len(opened(project, "won", hit)) for hit in OF_A_RULE}
    assert list(counted.values()) == [60, 30, 30, 20, 3, 1, 56, 4]
    assert won["meets"] == [{"rule": "<b>mum", "n": 20, "against": True}, {"rule": "prize", "n": 10, "against": False}]
    for each in won["meets"]:
        assert len(opened(project, "won", Hit.ALL, each["rule"])) == each["n"]
    assert opened(project, "<b>mum", Hit.WRONG) == []
    assert mum["verdicts"] == 1


def test_the_counts_of_a_whole_look_open_as_many_messages_as_they_say(project: Project) -> None:
    add_messages(project.store, ["hit by none"], source="one")
    judge_rules(project)
    report = kept(project).report
    counted = {Hit.SEEN: report["messages"], Hit.ANY: report["hit"], Hit.KNOWN: report["known"]}
    assert counted == {hit: len(opened(project, None, hit)) for hit in OF_THE_LOOK}
    assert list(counted.values()) == [61, 60, 4]
    with project.store.read() as connection, pytest.raises(TallyroomError, match="not looked at yet"):
        messages_behind(connection, DatasetId(99), Behind(None, hit=Hit.ANY))
    with pytest.raises(TallyroomError, match="all rules together"):
        Behind(None, rule="won", hit=Hit.ANY)


def test_hits_are_counted_over_time_and_a_bin_opens_its_messages(project: Project) -> None:
    judge_rules(project)
    report = kept(project).report
    assert report["unit"] == "hour"
    assert sum(report["rules"][0]["over_time"]) == 60
    since, n = report["starts"][-1], report["rules"][0]["over_time"][-1]
    behind = Behind(None, rule="won", since=since, until=since + report["length"])
    with project.store.read() as connection:
        assert len(messages_behind(connection, project.dataset_id, behind, limit=1_000).rows) == n


def test_a_look_is_made_anew_after_verdicts_or_messages_or_another_rule_and_else_read(project: Project) -> None:
    def due() -> bool:
        return not JudgeRules(room=workshop.enter(project)).complete()

    assert due()
    judge_rules(project)
    assert not due()
    first = kept(project)
    judge(project, add_messages(project.store, ["won again"], source="one"), "spam")
    assert not due(), "one verdict and one message"
    assert [each.hits for each in judge_rules(project)] == [60, 10, 20]
    assert kept(project) == first, "read, not made"
    ids = add_messages(project.store, [f"won {n}" for n in range(15)], source="more")
    assert due()
    judge_rules(project)
    assert kept(project).report["rules"][0]["hits"] == 76
    judge(project, ids[:5], "spam")
    assert due()
    assert judge_rules(project)[0].verdicts == 10
    (project.folder / "rules.yaml").write_text(RULES.replace("prize", "winner"))
    assert due()


def test_a_rule_that_nobody_has_looked_at_is_said_to_be_none(project: Project) -> None:
    for rule in ("won", "gone"):
        with project.store.read() as connection, pytest.raises(TallyroomError, match=f"no rule '{rule}'"):
            messages_behind(connection, project.dataset_id, Behind(None, rule=rule))
        judge_rules(project)
    with pytest.raises(TallyroomError, match="which rule"):
        Behind(1, other="won")


def test_a_rule_file_that_cannot_be_read_is_told_of_once(project: Project) -> None:
    (project.folder / "rules.yaml").write_text("version: 1\nrules:\n  - {name: a, class: spam, pattern: '('}\n")
    with pytest.raises(TallyroomError, match=r"rules.yaml:3.*no regular expression"):
        run(project)
