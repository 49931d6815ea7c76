"""The quality pane's rows: of the messages that its view chooses, from what the run has kept of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quality import Known, add_known
from rooms import CLASSES
from servers import make_folder
from sklearn.metrics import f1_score, roc_auc_score

from core import Project
from core.store import Store
from dashboard.figures import figures_of
from dashboard.figures.curve_figure import EARLIER, ONLY_FOLDS
from dashboard.reading import Reading, look
from dashboard.samples import Samples
from dashboard.view_state import Drawing
from dashboard.views import View

LINKS = "kind:has a link"


@pytest.fixture
def project(store: Store, store_url: str, tmp_path: Path) -> Iterator[Project]:
    project = Project(make_folder(tmp_path, store_url))
    yield project
    project.close()


def drawn(project: Project, **view: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tables and the words that a page of this view gets, as JSON has them."""
    with look(project, Samples(project.classes)) as common:
        state = Drawing(project.classes, "quality", masks=False).state(
            Reading(common, View(pane="quality", **view)), None, None
        )
    return json.loads(json.dumps([state.tables, state.words], allow_nan=False))  # type: ignore[no-any-return]


def total(rows: dict[str, Any]) -> int:
    return sum(row["n"] for row in rows.values())


def test_probabilities_come_out_of_the_store_as_the_run_gave_them(store: Store, project: Project) -> None:
    known = add_known(store)
    with look(project, Samples(project.classes)) as common:
        sample = Reading(common, View(pane="quality")).sample
    assert sample.probabilities is not None
    assert sample.message_ids.tolist() == known.ids[::-1]
    assert sample.probabilities[::-1] == pytest.approx(known.probabilities, abs=1e-6)
    assert sample.confidence == pytest.approx(sample.probabilities.max(axis=1), abs=1e-6)


def test_figures_of_a_run_on_folds(store: Store, project: Project) -> None:
    known = add_known(store)
    tables, words = drawn(project)
    right = known.truth == known.predicted
    assert total(tables["calibration.bins"]) == 300
    assert (total(tables["scores.right"]), total(tables["scores.wrong"])) == (right.sum(), (~right).sum())
    for code, klass in enumerate(CLASSES):
        area = tables["roc.areas"][klass]
        assert area["value"] == pytest.approx(
            roc_auc_score(known.truth == code, known.probabilities[:, code]), abs=1e-4
        )
        assert area["low"] < area["value"] <= area["high"]
        f1 = f1_score(known.truth, known.predicted, average=None)[code]
        assert tables["per_class.marks"][f"f1|{klass}"]["x"] == pytest.approx(f1, abs=1e-4)
    half = tables["threshold.curve"]["0.50"]
    assert half["n"] == (known.confidence >= 0.5).sum()
    assert half["mistakes"] == ((known.confidence >= 0.5) & ~right).sum()
    assert len([key for key in tables["folds.dots"] if key.endswith("|")]) == 2
    accuracy = tables["metrics.rows"]["accuracy"]
    assert accuracy["mean"] == pytest.approx(right.mean(), abs=0.01)
    assert accuracy["low"] < accuracy["mean"] < accuracy["high"]
    links = tables["by_slice.slices"][LINKS]
    assert (links["n"], links["wrong"]) == (100, (~right & known.has_link).sum())
    assert words["quality-of"] == {"run": known.run_id, "model": "char-svc v1", "against": "folds"}
    assert words["has-threshold"]
    assert words["threshold-n"] == 300


@pytest.mark.parametrize("against", ["folds", "verdicts"])
def test_a_slice_and_hours_narrow_every_figure_to_the_same_messages(
    store: Store, project: Project, against: str
) -> None:
    known = add_known(store, judged=300)
    hours = np.unique(known.hours)[1:3]
    when = "..".join(np.datetime_as_string(np.datetime64(int(hour), "h"), unit="h") for hour in hours)
    inside = known.has_link & np.isin(known.hours, hours)
    tables, words = drawn(project, against=against, slice=LINKS, when=when)
    n = int(inside.sum())
    assert n == 40
    assert total(tables["calibration.bins"]) == words["threshold-n"] == n
    assert total(tables["scores.right"]) + total(tables["scores.wrong"]) == n
    assert total(tables[f"confusion.{against}"]) == n
    assert tables["by_slice.slices"][LINKS]["n"] == n
    of = words["quality-of"]
    assert (of["slice"], of["against"]) == (LINKS, against)
    assert (of["since"], of["until"]) == (hours[0] * 3_600_000, (hours[1] + 1) * 3_600_000)


def test_curves_say_what_they_lack(store: Store, project: Project) -> None:
    """The office's messages have the probability of the predicted class alone; an earlier version kept none other."""
    add_known(store, keeps_margins=False)
    for against, sentence in (("verdicts", ONLY_FOLDS), ("folds", EARLIER)):
        tables, words = drawn(project, against=against)
        assert tables["roc.points"] == tables["precision_recall.points"] == {}
        assert words["roc-empty"] == words["precision_recall-empty"] == sentence
        assert not words["has-roc"]
        assert words["has-calibration"]


def test_a_pane_of_nothing_says_what_fills_it(store: Store, project: Project) -> None:
    for view in ({}, {"against": "verdicts"}, {"slice": LINKS}):
        _, words = drawn(project, **view)
        assert not any(
            words[f"has-{figure.name}"] for figure in figures_of("quality", CLASSES) if figure.name != "confusion"
        )
        assert words["calibration-empty"].endswith(".")
        assert words["calibration-note"] == ""


def test_a_cell_is_a_share_of_its_row_its_column_and_all(store: Store, project: Project) -> None:
    known: Known = add_known(store)
    tables, _ = drawn(project)
    cell = tables["confusion.folds"]["spam|personal"]
    spam, called = known.truth == 2, known.predicted == 0
    n = int((spam & called).sum())
    assert cell["n"] == n
    for norm, of in (("row", spam.sum()), ("col", called.sum()), ("all", 300)):
        assert cell[f"{norm}_share"] == f"{100 * n / of:.1f} %"
