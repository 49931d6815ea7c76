"""Accounts: invited once, guessed at in vain, taken back at once; each act on record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from argon2 import PasswordHasher
from sqlalchemy import select, text, update

from core.errors import AccessError
from core.store import Store, schema
from core.store.engine import open_engine, parse_url
from core.store.models import Event
from labeling import audit
from labeling.models import DoorSession, Person, Role
from labeling.models_people import Account, ApiToken, Throttle
from labeling.people import (
    Entrance,
    PersonId,
    Scope,
    ThrottledError,
    accept,
    add_person,
    device_of,
    find_session,
    identify,
    identify_token,
    invite,
    invited,
    issue_link,
    issue_token,
    may_listen_outside,
    members,
    open_sessions,
    passwords,
    revoke_token,
    rotate,
    set_active,
    set_role,
    sign_in,
    sign_out,
    use_link,
)
from labeling.people.sessions import hash_of
from labeling.people.throttle import ACCOUNT

PASSWORD = "a heron on the roof"
GUESSES = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HOME = Entrance(address="10.0.0.7", agent="a browser")


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A guess costs nothing: the waits are the database's clock's, which many costly ones would outlast."""
    monkeypatch.setattr(passwords, "_hasher", lambda: GUESSES)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


def account(store: Store, name: str, role: Role = Role.REVIEWER) -> PersonId:
    """Somebody with the password of these tests."""
    accept(store, invite(store, name, role, by=None), PASSWORD)
    return add_person(store, name).id


def acts(store: Store) -> list[tuple[str | None, str, str]]:
    return [(entry.who, entry.action, entry.subject) for entry in audit.entries(store)][::-1]


def test_an_invitation_makes_one_account_with_the_role_inside(store: Store) -> None:
    token = invite(store, "Lea", Role.LEAD, by=None)
    assert invited(store, token) == "Lea"
    session = accept(store, token, PASSWORD, HOME)
    person = identify(store, session)
    assert person is not None
    assert (person.name, person.role) == ("Lea", Role.LEAD)
    assert invited(store, token) is None
    with pytest.raises(AccessError, match="used already"):
        accept(store, token, PASSWORD)
    assert identify(store, sign_in(store, "Lea", PASSWORD, HOME)) == person
    assert acts(store) == [
        (None, "invited", "Lea"),
        ("Lea", "password set", "Lea"),
        *[("Lea", "signed in", "Lea")] * 2,
    ]


def test_what_goes_on_record_is_told_to_the_pages_without_a_name(store: Store) -> None:
    invite(store, "Ida", Role.LEAD, by=None)
    with store.read() as connection:
        told = select(Event.payload).where(Event.kind == "audit")
        assert connection.execute(told).scalars().all() == [{"act": "invited"}]


def test_a_later_invitation_ends_the_earlier_and_an_expired_one_is_none(store: Store) -> None:
    first = invite(store, "Ada", by=None)
    second = invite(store, "Ada", by=None)
    assert (invited(store, first), invited(store, second)) == (None, "Ada")
    with pytest.raises(AccessError, match="expired"):
        accept(store, invite(store, "Bela", by=None, lasts_ms=-1), PASSWORD)


@pytest.mark.parametrize("password", ["short", "", "x" * 257, "Ada Ada Ada Ada", "aaaaaaaaaaaaaaaa"])
def test_a_password_is_long_and_not_the_name_and_a_refused_one_leaves_the_invitation_good(
    store: Store, password: str
) -> None:
    token = invite(store, "Ada", by=None)
    with pytest.raises(AccessError):
        accept(store, token, password)
    assert invited(store, token) == "Ada"


def test_a_password_is_the_same_from_every_keyboard_and_kept_as_argon2id(store: Store) -> None:
    composed, decomposed = "Brücke über die Spree", "Bru\u0308cke u\u0308ber die Spree"
    accept(store, invite(store, "Ada", by=None), composed)
    assert sign_in(store, "Ada", decomposed)
    with store.read() as connection:
        kept = connection.execute(select(Account.password_hash)).scalar_one()
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "at the price of RFC 9106's second choice"
    assert composed not in kept


