"""Who gets where: everybody at every route, socket and static path, from the table of routes. On both databases."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from bokeh.server.urls import per_app_patterns
from plugged import NAME, plug_in
from rooms import CLASSES, add_champion, add_messages, add_queue
from servers import Server, make_folder
from sqlalchemy import update

from core.store import Store
from core.store.models import now_ms
from dashboard.access.guard import Absent, GuardedPage, GuardedSocket
from dashboard.pages.page import PAGES
from dashboard.routes import ROUTES, Handler, register
from dashboard.routes.feed import FeedSocket
from labeling import audit
from labeling.desk import Desk
from labeling.models import DoorSession, Role, VerdictKind
from labeling.models_people import ApiToken, Throttle
from labeling.people import Scope, accept, add_person, invite, issue_token, set_active, set_role, sign_out
from labeling.people.sessions import hash_of
from labeling.verdicts import Given

PASSWORD = "a heron on the roof"
BODIES = ["win a prize, code 493822", *(f"message {n}" for n in range(20))]
ROLES = tuple(Role)
# Requests of nobody in particular. Dozens of pages that nobody looks at are let go at once, which takes a while.
get, post = partial(httpx.get, timeout=60), partial(httpx.post, timeout=60)


@dataclass
class Place:
    """A server, its store, and everybody who comes to it."""

    server: Server
    store: Store
    people: dict[str, httpx.Client]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("room")
    sqlite = f"sqlite:///{folder / 'tallyroom.db'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("new_postgresql")()
    with Store.open(url, create=True) as store:
        ids = add_messages(store, BODIES)
        add_champion(store, ids)
        add_queue(store, ids, blind_share=0.0)
        judge_one(store)
        make_folder(folder, url)
        with (folder / "tallyroom.toml").open("a") as file:
            file.write("[api]\nrequests_per_minute = 100000\n")
        with pytest.MonkeyPatch.context() as outside:  # a page with a Bokeh session behind it: ours have none
            outside.setenv("PYTHONPATH", plug_in(folder))
            server = Server(folder).start()
        yield Place(server, store, everybody(server, store))
        server.stop()


def judge_one(store: Store) -> None:
    person, desk = add_person(store, "Vera"), Desk(store, CLASSES)
    (message,) = desk.claim(person.id, 1).result()
    desk.judge(person.id, Given(str(uuid.uuid4()), message.lease_id, VerdictKind.LABEL, "spam")).result()


def soon(holds: Callable[[], bool]) -> bool:
    """Whether it holds after a while: a server believes for a second and a half what it was told, and may be busy."""
    end = time.monotonic() + 30
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def everybody(server: Server, store: Store) -> dict[str, httpx.Client]:
    people = {role.value: server.client(store, f"a {role}", role) for role in ROLES}
    people["anonymous"] = httpx.Client(base_url=f"{server.base}/", headers={"X-Tallyroom": "1"}, timeout=30)
    for how in ("removed", "expired", "signed out"):
        people[how] = server.client(store, f"the {how}", Role.ADMIN)
        person = add_person(store, f"the {how}").id
        if how == "removed":
            set_active(store, person, False, by=None)
        elif how == "signed out":
            sign_out(store, person, by=None)
        else:
            ended = update(DoorSession).where(DoorSession.person_id == person).values(expires_at=1)
            store.write(lambda connection, ended=ended: connection.execute(ended))
    lead = add_person(store, "a lead").id
    for scope in Scope:
        bearer = {"Authorization": f"Bearer {issue_token(store, lead, scope, scope, by=None)}"}
        people[f"token {scope}"] = httpx.Client(base_url=f"{server.base}/", headers=bearer, timeout=30)
    return people


def rank(who: str) -> int:
    """As what they come: a role's place, -1 for nobody."""
    if who.startswith("token"):
        return ROLES.index(Role.LEAD)
    return ROLES.index(Role(who)) if who in ROLES else -1


