"""What a page computes from deltas is what the server has."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.state import ViewState, apply, delta, snapshot

rows = st.dictionaries(st.sampled_from("abcdef"), st.fixed_dictionaries({"x": st.integers(0, 3)}), max_size=5)
states = st.builds(
    ViewState,
    tables=st.fixed_dictionaries({"one": rows, "two": rows}),
    words=st.fixed_dictionaries({"title": st.sampled_from(["a", "b"])}),
)


@given(st.lists(states, min_size=1, max_size=6))
def test_a_page_that_applies_every_delta_has_the_servers_state(history: list[ViewState]) -> None:
    page = apply(ViewState(), json.loads(json.dumps(snapshot(history[0]))))
    for before, after in pairwise(history):
        change = delta(before, after)
        assert (change is None) == (snapshot(before) == snapshot(after) and orders(before) == orders(after))
        if change is not None:
            page = apply(page, json.loads(json.dumps(change)))
    assert snapshot(page) == snapshot(history[-1])
    assert orders(page) == orders(history[-1])


def orders(state: ViewState) -> dict[str, list[str]]:
    return {name: list(table) for name, table in state.tables.items()}


def test_a_new_row_sends_that_row_and_nothing_else() -> None:
    before = ViewState({"dots": {"1": {"y": 1}, "2": {"y": 2}}}, {"n": "2", "other": "same"})
    after = ViewState({"dots": {"1": {"y": 1}, "2": {"y": 2}, "3": {"y": 3}}}, {"n": "3", "other": "same"})
    assert delta(before, after) == {"kind": "delta", "tables": {"dots": {"set": {"3": {"y": 3}}}}, "words": {"n": "3"}}
