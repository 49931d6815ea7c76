"""The office's own provider: OpenID Connect, the authorization code with PKCE, state and nonce.

What the provider says is believed only as far as it is signed: its ID token must be made by this issuer, for this room,
for the sign-in that this very browser began, and just now.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import time
from dataclasses import asdict, dataclass
from http import HTTPStatus
from importlib.util import find_spec
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from core.errors import AccessError, SettingsError
from core.settings import OidcSettings
from dashboard.access.requests import outside
from labeling.models import Role
from labeling.people.identities import Presented

# None with a shared secret: a public client's "secret" would let anybody sign.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY_SECONDS = 60
FACTS_SECONDS = 3600
KEYS_AGAIN_SECONDS = 30
ANSWER_MOST = 1024 * 1024
log = logging.getLogger(__name__)


class ProviderError(AccessError):
    """The provider did not answer, or not as it should; the log has the rest."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that has begun: kept by the browser that began it, until it comes back."""

    state: str
    nonce: str
    verifier: str
    invitation: str

    def pack(self) -> str:
        """As a cookie's value."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def unpack(cls, value: str) -> Flow | None:
        """From a cookie's value; None where it is none."""
        try:
            found = json.loads(base64.urlsafe_b64decode(value))
            flow = cls(**found)
        except (ValueError, TypeError, RecursionError):
            return None
        return flow if all(isinstance(part, str) for part in asdict(flow).values()) and flow.state else None

    def is_of(self, state: str) -> bool:
        """Whether an answer belongs to it."""
        return hmac.compare_digest(self.state.encode("utf-8", "replace"), state.encode("utf-8", "replace"))


def open_provider(settings: OidcSettings) -> Provider:
    """The provider that the settings name.

    Raises:
        SettingsError: it cannot be used: the library is missing, or its address is not encrypted.
    """
    if find_spec("joserfc") is None:
        raise SettingsError(
            "signing in through a provider needs the library joserfc",
            where="[oidc] issuer",
            fix="Install Tallyroom with the extra oidc: 'uv sync --extra oidc'.",
        )
    _require_encrypted(settings.issuer, SettingsError)
    return Provider(settings, os.environ.get(settings.secret_variable, ""))


def _require_encrypted(url: object, error: type[SettingsError | ProviderError]) -> str:
    """An address that nobody on the way can read or change; on this machine nobody is on the way."""
    parts = urlsplit(url if isinstance(url, str) else "")
    if parts.scheme != "https" and (parts.scheme != "http" or outside(parts.hostname or "")):
        raise error("the provider's addresses must begin with https", where="[oidc] issuer")
    return str(url)