def test_an_unknown_name_and_a_wrong_password_get_one_answer_for_one_price(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(store, "Ada")
    looked: list[str] = []
    verify = PasswordHasher.verify

    def watched(hasher: PasswordHasher, kept: str, password: str) -> bool:
        looked.append(kept.rsplit("$", 2)[0])
        return verify(hasher, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    told = []
    for name in ("Ada", "Nobody"):
        with pytest.raises(AccessError) as refused:
            sign_in(store, name, "not the password")
        told.append(refused.value.sentence)
    assert told[0] == told[1]
    assert len(looked) == 2
    assert looked[0] == looked[1], "a hash of the same costs is looked at for nobody, too"
    assert ("", "sign-in failed") in {(entry.subject, entry.action) for entry in audit.entries(store)}


@pytest.mark.usefixtures("cheap")
def test_a_thousand_guesses_at_once_get_nowhere_and_open_sessions_go_on(store: Store) -> None:
    account(store, "Ada")
    session = sign_in(store, "Ada", PASSWORD)

    def attempt(number: int) -> str:
        try:
            sign_in(store, "Ada", f"guess number {number}", Entrance(address=f"10.0.{number % 250}.1"))
        except ThrottledError:
            return "throttled"
        except AccessError:
            return "wrong"
        return "in"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(attempt, range(1_000)))
    assert outcomes.count("in") == 0
    assert outcomes.count("wrong") <= 12, "five are free, then the waits double"
    guess_for_an_hour(store, "Ada")  # the wait of this moment may just be over
    with pytest.raises(ThrottledError) as locked:
        sign_in(store, "Ada", PASSWORD)
    assert "Wait" in locked.value.fix
    assert identify(store, session) is not None
    store.write(lambda c: c.execute(update(Throttle).values(blocked_until=0)))
    assert sign_in(store, "Ada", PASSWORD)
    with store.read() as connection:
        key = select(Throttle.failures).order_by(Throttle.failures.desc()).limit(1)
        assert (connection.execute(key).scalar() or 0) <= 5, "the right password ends the account's wait"


def guess(
    store: Store, name: str, entrance: Entrance, password: str = "one password for all"
) -> type[Exception] | None:
    try:
        sign_in(store, name, password, entrance)
    except AccessError as error:
        return type(error)
    return None


def guess_for_an_hour(store: Store, name: str) -> None:
    """Somebody elsewhere guesses until they must wait; the wait is made so long that no slow machine outlasts it."""
    while guess(store, name, Entrance(address="192.0.2.1")) is AccessError:
        pass
    of_account = update(Throttle).where(Throttle.key == ACCOUNT.key(name))
    store.write(lambda c: c.execute(of_account.values(blocked_until=Throttle.blocked_until + 3_600_000)))


def clock_forward(store: Store, ms: int) -> None:
    """As if so much time had passed for the throttle."""
    earlier = {"last_at": Throttle.last_at - ms, "blocked_until": Throttle.blocked_until - ms}
    store.write(lambda c: c.execute(update(Throttle).values(**earlier)))


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.7"] * 30, [f"2001:db8:1:2::{n:x}" for n in range(30)], [f"::ffff:10.0.0.{7}", "10.0.0.7"] * 15],
    ids=["one", "many of one network", "one in two spellings"],
)
def test_one_address_that_tries_many_names_is_slowed_down_and_an_office_is_not_locked_out(
    store: Store, addresses: list[str]
) -> None:
    account(store, "Ada")
    outcomes = [guess(store, f"name {n}", Entrance(address=address)) for n, address in enumerate(addresses)]
    assert outcomes[:20] == [AccessError] * 20
    assert outcomes[21:] == [ThrottledError] * 9
    clock_forward(store, 11_000)
    assert sign_in(store, "Ada", PASSWORD, Entrance(address=addresses[0])), "a colleague waits for seconds, not hours"
    for number in range(50):  # a guess each ten seconds, for ever: the wait does not grow
        clock_forward(store, 11_000)
        assert guess(store, f"another {number}", Entrance(address=addresses[0])) is AccessError


@pytest.mark.usefixtures("cheap")
def test_guesses_from_elsewhere_do_not_keep_out_the_browser_that_was_here_before(store: Store) -> None:
    account(store, "Ada")
    account(store, "Eve")
    known = device_of(store, sign_in(store, "Ada", PASSWORD, HOME))
    guess_for_an_hour(store, "Ada")
    assert guess(store, "Ada", HOME, PASSWORD) is ThrottledError, "the same person at a new browser waits"
    at_home = Entrance(address="10.0.0.7", device=known)
    assert guess(store, "Ada", at_home) is AccessError
    assert sign_in(store, "Ada", PASSWORD, at_home)
    others = device_of(store, sign_in(store, "Eve", PASSWORD))
    nonce = known.split(".")[0]
    for forged in (others, f"{nonce}.0", nonce, f"x{known}", ".", "é.é"):
        assert guess(store, "Ada", Entrance(address="10.0.0.7", device=forged), PASSWORD) is ThrottledError, forged
    outcomes = [guess(store, "Ada", at_home) for _ in range(10)]
    assert outcomes.count(AccessError) <= 6, "a stolen one is throttled as well"
    accept(store, invite(store, "Ada", by=None), "another heron, another roof")
    guess_for_an_hour(store, "Ada")
    assert guess(store, "Ada", at_home, "another heron, another roof") is ThrottledError, "a new password ends it"


