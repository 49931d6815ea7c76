"""From verdicts to truth: three ways with the same face, held against what was published."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from cleanlab.multiannotator import get_label_quality_multiannotator
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.consensus.crowdlab import Crowdlab, posterior, trusted
from labeling.consensus.dawid_skene import DawidSkene
from labeling.consensus.method import CONSENSUS, Fitted, Votes

CLASSES = ("personal", "notification", "spam")
# Dawid and Skene 1979, table 1: 45 patients; what the first of five observers said three times, and the others once.
PATIENTS = """1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111
2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222 1111111
1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 1111111 1111111 1212111 2322222
1211111 2222222""".split()  # noqa: SIM905
OBSERVERS = (1, 1, 1, 2, 3, 4, 5)


def anesthesia() -> pd.DataFrame:
    rows = [
        (patient, observer, said)
        for patient, answers in enumerate(PATIENTS, start=1)
        for observer, said in zip(OBSERVERS, answers, strict=True)
    ]
    return pd.DataFrame(rows, columns=["message_id", "person_id", "klass"])


def test_dawid_and_skene_find_what_they_published() -> None:
    method = DawidSkene("1234", office_weight=0.0)
    votes = Votes.of(anesthesia(), "1234")
    found = method.weigh(votes, None).posterior
    assert found.mean(axis=0).round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    first = method.confusion(votes, found)[0].round(2)
    assert first.tolist() == [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]
    held = method.fit(anesthesia()).messages.set_index("message_id")["klass"]
    assert (held[2], held[11], held[36], held[45]) == ("4", "4", "4", "2")


@st.composite
def offices(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Verdicts of two to five people on a few messages, and what a model says of these, never the same twice."""
    people, messages = draw(st.integers(2, 5)), draw(st.integers(2, 8))
    rows = [
        (message, person, draw(st.sampled_from(CLASSES)))
        for message in range(messages)
        for person in draw(st.sets(st.integers(0, people - 1), min_size=1))
    ]
    raw = draw(st.lists(st.floats(0.05, 1), min_size=3 * messages, max_size=3 * messages, unique=True))
    said = np.array(raw).reshape(messages, 3)
    return (
        pd.DataFrame(rows, columns=["message_id", "person_id", "klass"]),
        pd.DataFrame(said / said.sum(axis=1, keepdims=True), columns=list(CLASSES), index=range(messages)),
    )


def same(one: Fitted, other: Fitted) -> bool:
    # EM stops within 1e-8 of where it goes.
    near = np.allclose(one.messages["confidence"], other.messages["confidence"], atol=1e-6)
    sure = one.messages["confidence"] > 0
    return near and one.messages["klass"][sure].tolist() == other.messages["klass"][sure].tolist()


@pytest.mark.parametrize("name", CONSENSUS.names())
@settings(deadline=None, max_examples=60)
@given(office=offices(), chance=st.randoms(use_true_random=False))
def test_the_order_of_verdicts_does_not_matter(
    name: str, office: tuple[pd.DataFrame, pd.DataFrame], chance: random.Random
) -> None:
    verdicts, model = office
    order = list(range(len(verdicts)))
    chance.shuffle(order)
    method = CONSENSUS.get(name)(CLASSES)
    one, other = method.fit(verdicts, model), method.fit(verdicts.iloc[order], model.iloc[::-1])
    pd.testing.assert_frame_equal(one.messages, other.messages)
    pd.testing.assert_frame_equal(one.people, other.people)


@pytest.mark.parametrize("name", CONSENSUS.names())
@settings(deadline=None, max_examples=60)
@given(office=offices())
def test_other_names_for_the_classes_give_the_same_truth_in_those_names(
    name: str, office: tuple[pd.DataFrame, pd.DataFrame]
) -> None:
    verdicts, model = office
    renamed = dict(zip(CLASSES, ("a", "c", "b"), strict=True))
    method, other = CONSENSUS.get(name)(CLASSES), CONSENSUS.get(name)(tuple("abc"))
    here = method.fit(verdicts, model).messages
    there = other.fit(verdicts.assign(klass=verdicts["klass"].map(renamed)), model.rename(columns=renamed)).messages
    assert np.allclose(here["confidence"], there["confidence"], atol=1e-5)
    for mine, its in zip(here["klass"], there["klass"], strict=True):
        if mine is not None and its is not None:
            assert renamed[mine] == its