def suits(who: str, handler: type[Handler], method: str) -> bool:
    """Whether a token is good for a route: reading ones read, and that for metrics does nothing else."""
    if who == "token metrics":
        return handler.own_scope == Scope.METRICS and method == "GET"
    return who == "token write" or method == "GET"


def declared(handler: Any) -> Role | None:
    """The role that a route declares, in a class of its own below Handler's."""
    for cls in handler.__mro__:
        if cls is Handler:
            break
        if "role" in vars(cls):
            role: Role | None = vars(cls)["role"]
            return role
    raise AssertionError(f"{handler.__name__} declares no role")


def path_of(pattern: str) -> str:
    return re.sub(r"\(.*?\)", "1", pattern).strip("/").replace("?", "").replace("\\", "")


ASSETS = "/assets/([0-9a-f]+)/(.+)"
PLAIN = [(pattern, handler) for pattern, handler in ROUTES if issubclass(handler, Handler)]
CLOSED = [(pattern, handler) for pattern, handler in PLAIN if declared(handler) is not None and pattern != "/leave"]
EVERYBODY = (
    *map(str, ROLES), "anonymous", "removed", "expired", "signed out", *(f"token {scope}" for scope in Scope)
)  # fmt: skip


def test_every_route_declares_its_role_and_only_the_door_and_health_are_open_to_all() -> None:
    register()
    open_to_all = {pattern for pattern, handler, *_ in per_app_patterns if declared(handler) is None}
    doors = {"/door", "/door/provider", "/door/callback"}
    assert {pattern for pattern, handler in ROUTES if declared(handler) is None} == {*doors, "/healthz", ASSETS}
    bokehs = {
        pattern: handler for pattern, handler, *_ in per_app_patterns if pattern in open_to_all - set(dict(ROUTES))
    }
    assert set(bokehs) == {"/?", "/ws", "/metadata", "/autoload.js"}
    assert issubclass(bokehs["/?"], GuardedPage)
    assert issubclass(bokehs["/ws"], GuardedSocket)
    assert bokehs["/metadata"] is bokehs["/autoload.js"] is Absent


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("pattern", "handler"), CLOSED, ids=[pattern for pattern, _ in CLOSED])
def test_a_route_lets_in_its_role_and_above_and_nobody_else(
    place: Place, pattern: str, handler: type[Handler], method: str
) -> None:
    role = declared(handler)
    assert role is not None
    for who in EVERYBODY:
        answer = place.people[who].request(method, path_of(pattern), json={} if method != "GET" else None)
        token = who.startswith("token")
        if token and not handler.tokens:
            assert answer.status_code == (401 if method == "GET" else 403), "without its token it is a foreign browser"
        elif rank(who) < 0:
            assert answer.status_code == 401, (who, answer.status_code)
        elif rank(who) < ROLES.index(role) or (token and not suits(who, handler, method)):
            assert answer.status_code == 403, (who, answer.status_code, answer.text)
        else:
            assert answer.status_code not in (401, 403), (who, answer.status_code, answer.text)
            assert answer.status_code < 500, (who, answer.text)
        if answer.status_code in (401, 403):
            assert not any(body in answer.text for body in BODIES)


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_page_is_for_sessions_and_bokehs_other_routes_for_nobody(place: Place, who: str) -> None:
    client = place.people[who]
    for page in PAGES:
        answer = client.get(f"{place.server.base}?page={page.name}")
        inside = who in ROLES
        assert ('id="facts"' in answer.text) is inside
        assert answer.status_code == (200 if inside else 401)
        if inside:
            shown = f'<main id="main" class="page-{page.name}' in answer.text
            assert shown is (rank(who) >= ROLES.index(page.role)), (who, page.name)
    for path in ("metadata", "autoload.js?bokeh-autoload-element=1"):
        assert client.get(path).status_code == 404
    for path in (f"{place.server.base}/static/js/shell.js", f"{place.server.base}/static/css/app.css"):
        assert client.get(path).status_code == 200, "scripts and styles hold no secret"
    root = f"http://{place.server.host}"
    for path in ("/", "/favicon.ico", "/static/js/bokeh.min.js", "/static/..%2f..%2ftallyroom.toml", "/tallyroom.toml"):
        answer = client.get(f"{root}{path}")
        assert answer.status_code in (200, 302, 403, 404)
        assert not any(body in answer.text for body in BODIES)
        assert "[store]" not in answer.text
    for path in (
        f"{place.server.base}/static/../main.py",
        f"{place.server.base}/static/%2e%2e/main.py",
        f"{place.server.base}/static/..%2f..%2ftallyroom.toml",
    ):
        assert client.get(path).status_code in (401, 403, 404)