@pytest.mark.parametrize("how", ["deactivated", "demoted"])
def test_an_admin_who_loses_the_office_leaves_no_invitation_behind(store: Store, how: str) -> None:
    root, mallory = account(store, "Root", Role.ADMIN), account(store, "Mallory", Role.ADMIN)
    tokens = [invite(store, "Back door", Role.ADMIN, by=mallory), invite(store, "Ada", by=root)]
    if how == "deactivated":
        set_active(store, mallory, False, by=root)
    else:
        set_role(store, mallory, Role.VIEWER, by=root)
    assert [invited(store, token) for token in tokens] == [None, "Ada"]
    with pytest.raises(AccessError):
        accept(store, tokens[0], PASSWORD)


def test_an_invitation_that_waits_for_somebody_deactivated_is_over(store: Store) -> None:
    account(store, "Root", Role.ADMIN)
    ada = account(store, "Ada")
    token = invite(store, "Ada", by=None)
    set_active(store, ada, False, by=None)
    set_active(store, ada, True, by=None)
    assert invited(store, token) is None


def test_signing_in_ends_the_session_that_the_browser_brought(store: Store) -> None:
    account(store, "Ada")
    laid = use_link(store, issue_link(store, add_person(store, "Mallory").id))
    session = sign_in(store, "Ada", PASSWORD, Entrance(before=laid))
    assert session != laid
    assert identify(store, laid) is None


def test_another_role_asks_for_another_session_and_a_rotated_one_is_no_good(store: Store) -> None:
    ada = account(store, "Ada")
    session = sign_in(store, "Ada", PASSWORD)
    set_role(store, ada, Role.LEAD, by=None)
    assert identify(store, session) is None
    found = find_session(store, session)
    assert found is not None
    assert not found.current
    assert not open_sessions(store, [hash_of(session)])[hash_of(session)].current
    fresh = rotate(store, session)
    person = identify(store, fresh)
    assert person is not None
    assert person.role == Role.LEAD
    assert find_session(store, session) is None
    with pytest.raises(AccessError):
        rotate(store, session)


@pytest.mark.parametrize("how", ["idle", "old", "signed out", "deactivated"])
def test_sessions_end(store: Store, how: str) -> None:
    ada = account(store, "Ada")
    session = sign_in(store, "Ada", PASSWORD)
    if how == "idle":
        store.write(lambda c: c.execute(update(DoorSession).values(seen_at=DoorSession.seen_at - DoorSession.idle_ms)))
    elif how == "old":
        store.write(lambda c: c.execute(update(DoorSession).values(expires_at=1)))
    elif how == "signed out":
        assert sign_out(store, ada, by=ada) == 2
    else:
        account(store, "Root", Role.ADMIN)
        set_active(store, ada, False, by=None)
        with pytest.raises(AccessError, match="wrong"):
            sign_in(store, "Ada", PASSWORD)
        with pytest.raises(AccessError, match="deactivated"):
            invite(store, "Ada", by=None)
    assert find_session(store, session) is None
    assert open_sessions(store, [hash_of(session)]) == {}


def test_a_session_in_use_is_seen(store: Store) -> None:
    account(store, "Ada")
    session = sign_in(store, "Ada", PASSWORD)
    store.write(lambda c: c.execute(update(DoorSession).values(seen_at=DoorSession.seen_at - 120_000)))
    before = seen(store)
    assert set(open_sessions(store, [hash_of(session)])) == {hash_of(session)}
    store.write(lambda c: c.execute(select(Person.id)))  # on SQLite what was submitted is written by now
    assert wait_for(lambda: seen(store) > before)