@pytest.mark.parametrize("name", CONSENSUS.names())
@given(klass=st.sampled_from(CLASSES), people=st.integers(2, 5), messages=st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_what_everybody_says_of_everything_stays(name: str, klass: str, people: int, messages: int) -> None:
    rows = [(m, p, klass) for m in range(messages) for p in range(people)]
    model = pd.DataFrame([[0.3, 0.3, 0.4]] * messages, columns=list(CLASSES))
    fitted = CONSENSUS.get(name)(CLASSES).fit(pd.DataFrame(rows, columns=["message_id", "person_id", "klass"]), model)
    assert set(fitted.messages["klass"]) == {klass}


def simulated(seed: int = 1, model_right: float = 0.95) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """300 messages by three of six people (right 95 to 55 times in 100), and a model."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, 3, 300)
    skills = np.array([0.95, 0.9, 0.9, 0.8, 0.7, 0.55])

    def off(true: int, right: float) -> int:
        return true if chance.random() < right else int((true + chance.integers(1, 3)) % 3)

    rows = [(m, p, CLASSES[off(truth[m], skills[p])]) for m in range(300) for p in chance.choice(6, 3, replace=False)]
    said = np.array([np.eye(3)[off(t, model_right)] * 0.7 + 0.1 for t in truth])
    return (
        pd.DataFrame(rows, columns=["message_id", "person_id", "klass"]),
        pd.DataFrame(said, columns=list(CLASSES)),
        truth,
    )


def test_crowdlab_weighs_as_cleanlab_does() -> None:
    verdicts, model, _ = simulated()
    votes = Votes.of(verdicts, CLASSES)
    aligned = votes.aligned(model)
    assert aligned is not None
    ours = posterior(votes, aligned, trusted(votes, votes.counts(), aligned))
    labels = np.full((300, 6), np.nan)
    labels[votes.what, votes.who] = votes.said
    theirs = get_label_quality_multiannotator(labels, aligned, verbose=False)["label_quality"]
    consensus = theirs["consensus_label"].to_numpy()
    assert np.allclose(ours[np.arange(300), consensus], theirs["consensus_quality_score"], atol=1e-6)


def test_where_one_class_is_most_of_the_messages_crowdlab_hears_people_and_model() -> None:
    chance = np.random.default_rng(3)
    truth = chance.choice(3, 600, p=[0.8, 0.1, 0.1])
    skills = np.array([0.95, 0.9, 0.85, 0.8, 0.75, 0.7])

    def off(true: int, right: float) -> int:
        return true if chance.random() < right else int((true + chance.integers(1, 3)) % 3)

    rows = [(m, p, CLASSES[off(truth[m], skills[p])]) for m in range(600) for p in chance.choice(6, 2, replace=False)]
    verdicts = pd.DataFrame(rows, columns=["message_id", "person_id", "klass"])
    model = pd.DataFrame([np.eye(3)[off(t, 0.93)] * 0.7 + 0.1 for t in truth], columns=list(CLASSES))
    right = {}
    for name in CONSENSUS.names():
        fitted = CONSENSUS.get(name)(CLASSES).fit(verdicts, model)
        assert fitted.by == name
        right[name] = float((fitted.messages["klass"] == np.array(CLASSES)[truth]).mean())
    assert right["crowdlab"] > right["dawid_skene"]
    assert right["crowdlab"] > 0.93, "better than the model alone"


def test_who_is_better_is_told_and_truth_gains_by_it() -> None:
    verdicts, model, truth = simulated()
    right = {}
    for name in CONSENSUS.names():
        fitted = CONSENSUS.get(name)(CLASSES).fit(verdicts, model)
        right[name] = float((fitted.messages["klass"] == np.array(CLASSES)[truth]).mean())
        quality = fitted.people.set_index("person_id")["quality"]
        assert quality[[0, 1, 2]].min() > quality[[4, 5]].max(), name
        assert quality.idxmin() == 5
    assert right["dawid_skene"] > right["majority"]
    assert right["crowdlab"] > right["majority"]


def test_a_message_of_which_nothing_is_likelier_than_all_else_has_no_truth() -> None:
    rows = pd.DataFrame([(1, 1, "spam"), (1, 2, "personal")], columns=["message_id", "person_id", "klass"])
    assert CONSENSUS.get("majority")(CLASSES).fit(rows).messages["klass"].tolist() == [None]
    assert CONSENSUS.get("crowdlab")(CLASSES).fit(rows).messages["klass"].tolist() == [None]


def test_crowdlab_without_a_model_or_a_second_opinion_does_with_what_there_is() -> None:
    rows = pd.DataFrame([(1, 1, "spam"), (2, 1, "personal")], columns=["message_id", "person_id", "klass"])
    assert Crowdlab(CLASSES).fit(rows).messages["klass"].tolist() == ["spam", "personal"]
    assert len(Crowdlab(CLASSES).fit(rows.iloc[:0]).messages) == 0
    with pytest.raises(ValueError, match="no class here"):
        Crowdlab(("a", "b")).fit(rows)


def test_where_one_class_is_most_of_the_messages_people_are_still_heard() -> None:
    chance = np.random.default_rng(3)
    truth = (chance.random(400) < 0.1).astype(int)
    rows = [
        (m, p, CLASSES[truth[m] if chance.random() < 0.85 else int(chance.integers(0, 3))])
        for m in range(400)
        for p in chance.choice(6, 3, replace=False)
    ]
    model = pd.DataFrame([[0.9, 0.05, 0.05]] * 400, columns=list(CLASSES))  # knows the commonest class and nothing else
    verdicts = pd.DataFrame(rows, columns=["message_id", "person_id", "klass"])
    votes = Votes.of(verdicts, CLASSES)
    aligned = votes.aligned(model)
    assert aligned is not None
    assert trusted(votes, votes.counts(), aligned).people.max() < 0.001
    fitted = Crowdlab(CLASSES).fit(verdicts, model)
    assert fitted.by == "dawid_skene", "it says which way was taken"
    held = fitted.messages["klass"].to_numpy()
    assert (held[truth == 1] == CLASSES[1]).mean() > 0.9
