"""Signing in through the office's own provider: against a real one, and against one that lies."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from rooms import add_messages
from servers import Server, free_port, make_folder
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

from core.errors import AccessError, SettingsError
from core.settings import OidcSettings
from core.store import Store
from dashboard.access.oidc import Flow, Provider, ProviderError, open_provider
from labeling import audit
from labeling.models import Role
from labeling.people import Entrance, accept, add_person, identify, invite, members, set_active
from labeling.people.identities import Presented, enter

joserfc = pytest.importorskip("joserfc", reason="the extra 'oidc' is not installed: uv sync --extra oidc")
from joserfc import jwt  # noqa: E402
from joserfc.jwk import RSAKey  # noqa: E402

SETTINGS = """
[oidc]
issuer = "{issuer}"
client_id = "tallyroom"
label = "Acme"
domains = ["acme.example"]
default_role = "viewer"
role_claim = "realm.groups"
roles = {{labels = "reviewer", leads = "lead", it = "admin"}}
"""
ADA = {"email": "ada@acme.example", "email_verified": True, "realm": {"groups": ["staff", "leads", "labels"]}}


@dataclass
class Office:
    """A real provider, a room that trusts it, and browsers."""

    server: Server
    store: Store
    issuer: str

    def says(self, subject: str, claims: dict[str, Any]) -> None:
        """Let the provider know somebody."""
        assert httpx.put(f"{self.issuer}/users/{subject}", json=claims).status_code == 204

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=f"{self.server.base}/", headers={"X-Tallyroom": "1"}, timeout=30)

    def sign_in(self, browser: httpx.Client, subject: str, start: str = "door/provider") -> httpx.Response:
        """There, consent, and back."""
        away = browser.get(start)
        assert away.status_code == 302, away.text
        back = httpx.post(away.headers["location"], data={"sub": subject}).headers["location"]
        return browser.get(back)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    mock = pytest.importorskip("oidc_provider_mock", reason="the provider of these tests is not installed")
    folder = tmp_path_factory.mktemp("room")
    url = f"sqlite:///{folder / 'tallyroom.db'}"
    with Store.open(url, create=True) as store, mock.run_server_in_thread(port=0) as provider:
        add_messages(store, ["a message"])
        accept(store, invite(store, "Root", Role.ADMIN, by=None), "a heron on the roof")
        make_folder(folder, url)
        issuer = f"http://localhost:{provider.server_port}"
        with (folder / "tallyroom.toml").open("a") as file:
            file.write(SETTINGS.format(issuer=issuer))
        os.environ["OIDC_CLIENT_SECRET"] = "a secret of the client"
        server = Server(folder).start()
        del os.environ["OIDC_CLIENT_SECRET"]
        yield Office(server, store, issuer)
        server.stop()


def test_somebody_comes_in_through_a_real_provider_with_the_role_of_their_groups(office: Office) -> None:
    office.says("a-1", ADA)
    browser = office.browser()
    assert "Sign in with Acme" in browser.get("door").text
    came = office.sign_in(browser, "a-1")
    assert (came.status_code, came.headers["location"]) == (302, "../../room")
    assert browser.get("me.json").json() == {"name": "ada@acme.example", "role": "lead"}
    assert browser.get(office.server.base).status_code == 200
    before = dict(browser.cookies)
    office.says("a-1", {**ADA, "email": "ada.married@acme.example", "realm": {"groups": ["labels"]}})
    office.sign_in(browser, "a-1")
    assert browser.get("me.json").json() == {"name": "ada@acme.example", "role": "reviewer"}, "known by sub"
    assert httpx.get(f"{office.server.base}/me.json", cookies=before).status_code == 401
    done = [(line.who, line.action) for line in audit.entries(office.store)]
    assert {("ada@acme.example", "signed in"), (None, "role changed")} <= set(done)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({**ADA, "email": "eve@evil.example"}, "only people of this office"),
        ({**ADA, "email": "eve@acme.example", "email_verified": False}, "only people of this office"),
        ({**ADA, "email": "eve@acme.example.evil.example"}, "only people of this office"),
        ({"name": "Eve"}, "does not say who this is"),
        ({**ADA, "email": "Root@acme.example", "realm": None}, ""),
    ],
    ids=["another domain", "not verified", "a longer domain", "no name", "no group"],
)
def test_who_may_not_come_in_does_not(office: Office, claims: dict[str, Any], why: str) -> None:
    subject = f"e-{abs(hash(str(claims)))}"
    office.says(subject, claims)
    browser = office.browser()
    came = office.sign_in(browser, subject)
    if why:
        assert (came.status_code, why in came.text.lower()) == (403, True)
        assert browser.get("me.json").status_code == 401
        assert any(why in line.detail.get("why", "") for line in audit.entries(office.store))
    else:
        assert browser.get("me.json").json()["role"] == "viewer", "who is in no group has the role of somebody new"


def test_a_name_makes_nobody_somebody_who_is_here_and_an_invitation_does(office: Office) -> None:
    add_person(office.store, "zoe@acme.example", Role.LEAD)
    office.says("z-1", {**ADA, "email": "zoe@acme.example"})
    browser = office.browser()
    assert "is called zoe@acme.example already" in office.sign_in(browser, "z-1").text
    token = invite(office.store, "zoe@acme.example", by=None)
    page = browser.get(f"door?invitation={token}").text
    start = re.search(r'class="other" href="([^"]+)"', page)
    assert start is not None
    led = browser.get(start[1], headers={"Sec-Fetch-Site": "cross-site"})
    assert led.status_code == 403, "another site cannot make somebody accept"
    office.sign_in(browser, "z-1", start[1])
    assert browser.get("me.json").json() == {"name": "zoe@acme.example", "role": "lead"}
    office.says("z-2", {**ADA, "email": "zita@acme.example"})
    again = office.sign_in(office.browser(), "z-2", start[1])
    assert "used already" in again.text
    set_active(office.store, add_person(office.store, "zoe@acme.example").id, False, by=None)
    assert "was deactivated" in office.sign_in(office.browser(), "z-1").text


def test_an_answer_opens_only_the_browser_that_asked_and_only_once(office: Office) -> None:
    office.says("b-1", {**ADA, "email": "bela@acme.example"})
    theirs, mine = office.browser(), office.browser()
    away = theirs.get("door/provider").headers["location"]
    back = httpx.post(away, data={"sub": "b-1"}).headers["location"]
    mine.get("door/provider")
    for stranger in (mine, office.browser()):
        assert "not begun in this browser" in stranger.get(back).text
    flow = dict(theirs.cookies)
    assert theirs.get(back).status_code == 302
    assert "not begun in this browser" in theirs.get(back).text, "its cookie is gone"
    replayed = httpx.get(back, cookies=flow)
    assert (replayed.status_code, "does not answer as it should" in replayed.text) == (403, True)
    denied = office.browser()
    away = denied.get("door/provider").headers["location"]
    state = parse_qs(urlsplit(away).query)["state"][0]
    page = denied.get(f"door/callback?state={state}&error=access_denied%3Cscript%3E")
    assert (page.status_code, "access_deniedscript" in page.text) == (403, True)
    log = (office.server.folder / "serve.log").read_text()
    assert parse_qs(urlsplit(back).query)["code"][0] not in log


@dataclass
class Liar:
    """A provider that says what a test wants."""

    issuer: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256", "use": "sig"}))
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] = field(default_factory=dict)
    token: Callable[[dict[str, Any]], str] | None = None
    challenge: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "tallyroom", "sub": "l-1", "iat": now, "exp": now + 60, **self.claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        return self.token(claims) if self.token else jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def answer(self, path: str, body: dict[str, list[str]]) -> Any:
        if path == "/.well-known/openid-configuration":
            ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            facts = {f"{name}_endpoint": f"{self.issuer}/{end}" for name, end in ends.items()}
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **facts}
        if path == "/jwks":
            return {"keys": [self.key.as_dict(private=False)]}
        if path == "/token":
            self.asked.append({name: values[0] for name, values in body.items()})
            hashed = hashlib.sha256(body["code_verifier"][0].encode()).digest()
            if base64.urlsafe_b64encode(hashed).decode().rstrip("=") != self.challenge:
                return {"error": "invalid_grant"}
            return {"id_token": self.id_token(), "access_token": "x"}
        return self.userinfo


def ended(make: Callable[[Liar, dict[str, str]], None], **changed: Any) -> Presented:
    """A whole sign-in at a liar, that `make` has told what to say; it gets the query that began it."""

    async def run() -> Presented:
        liar = Liar(f"http://127.0.0.1:{free_port()}")

        class Answers(RequestHandler):
            def get(self) -> None:
                self.write(json.dumps(liar.answer(self.request.path, self.request.body_arguments)))

            def post(self) -> None:
                body = {name: [value.decode() for value in values] for name, values in self.request.arguments.items()}
                self.write(json.dumps(liar.answer(self.request.path, body)))

        server = HTTPServer(Application([(r".*", Answers)]))
        server.listen(int(liar.issuer.rsplit(":", 1)[1]), "127.0.0.1")
        settings = OidcSettings(issuer=liar.issuer, client_id="tallyroom", name_claim="sub", **changed)
        provider = Provider(settings, "")
        try:
            there, flow = await provider.begin("http://127.0.0.1/room/door/callback")
            query = {name: values[0] for name, values in parse_qs(urlsplit(there).query).items()}
            assert query["code_challenge_method"] == "S256"
            liar.challenge, liar.claims = query["code_challenge"], {"nonce": query["nonce"]}
            make(liar, query)
            return await provider.end(flow, "http://127.0.0.1/room/door/callback", "a code")
        finally:
            server.stop()

    return asyncio.run(run())


def test_an_honest_provider_is_believed() -> None:
    assert ended(lambda _liar, _query: None).subject == "l-1"
    many = ended(lambda liar, _query: liar.claims.update(aud=["tallyroom", "other"], azp="tallyroom"))
    assert many.subject == "l-1"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": ["tallyroom", "other"]},
        {"aud": ["tallyroom", "other"], "azp": "other"},
        {"azp": "other"},
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_for_somebody_else_or_another_time_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(ProviderError):
        ended(lambda liar, _query: liar.claims.update(claims))


def packed(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def made_by_hand(header: dict[str, Any], claims: dict[str, Any], key: bytes = b"") -> str:
    """A token without a signature or, with a key, one that is signed with a shared secret."""
    body = f"{packed(json.dumps(header).encode())}.{packed(json.dumps(claims).encode())}"
    return f"{body}.{packed(hmac.digest(key, body.encode(), 'sha256')) if key else ''}"


def test_a_token_that_the_provider_did_not_sign_is_refused() -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})

    def with_public_key(liar: Liar) -> Callable[[dict[str, Any]], str]:
        return lambda claims: made_by_hand({"alg": "HS256", "kid": "one"}, claims, liar.key.as_pem(private=False))

    made: list[Callable[[Liar], Callable[[dict[str, Any]], str]]] = [
        lambda _liar: lambda claims: made_by_hand({"alg": "none"}, claims),
        with_public_key,
        lambda _liar: lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, other),
        lambda _liar: lambda claims: jwt.encode({"alg": "RS256", "kid": "two"}, claims, other),
        lambda _liar: lambda _claims: "no token",
    ]
    for make in made:
        with pytest.raises(ProviderError):
            ended(lambda liar, _query, make=make: setattr(liar, "token", make(liar)))  # type: ignore[misc]


def test_what_is_asked_beside_the_token_must_be_about_the_same_person() -> None:
    wants_mail = {"domains": ("acme.example",), "default_role": "viewer"}
    mail = {"email": "l@acme.example", "email_verified": True}
    found = ended(lambda liar, _query: liar.userinfo.update(sub="l-1", **mail), **wants_mail)
    assert found.new == Role.VIEWER
    with pytest.raises(ProviderError, match="somebody else"):
        ended(lambda liar, _query: liar.userinfo.update(sub="l-2", **mail), **wants_mail)


def test_the_code_is_redeemed_with_the_verifier_of_this_sign_in_alone() -> None:
    with pytest.raises(ProviderError):
        ended(lambda liar, _query: setattr(liar, "challenge", "of another"))


def test_a_provider_is_asked_over_https_only_and_anybodys_accounts_are_not_let_in_by_mistake() -> None:
    with pytest.raises(SettingsError, match="https"):
        open_provider(OidcSettings(issuer="http://login.example.org", client_id="tallyroom"))
    with pytest.raises(ValueError, match="domains"):
        OidcSettings(issuer="https://accounts.example.org", client_id="tallyroom", default_role="reviewer")


@pytest.mark.parametrize("value", ["", "x", "e30=", "W10=", "bnVsbA==", "eyJzdGF0ZSI6IDF9", "\udcff"])
def test_what_a_browser_brings_back_may_be_anything(value: str) -> None:
    assert Flow.unpack(value) is None


def test_the_providers_word_leaves_no_room_without_an_admin(store: Store) -> None:
    root = Presented("https://login.example.org", "r", "Root", Role.ADMIN)
    enter(store, root, Entrance())
    session = enter(store, Presented(root.issuer, "r", "Root", Role.VIEWER), Entrance())
    person = identify(store, session)
    assert person is not None
    assert person.role == Role.ADMIN
    enter(store, Presented(root.issuer, "s", "Second", Role.ADMIN), Entrance())
    session = enter(store, Presented(root.issuer, "r", "Root", Role.VIEWER), Entrance())
    person = identify(store, session)
    assert person is not None
    assert person.role == Role.VIEWER
    with pytest.raises(AccessError, match="invited"):
        enter(store, Presented(root.issuer, "n", "New"), Entrance())
    with store.read() as connection:
        assert [member.name for member in members(connection)] == ["Root", "Second"]