def wait_for(holds: Callable[[], bool]) -> bool:
    """Whether it holds within ten seconds."""
    end = time.monotonic() + 10
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def seen(store: Store) -> int:
    with store.read() as connection:
        return (
            connection.execute(select(DoorSession.seen_at).order_by(DoorSession.seen_at.desc())).scalars().all()[0] or 0
        )


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER, Role.LEAD])
def test_only_an_admin_looks_after_people(store: Store, role: Role) -> None:
    asks, ada = account(store, "Asks", role), account(store, "Ada")
    acts_of_admins: list[Callable[[], object]] = [
        lambda: invite(store, "New", by=asks),
        lambda: set_role(store, ada, Role.ADMIN, by=asks),
        lambda: set_role(store, asks, Role.ADMIN, by=asks),
        lambda: set_active(store, ada, False, by=asks),
        lambda: sign_out(store, ada, by=asks),
        lambda: issue_token(store, ada, "theirs", by=asks),
    ]
    for act in acts_of_admins:
        with pytest.raises(AccessError, match="this takes a admin"):
            act()
    assert issue_token(store, asks, "own", by=asks)


def test_two_admins_who_demote_each_other_at_once_leave_one(store: Store) -> None:
    both = [account(store, name, Role.ADMIN) for name in ("Ann", "Bob")]

    def demote(number: int) -> bool:
        try:
            set_role(store, both[1 - number], Role.VIEWER, by=both[number])
        except AccessError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, range(2))) == [False, True]
    with store.read() as connection:
        assert len(connection.execute(select(Person).where(Person.role == Role.ADMIN)).all()) == 1
    last = next(person for person in both if is_admin(store, person))
    for act in (lambda: set_role(store, last, Role.LEAD, by=None), lambda: set_active(store, last, False, by=None)):
        with pytest.raises(AccessError, match="last admin"):
            act()


def is_admin(store: Store, person: PersonId) -> bool:
    with store.read() as connection:
        return connection.execute(select(Person.role).where(Person.id == person)).scalar_one() == Role.ADMIN


def test_a_token_is_its_persons_until_it_is_revoked(store: Store) -> None:
    ada = account(store, "Ada")
    token = issue_token(store, ada, "nightly", Scope.WRITE, by=ada)
    found = identify_token(store, token)
    assert found is not None
    assert (found.person.name, found.scope) == ("Ada", Scope.WRITE)
    prefix = "_".join(token.split("_")[:2])
    mallory = account(store, "Mallory")
    with pytest.raises(AccessError, match="admin"):
        revoke_token(store, prefix, by=mallory)
    assert identify_token(store, token) is not None
    revoke_token(store, prefix, by=ada)
    assert identify_token(store, token) is None
    expired = issue_token(store, ada, "old", by=None)
    store.write(lambda c: c.execute(update(ApiToken).values(expires_at=1)))
    assert identify_token(store, expired) is None
    assert identify_token(store, prefix) is None


def test_other_machines_may_come_in_once_an_admin_has_a_password(store: Store) -> None:
    add_person(store, "you", Role.ADMIN)
    account(store, "Lea", Role.LEAD)
    assert not may_listen_outside(store)
    account(store, "you")
    assert may_listen_outside(store)


def test_the_store_keeps_nothing_that_opens_a_door(store: Store) -> None:
    ada = account(store, "Ada")
    secrets = [invite(store, "Bela", by=None), sign_in(store, "Ada", PASSWORD), issue_token(store, ada, "t", by=None)]
    tables = ("account", "invitation", "api_token", "audit", "door_session", "throttle")
    with store.read() as connection:
        kept = [str(connection.execute(text(f"SELECT * FROM {table}")).all()) for table in tables]
    assert not [secret for secret in (*secrets, PASSWORD) if any(secret in rows for rows in kept)]


def test_people_are_listed_with_what_an_admin_wants_to_know(store: Store) -> None:
    account(store, "Ada")
    invite(store, "Bela", Role.LEAD, by=None)
    sign_in(store, "Ada", PASSWORD, HOME)
    with store.read() as connection:
        ada, bela = members(connection)
    assert (ada.password, len(ada.sessions), ada.sessions[0].address) == (True, 2, "10.0.0.7")
    assert (bela.name, bela.role, bela.invited, bela.id) == ("Bela", "lead", True, 0)


def test_the_sessions_of_an_older_version_go_on(bare_url: str) -> None:
    engine = open_engine(parse_url(bare_url, Path.cwd()))
    with engine.execution_options(write=True).begin() as connection:
        command.upgrade(schema._config(connection), "0004")
        connection.execute(text("INSERT INTO person (id, name, role) VALUES (1, 'Ada', 'reviewer')"))
        row = {"hash": hash_of("kept"), "end": 4_000_000_000_000}
        connection.execute(
            text("INSERT INTO door_session (token_hash, person_id, expires_at) VALUES (:hash, 1, :end)"), row
        )
    engine.dispose()
    with Store.open(bare_url, create=True) as store:
        person = identify(store, "kept")
        assert person is not None
        assert person.name == "Ada"