class Provider:
    """An OpenID Connect provider.

    Args:
        settings: of the room.
        secret: the client's; empty for a public client.
    """

    def __init__(self, settings: OidcSettings, secret: str) -> None:
        self.label = settings.label
        self._settings = settings
        self._secret = secret
        self._facts: dict[str, Any] = {}
        self._facts_at = 0.0
        self._keys: Any = None
        self._keys_at = 0.0

    async def begin(self, redirect_uri: str, invitation: str = "") -> tuple[str, Flow]:
        """Where to send the browser, and what it keeps meanwhile.

        Raises:
            ProviderError: the provider does not answer.
        """
        facts = await self._discovered()
        flow = Flow(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), invitation)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(dict.fromkeys(["openid", *self._settings.scopes])),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        there = _require_encrypted(facts.get("authorization_endpoint"), ProviderError)
        return f"{there}{'&' if urlsplit(there).query else '?'}{urlencode(asked)}", flow

    async def end(self, flow: Flow, redirect_uri: str, code: str, issuer: str = "") -> Presented:
        """Who came back with a code.

        Args:
            flow: that the browser kept.
            redirect_uri: the same as at the beginning.
            code: from the provider.
            issuer: whom the answer says it is from, where it says so (RFC 9207).

        Raises:
            ProviderError: the code, or what the provider gives for it, is no good.
            AccessError: the provider vouches for them, but they may not come in.
        """
        if issuer and issuer != self._settings.issuer:
            raise ProviderError("this answer is from another provider")
        facts = await self._discovered()
        answer = await self._redeemed(facts, flow, redirect_uri, code)
        claims = await self._vouched(facts, answer.get("id_token"), flow.nonce)
        if self._lacks(claims) and facts.get("userinfo_endpoint"):
            claims = {**await self._asked_about(facts, answer.get("access_token"), claims["sub"]), **claims}
        return presented(self._settings, claims)

    def _lacks(self, claims: dict[str, Any]) -> bool:
        wanted = [self._settings.name_claim, *(["email", "email_verified"] if self._settings.domains else [])]
        wanted += [self._settings.role_claim] if self._settings.role_claim else []
        return any(_claim(claims, path) is None for path in wanted)

    async def _discovered(self) -> dict[str, Any]:
        if self._facts and time.monotonic() - self._facts_at < FACTS_SECONDS:
            return self._facts
        issuer = self._settings.issuer
        facts = await self._json(HTTPRequest(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
        if facts.get("issuer") != issuer:
            log.warning("the provider calls itself %r, and [oidc] issuer is %r", facts.get("issuer"), issuer)
            raise ProviderError("the provider calls itself otherwise", where="[oidc] issuer")
        self._facts, self._facts_at = facts, time.monotonic()
        return facts

    async def _redeemed(self, facts: dict[str, Any], flow: Flow, redirect_uri: str, code: str) -> dict[str, Any]:
        client = self._settings.client_id
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": flow.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        known = facts.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if not self._secret or "client_secret_basic" not in known:
            body |= {"client_id": client} | ({"client_secret": self._secret} if self._secret else {})
        else:  # RFC 6749, 2.3.1: both are encoded as a form before they are joined
            pair = f"{quote(client, safe='')}:{quote(self._secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        url = _require_encrypted(facts.get("token_endpoint"), ProviderError)
        return await self._json(HTTPRequest(url, "POST", headers=headers, body=urlencode(body)))

    async def _vouched(self, facts: dict[str, Any], id_token: object, nonce: str) -> dict[str, Any]:
        from joserfc import jwt  # here: an extra
        from joserfc.errors import InvalidKeyIdError, JoseError

        text = id_token if isinstance(id_token, str) else ""
        try:
            try:
                token = jwt.decode(text, await self._jwks(facts), algorithms=ALGORITHMS)
            except (InvalidKeyIdError, ValueError):  # its keys have changed since we looked
                token = jwt.decode(text, await self._jwks(facts, again=True), algorithms=ALGORITHMS)
            claims = jwt.JWTClaimsRegistry(
                leeway=LEEWAY_SECONDS,
                iss={"essential": True, "value": self._settings.issuer},
                aud={"essential": True, "value": self._settings.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            )
            claims.validate(token.claims)
        except (JoseError, ValueError, TypeError) as error:
            log.warning("an ID token was refused: %s", error)
            raise ProviderError("what the provider sent cannot be believed", fix="Try again.") from None
        found: dict[str, Any] = token.claims
        many = isinstance(found["aud"], list) and len(found["aud"]) > 1
        if (many or "azp" in found) and found.get("azp") != self._settings.client_id:
            raise ProviderError("what the provider sent is for somebody else")
        return found

    async def _jwks(self, facts: dict[str, Any], *, again: bool = False) -> Any:
        from joserfc.jwk import KeySet

        age = time.monotonic() - self._keys_at
        if self._keys is None or age > FACTS_SECONDS or (again and age > KEYS_AGAIN_SECONDS):
            url = _require_encrypted(facts.get("jwks_uri"), ProviderError)
            self._keys = KeySet.import_key_set(await self._json(HTTPRequest(url)))  # type: ignore[arg-type]
            self._keys_at = time.monotonic()
        return self._keys

    async def _asked_about(self, facts: dict[str, Any], access_token: object, subject: str) -> dict[str, Any]:
        url = _require_encrypted(facts["userinfo_endpoint"], ProviderError)
        found = await self._json(HTTPRequest(url, headers={"Authorization": f"Bearer {access_token}"}))
        if found.get("sub") != subject:
            raise ProviderError("what the provider sent is about somebody else")
        return found

    async def _json(self, request: HTTPRequest) -> dict[str, Any]:
        """The answer's object. Redirects are not followed: a code or a secret goes nowhere else."""
        request.follow_redirects, request.connect_timeout, request.request_timeout = False, 5.0, 10.0
        client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=ANSWER_MOST)
        try:
            response = await client.fetch(request, raise_error=False)
            body = json.loads(response.body or b"null")
        except (OSError, ValueError, RecursionError) as error:
            log.warning("the provider's %s: %s", urlsplit(request.url).path, error)
            raise ProviderError("the provider does not answer", fix="Try again in a minute.") from None
        finally:
            client.close()
        if response.code != HTTPStatus.OK or not isinstance(body, dict):
            said = str(body.get("error", ""))[:80] if isinstance(body, dict) else ""
            log.warning("the provider's %s: %s %s", urlsplit(request.url).path, response.code, said)
            raise ProviderError("the provider does not answer as it should", fix="Try again in a minute.")
        return body


def _claim(claims: dict[str, Any], path: str) -> Any:
    """The claim of that name, or at that path with dots; None where there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def presented(settings: OidcSettings, claims: dict[str, Any]) -> Presented:
    """Somebody as the provider's claims present them.

    Raises:
        AccessError: their address is of another domain, or they are in no group that may come in.
    """
    name = _claim(claims, settings.name_claim)
    if not isinstance(name, str) or not name.strip():
        raise ProviderError(f"the provider does not say who this is: {settings.name_claim}", where="[oidc] name_claim")
    mail, verified = claims.get("email"), claims.get("email_verified")
    if settings.domains and "*" not in settings.domains:
        domain = str(mail or "").rpartition("@")[2].casefold()
        if verified not in (True, "true") or domain not in {each.casefold() for each in settings.domains}:
            raise AccessError("only people of this office may come in", fix="Choose another account at the provider.")
    role = None
    if settings.role_claim:
        given = _claim(claims, settings.role_claim)
        groups = given if isinstance(given, list) else [given]
        found = [Role(settings.roles[each]) for each in groups if isinstance(each, str) and each in settings.roles]
        role = max(found, key=list(Role).index, default=None)
        if role is None and not settings.default_role:
            raise AccessError("nobody of your groups at the provider may come in", fix="Ask an admin.")
        role = role or Role(settings.default_role)
    new = Role(settings.default_role) if settings.default_role else None
    return Presented(settings.issuer, str(claims["sub"])[:255], name, role, new)