def cookie(client: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def connect(place: Place, path: str, headers: dict[str, str], **options: Any) -> Any:
    address = f"{place.server.base.replace('http', 'ws')}/{path}"
    return websockets.connect(address, additional_headers=headers, **options)


def status(place: Place, path: str, headers: dict[str, str], **options: Any) -> int:
    """The status of a handshake; 101 where it was let in."""

    async def knock() -> int:
        try:
            line = await connect(place, path, headers, **options)
        except websockets.InvalidStatus as refused:
            return refused.response.status_code
        await line.close()
        return 101

    return asyncio.run(knock())


def headers_of(place: Place, who: str) -> dict[str, str]:
    client = place.people[who]
    bearer = client.headers.get("Authorization")
    return {"Authorization": bearer} if bearer else {"Cookie": cookie(client)}


@pytest.mark.parametrize("who", EVERYBODY)
def test_sockets_are_for_sessions(place: Place, who: str) -> None:
    headers = headers_of(place, who)
    inside = who in ROLES
    assert declared(FeedSocket) == Role.VIEWER
    assert status(place, "feed", headers) == (101 if inside else 401)
    bokehs = place.people[who].get(talking(place)).text
    found = re.search(r'"token":"([^"]+)"', bokehs)
    assert (found is not None) is inside
    token = found[1] if found else token_of(place.people["admin"], place)
    assert status(place, "ws", headers, subprotocols=["bokeh", token]) == (101 if inside else 401)
    if inside:
        for origin in ("http://evil.example", "null", f"http://{place.server.host}.evil.example"):
            assert status(place, "feed", headers, origin=origin) == 403
            assert status(place, "ws", headers, subprotocols=["bokeh", token], origin=origin) == 403
        ours = f"http://{place.server.host}"
        assert status(place, "ws", headers, subprotocols=["bokeh", token], origin=ours) == 101


@pytest.mark.parametrize("who", ROLES)
def test_what_a_socket_says_is_for_the_role_that_listens(place: Place, who: Role) -> None:
    headers = headers_of(place, who)
    token = token_of(place.people[who], place)
    pull = [{"msgid": "1", "msgtype": "PULL-DOC-REQ"}, {}, {}]

    async def listen() -> tuple[str, str]:
        async with connect(place, "feed", headers) as line:
            feed = str(await line.recv())
            for odd in ("look", "rest", "look", "", "{}", "x" * 100_000, b"\x00\xff"):
                await line.send(odd)
            feed += str(await line.recv())
        frames: list[str] = []
        async with connect(place, "ws", headers, subprotocols=["bokeh", token]) as line:
            for _ in range(3):  # it is ready once it has said so
                frames.append(str(await line.recv()))
            for part in pull:
                await line.send(json.dumps(part))
            while not any("PULL-DOC-REPLY" in frame for frame in frames[-3:-2]):
                frames.append(str(await asyncio.wait_for(line.recv(), 30)))
        return feed, "".join(frames)

    feed, document = asyncio.run(listen())
    assert "win a prize" in feed
    assert ("493822" in feed) is (who != Role.VIEWER), "a viewer sees numbers masked"
    assert "win a prize" not in document


def talking(place: Place) -> str:
    return f"{place.server.base}?page={NAME}"


def token_of(client: httpx.Client, place: Place) -> str:
    found = re.search(r'"token":"([^"]+)"', client.get(talking(place)).text)
    assert found is not None
    return found[1]


def test_a_stolen_edited_or_invented_bokeh_token_opens_nothing(place: Place) -> None:
    ada, mallory = place.people["lead"], place.people["reviewer"]
    token = token_of(ada, place)
    theirs = {"Cookie": cookie(mallory)}
    own = {"Cookie": cookie(ada)}
    assert status(place, "ws", own, subprotocols=["bokeh", token]) == 101
    assert status(place, "ws", theirs, subprotocols=["bokeh", token]) == 403, "stolen"
    head, signature = token.split(".", 1)
    payload = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    payload["session_expiry"] += 1
    edited = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    for bad in (f"{edited}.{signature}", edited, head, "x", "eyJhIjoxfQ", "é".encode().hex(), f"{token}x"):
        assert status(place, "ws", own, subprotocols=["bokeh", bad]) == 403, bad
    assert status(place, "ws", own) == 403
    secret = cookie(ada).split("=", 1)[1]
    plain = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    assert secret not in ada.get(talking(place)).text
    assert secret.encode() not in plain


def test_a_page_whose_figures_call_no_python_keeps_no_session(place: Place) -> None:
    page = place.people["viewer"].get(f"{place.server.base}?page=live")
    assert page.text.count("data-root-id=") == 3
    assert '"token"' not in page.text


def test_a_session_cannot_be_laid_under_somebody(place: Place) -> None:
    ada, mallory = place.people["lead"], place.people["reviewer"]
    laid = json.loads(base64.urlsafe_b64decode(token_of(mallory, place).split(".")[0] + "=="))["session_id"]
    base = place.server.base
    for answer in (
        ada.get(f"{base}?bokeh-session-id={laid}"),
        ada.get(f"{base}?bokeh-token={token_of(mallory, place)}"),
        ada.get(base, headers={"Bokeh-Session-Id": laid}),
    ):
        assert answer.status_code == 403
        assert laid not in answer.text


def test_leaving_ends_the_session_and_only_from_here(place: Place) -> None:
    client = place.server.client(place.store, "Leo")
    gone = client.cookies
    assert post(f"{place.server.base}/leave", cookies=gone).status_code == 403
    assert client.post("leave", headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.get("state/live.json").status_code == 200
    before = dict(gone)
    assert client.post("leave").status_code == 200
    assert get(f"{place.server.base}/state/live.json", cookies=before).status_code == 401
    for who in ("anonymous", "removed", "expired", "token write"):
        assert place.people[who].post("leave").status_code in (401, 403)


def test_another_host_or_origin_is_refused_everywhere(place: Place) -> None:
    admin = place.people["admin"]
    for host in (
        "evil.example",
        f"evil.example:{place.server.port}",
        "127.0.0.1.evil.example",
        "127.0.0.1:99999",
        "",
        "[::",
    ):
        for path in ("state/live.json", "healthz", "door", place.server.base):
            answer = admin.get(path, headers={"Host": host})
            assert answer.status_code in (400, 421), (host, path)
            assert 'id="facts"' not in answer.text
    for pattern, handler in PLAIN:
        if declared(handler) is not None and handler.tokens and pattern != "/leave":
            answer = admin.post(path_of(pattern), json={}, headers={"Origin": "http://evil.example"})
            assert answer.status_code == 403, pattern


def test_what_another_site_makes_a_browser_send_is_refused(place: Place) -> None:
    admin = place.people["admin"]
    for pattern, handler in PLAIN:
        if declared(handler) is None:
            continue
        url = f"{place.server.base}/{path_of(pattern)}"
        plain = post(url, cookies=admin.cookies, data={"person": "1"})
        assert plain.status_code == 403, pattern
        assert "X-Tallyroom" in plain.text
    read, write = (place.people[f"token {scope}"] for scope in (Scope.READ, Scope.WRITE))
    forged = write.post("desk/claim", json={"count": 1}, headers={"Origin": "http://evil.example"})
    assert forged.status_code == 403
    assert write.post("desk/claim", json={"count": 1}).status_code == 200, "a script needs no header beside its token"
    mixed = read.post("desk/claim", json={"count": 1}, headers={"Cookie": cookie(admin), "X-Tallyroom": "1"})
    assert mixed.status_code == 403, "beside a token the cookie is not looked at"


def signed_up(place: Place, name: str, role: Role = Role.REVIEWER) -> None:
    accept(place.store, invite(place.store, name, role, by=None), PASSWORD)


def door(place: Place) -> tuple[httpx.Client, dict[str, str]]:
    """A browser at the door, and what its form holds."""
    browser = httpx.Client(base_url=f"{place.server.base}/", timeout=60)
    return browser, form_of(browser)


def form_of(browser: httpx.Client) -> dict[str, str]:
    found = re.search(r'name="form" value="([^"]+)"', browser.get("door").text)
    assert found is not None
    return {"form": found[1]}


def test_the_form_lets_in_by_name_and_password_and_only_from_here(place: Place) -> None:
    signed_up(place, "Dora")
    browser, form = door(place)
    given = {**form, "name": "Dora", "password": PASSWORD}
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert browser.post("door", data=given, headers=headers).status_code == 403
    assert browser.post("door", data={**given, "form": "guessed"}).status_code == 403
    assert post(f"{place.server.base}/door", data=given).status_code == 403, "no cookie beside the form"
    wrong = browser.post("door", data={**given, "password": "wrong"})
    assert (wrong.status_code, "is wrong" in wrong.text) == (403, True)
    unknown = browser.post("door", data={**given, "name": "Nobody", "password": "wrong"})
    assert unknown.text.replace("Nobody", "Dora") == wrong.text
    before = dict(browser.cookies)
    went = browser.post("door", data=given, headers={"Origin": f"http://{place.server.host}"})
    assert (went.status_code, went.headers["location"]) == (303, "../room")
    for line in went.headers.get_list("set-cookie"):
        assert "HttpOnly" in line
        assert "SameSite" in line
    assert browser.get("state/live.json").status_code == 200
    name = f"tallyroom_{place.server.port}"
    assert set(browser.cookies) - set(before) == {name, f"{name}_device"}
    first = dict(browser.cookies)
    browser.post("door", data=given)
    assert browser.get("state/live.json").status_code == 200
    assert get(f"{place.server.base}/state/live.json", cookies=first).status_code == 401, "rotated, at once"


def test_an_invitation_is_a_form_that_works_once(place: Place) -> None:
    token = invite(place.store, "<b>Ida</b>", Role.LEAD, by=None)
    browser, _ = door(place)
    page = browser.get(f"door?invitation={token}")
    assert "&lt;b&gt;Ida" in page.text
    assert "<b>Ida" not in page.text
    assert browser.get(f"door?invitation={token}").status_code == 200, "a mail's preview that looks uses nothing up"
    found = re.search(r'name="form" value="([^"]+)"', page.text)
    assert found is not None
    given = {"form": found[1], "invitation": token, "password": PASSWORD, "again": PASSWORD}
    for bad in ({"again": "another one"}, {"password": "short", "again": "short"}):
        answer = browser.post("door", data={**given, **bad})
        assert (answer.status_code, 'role="alert"' in answer.text) == (403, True)
    assert browser.post("door", data=given).status_code == 303
    assert browser.get("queues.json").status_code == 200
    assert "used already" in get(f"{place.server.base}/door?invitation={token}").text


def test_a_thousand_guesses_at_the_door_get_nowhere_while_an_open_session_works(place: Place) -> None:
    signed_up(place, "Greta")
    inside, form = door(place)
    assert inside.post("door", data={**form, "name": "Greta", "password": PASSWORD}).status_code == 303
    guesser, form = door(place)
    guesses = [{**form, "name": "Greta", "password": f"guess {n}"} for n in range(1_000)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda given: guesser.post("door", data=given), guesses))
    outcomes = [answer.status_code for answer in answers]
    assert set(outcomes) == {403, 429}
    assert outcomes.count(403) <= 30
    assert int(next(answer for answer in answers if answer.status_code == 429).headers["Retry-After"]) >= 1
    waits = update(Throttle).where(Throttle.failures > 0)  # the wait of this moment may just be over
    place.store.write(lambda connection: connection.execute(waits.values(blocked_until=now_ms() + 3_600_000)))
    right = guesser.post("door", data={**form, "name": "Greta", "password": PASSWORD})
    assert right.status_code == 429
    assert inside.get("state/live.json").status_code == 200
    assert inside.post("leave", headers={"X-Tallyroom": "1"}).status_code == 200
    back = inside.post("door", data={**form_of(inside), "name": "Greta", "password": PASSWORD})
    assert back.status_code == 303, "guesses from elsewhere do not keep out the browser that was here before"
    place.store.write(lambda connection: connection.execute(update(Throttle).values(blocked_until=0, failures=0)))


@pytest.mark.parametrize("how", ["signed out", "removed", "another role"])
def test_open_sockets_close_soon_after_their_session(place: Place, how: str) -> None:
    name = f"Sam {how}"
    client = place.server.client(place.store, name)
    person = add_person(place.store, name).id
    token = token_of(client, place)

    async def watch() -> list[int | None]:
        headers = {"Cookie": cookie(client)}
        lines = [
            await connect(place, "feed", headers),
            await connect(place, "ws", headers, subprotocols=["bokeh", token]),
        ]
        if how == "signed out":
            await asyncio.to_thread(sign_out, place.store, person, by=None)
        elif how == "removed":
            await asyncio.to_thread(set_active, place.store, person, False, by=None)
        else:
            await asyncio.to_thread(set_role, place.store, person, Role.VIEWER, by=None)
        codes = []
        for line in lines:
            try:
                while True:
                    await asyncio.wait_for(line.recv(), 30)
            except websockets.ConnectionClosed as closed:
                codes.append(closed.rcvd.code if closed.rcvd else None)
        return codes

    assert asyncio.run(watch()) == [4401, 4401]
    assert client.get("state/live.json").status_code == 401
    assert status(place, "ws", {"Cookie": cookie(client)}, subprotocols=["bokeh", token]) == 401
    before = cookie(client)
    page = client.get(place.server.base)
    if how == "another role":
        assert page.status_code == 200
        assert '"role": "viewer"' in page.text
        assert cookie(client) != before, "another role, another session"
        assert client.get("state/live.json").status_code == 200
        assert client.post("desk/claim", json={"count": 1}).status_code == 403
    else:
        assert page.status_code == 401
        assert "Sign in" in page.text or "The door is closed" in page.text


def test_a_session_that_is_ended_elsewhere_is_refused_within_a_second_or_so(place: Place) -> None:
    client = place.server.client(place.store, "Rita")
    person = add_person(place.store, "Rita").id
    for _ in range(20):
        assert client.get("state/live.json").status_code == 200
    sign_out(place.store, person, by=None)
    began = time.monotonic()
    assert soon(lambda: client.get("state/live.json").status_code == 401)
    print(f"refused after {time.monotonic() - began:.2f} s")


def test_what_an_admin_does_on_the_page_holds_at_once(place: Place) -> None:
    client, admin = place.server.client(place.store, "Olga"), place.people["admin"]
    person = add_person(place.store, "Olga").id
    assert client.post("desk/claim", json={"count": 1}).status_code == 200
    assert admin.post("people/role", json={"person": person, "role": "viewer"}).status_code == 200
    assert client.post("desk/claim", json={"count": 1}).status_code == 401
    client = place.server.client(place.store, "Olga")
    assert client.get("me.json").json()["role"] == "viewer"
    assert admin.post("people/active", json={"person": person, "active": False}).status_code == 200
    assert client.get("me.json").status_code == 401


def test_another_site_cannot_make_somebody_somebody_else(place: Place) -> None:
    ada = place.server.client(place.store, "Ada")
    theirs = place.server.link(place.store, "Mallory")
    led = ada.get(theirs, headers={"Sec-Fetch-Site": "cross-site"})
    assert (led.status_code, "you are in as Ada" in led.text) == (403, True)
    assert ada.get("me.json").json()["name"] == "Ada"
    mail = get(theirs, headers={"Sec-Fetch-Site": "cross-site"})
    assert mail.status_code == 302, "whoever is nobody yet comes in from a mail"


def test_the_servers_log_holds_no_token(place: Place) -> None:
    token = invite(place.store, "Logan", by=None)
    for path in (f"door?invitation={token}", f"door?token=once-{token}", f"messages.json?run=x&after={token}"):
        place.people["admin"].get(path)
    place.people["admin"].get(f"{place.server.base}?bokeh-token={token}")
    log = (place.server.folder / "serve.log").read_text()
    assert token not in log
    assert "403 GET /room" in log


def test_what_is_taken_through_the_api_is_on_record(place: Place) -> None:
    read = place.people["token read"]
    assert len(read.get("api/v1/labels").json()["labels"]) >= 1
    assert len(read.get("api/v1/verdicts").json()["verdicts"]) >= 1
    lines = [(line.who, line.subject, line.address) for line in audit.entries(place.store) if line.action == "exported"]
    assert lines[:2] == [("a lead", "verdicts", "127.0.0.1"), ("a lead", "labels", "127.0.0.1")]
    promoted = [line for line in audit.entries(place.store, limit=10_000) if line.action == "promoted"]
    assert [line.detail["by"] for line in promoted] == ["test"]


@pytest.mark.parametrize("how", ["expired", "revoked", "of somebody removed", "invented"])
def test_a_token_that_is_over_is_refused(place: Place, how: str) -> None:
    person = add_person(place.store, f"T {how}", Role.LEAD).id
    token = issue_token(place.store, person, how, Scope.WRITE, by=None)
    bearer = {"Authorization": f"Bearer {token}"}
    url = f"{place.server.base}/state/live.json"
    assert get(url, headers=bearer).status_code == 200
    own = update(ApiToken).where(ApiToken.token_hash == hash_of(token))
    if how == "expired":
        place.store.write(lambda connection: connection.execute(own.values(expires_at=1)))
    elif how == "revoked":
        place.store.write(lambda connection: connection.execute(own.values(revoked_at=1)))
    elif how == "of somebody removed":
        set_active(place.store, person, False, by=None)
    else:
        bearer = {"Authorization": f"Bearer tally_{uuid.uuid4().hex}"}
    assert soon(lambda: get(url, headers=bearer).status_code == 401)
    refused = get(url, headers=bearer)
    assert refused.headers["WWW-Authenticate"] == "Bearer"


TALLY = {"Host": "tally.example.org", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.5, 198.51.100.9"}
PROXY = """[server]
trusted_proxy = "127.0.0.1"
hosts = ["tally.example.org"]
"""


def kept(answer: httpx.Response) -> dict[str, str]:
    return {
        line.split("=", 1)[0]: line.split("=", 1)[1].split(";")[0] for line in answer.headers.get_list("set-cookie")
    }


def test_behind_a_proxy_with_tls_cookies_are_such_as_no_neighbour_can_set(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tallyroom.db'}"
    with Store.open(url, create=True) as store:
        add_messages(store, BODIES)
        accept(store, invite(store, "Ada", Role.ADMIN, by=None), PASSWORD)
        make_folder(tmp_path, url)
        with (tmp_path / "tallyroom.toml").open("a") as file:
            file.write(PROXY)
        server = Server(tmp_path).start()
        try:
            door = get(f"{server.base}/door", headers=TALLY)
            form = re.search(r'name="form" value="([^"]+)"', door.text)
            assert form is not None
            given = {"form": form[1], "name": "Ada", "password": PASSWORD}
            ours = {**TALLY, "Cookie": f"__Host-tallyroom_443_form={kept(door)['__Host-tallyroom_443_form']}"}
            for origin, status_code in (("http://tally.example.org", 403), ("https://tally.example.org", 303)):
                went = post(f"{server.base}/door", data=given, headers={**ours, "Origin": origin})
                assert went.status_code == status_code, origin
            lines = went.headers.get_list("set-cookie")
            assert {line.split("=")[0] for line in lines} == {"__Host-tallyroom_443", "__Host-tallyroom_443_device"}
            assert all("Secure" in line and "Path=/" in line and "Domain" not in line for line in lines)
            session = kept(went)["__Host-tallyroom_443"]
            url = f"{server.base}/me.json"
            good = get(url, headers={**TALLY, "Cookie": f"__Host-tallyroom_443={session}"})
            tossed = get(url, headers={**TALLY, "Cookie": f"tallyroom_443={session}"})
            assert (good.status_code, tossed.status_code) == (200, 401)
            (line,) = [line for line in audit.entries(store) if line.detail.get("by") == "password"]
            assert line.address == "198.51.100.9", "what the proxy itself saw, and not what the browser says of itself"
        finally:
            server.stop()


def test_without_a_proxy_that_is_trusted_nobody_says_where_they_come_from(place: Place) -> None:
    signed_up(place, "Xenia")
    browser, form = door(place)
    lied = {"X-Forwarded-For": "203.0.113.5", "X-Real-Ip": "203.0.113.5", "X-Forwarded-Proto": "https"}
    went = browser.post("door", data={**form, "name": "Xenia", "password": PASSWORD}, headers=lied)
    assert "Secure" not in went.headers["set-cookie"]
    (line,) = [
        line for line in audit.entries(place.store) if line.who == "Xenia" and line.detail.get("by") == "password"
    ]
    assert line.address == "127.0.0.1"


def test_the_guard_stands_through_bokeh_serve_and_panel_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", plug_in(tmp_path))
    url = f"sqlite:///{tmp_path / 'tallyroom.db'}"
    app = str(Path(__file__).resolve().parents[2] / "bokeh_app")
    with Store.open(url, create=True) as store:
        add_messages(store, BODIES)
        for tool in ("bokeh", "panel"):
            server = Server(make_folder(tmp_path, url), slug="bokeh_app")
            server.command = ("-m", tool, "serve", app, "--port", str(server.port), "--address", "127.0.0.1")
            server.start()
            try:
                place = Place(server, store, {})
                ada, mallory = server.client(store, "Ada"), server.client(store, "Mallory")
                token = token_of(ada, place)
                own, theirs = ({"Cookie": cookie(each)} for each in (ada, mallory))
                assert status(place, "ws", own, subprotocols=["bokeh", token]) == 101, tool
                assert status(place, "ws", theirs, subprotocols=["bokeh", token]) == 403, tool
                assert status(place, "ws", {}, subprotocols=["bokeh", token]) == 401, tool
                assert ada.get(f"{server.base}?bokeh-session-id=laid").status_code == 403, tool
                assert get(server.base).status_code == 401, tool
                assert get(f"{server.base}/autoload.js?bokeh-autoload-element=1").status_code == 404, tool
            finally:
                server.stop()
