"""People come in by a link of their own, once, and may do what their role says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from core.errors import AccessError
from core.store import Store
from labeling.models import DoorLink, DoorSession, Person, Role
from labeling.people import add_person, identify, issue_link, require, revoke, use_link


def test_a_link_lets_one_person_in_once(store: Store) -> None:
    ada = add_person(store, "Ada")
    token = issue_link(store, ada.id)
    session = use_link(store, token)
    assert identify(store, session) == ada
    with pytest.raises(AccessError, match="used already"):
        use_link(store, token)


def test_a_link_used_by_many_at_once_lets_one_in(store: Store) -> None:
    token = issue_link(store, add_person(store, "Ada").id)

    def enter(_n: int) -> bool:
        try:
            use_link(store, token)
        except AccessError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(enter, range(8))) == 1


def test_a_link_ends_with_its_time_and_an_invented_one_opens_nothing(store: Store) -> None:
    with pytest.raises(AccessError):
        use_link(store, issue_link(store, add_person(store, "Ada").id, lasts_ms=-1))
    with pytest.raises(AccessError):
        use_link(store, "invented")
    assert identify(store, "invented") is None


def test_the_store_keeps_no_token_that_opens_anything(store: Store) -> None:
    token = issue_link(store, add_person(store, "Ada").id)
    session = use_link(store, token)
    with store.read() as connection:
        kept = [*connection.execute(select(DoorLink.token_hash)).scalars()]
        kept += connection.execute(select(DoorSession.token_hash)).scalars()
    assert token not in kept
    assert session not in kept


@pytest.mark.parametrize("how", ["revoked", "expired", "removed"])
def test_a_session_that_has_ended_is_nobodys(store: Store, how: str) -> None:
    ada = add_person(store, "Ada")
    session = use_link(store, issue_link(store, ada.id))
    if how == "revoked":
        revoke(store, session)
    elif how == "expired":
        store.write(lambda c: c.execute(update(DoorSession).values(expires_at=1)))
    else:
        store.write(lambda c: c.execute(update(Person).values(active=False)))
        with store.read() as connection, pytest.raises(AccessError, match="no such person"):
            require(connection, ada.id, Role.VIEWER)
    assert identify(store, session) is None


def test_a_role_may_what_the_ones_below_it_may_and_no_more(store: Store) -> None:
    lead = add_person(store, "Lea", Role.LEAD)
    with store.read() as connection:
        assert require(connection, lead.id, Role.REVIEWER) == lead
        with pytest.raises(AccessError, match="Lea is a lead here; this takes a admin"):
            require(connection, lead.id, Role.ADMIN)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_name_is_there_and_short(store: Store, name: str) -> None:
    with pytest.raises(AccessError, match="1 to 80"):
        add_person(store, name)


def test_a_hostile_name_is_kept_as_text_in_one_form(store: Store) -> None:
    person = add_person(store, "  Ada\x00\n <script>'); DROP TABLE person;--\ud800 ")
    assert person.name == "Ada\ufffd <script>'); DROP TABLE person;--\ufffd"
    assert add_person(store, person.name, Role.ADMIN) == person, "who is there keeps their role"
