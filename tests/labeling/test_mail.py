"""Mail to servers that ask for encryption and a password: a real server, a real certificate."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from servers import free_port

from core.errors import SettingsError
from core.settings import MailSettings
from labeling.mail import Mailer, NotMailedError, Told

ALARM = Told(7, "drift: spam has doubled", 1_790_000_000_000)


@dataclass
class Post:
    """A mail server that takes mail from who has signed in over an encrypted line."""

    certificate: Path
    security: str
    mails: list[Any] = field(default_factory=list)
    signed_in: list[tuple[bytes, bool]] = field(default_factory=list)

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.certificate)
        return made

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope)
        self.signed_in.append((session.auth_data.login, server._tls_protocol is not None or self.security == "tls"))
        return "250 taken"

    def lets_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: LoginPassword) -> AuthResult:
        return AuthResult(success=given.password == b"correct horse", handled=False, auth_data=given)

    def controller(self) -> Controller:
        starttls = self.security == "starttls"
        return Controller(
            self, hostname="127.0.0.1", port=free_port(), authenticator=self.lets_in, auth_required=True,
            auth_require_tls=starttls, require_starttls=starttls, tls_context=self.context() if starttls else None,
            ssl_context=None if starttls else self.context(),
        )  # fmt: skip


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "post")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
    )
    made = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("post") / "post.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def visit(port: int, certificate: Path) -> None:
    """Be greeted."""
    secure = ssl.create_default_context(cafile=str(certificate))
    with socket.create_connection(("127.0.0.1", port)) as line:
        secure.wrap_socket(line, server_hostname="127.0.0.1").recv(1024)


@pytest.fixture(params=["tls", "starttls"])
def post(request: pytest.FixtureRequest, certificate: Path) -> Iterator[tuple[Post, MailSettings]]:
    box = Post(certificate, request.param)
    controller = box.controller()
    if request.param == "tls":  # its own first visit would use the server's context as a client's
        controller._trigger_server = lambda: visit(controller.port, certificate)  # type: ignore[method-assign]
    controller.start()
    chosen = {"host": "127.0.0.1", "port": controller.port, "security": request.param, "user": "tallyroom"}
    yield box, MailSettings(to=("office@example.com",), **chosen)
    controller.stop()


def test_mail_is_sent_over_an_encrypted_line_by_who_has_signed_in(
    post: tuple[Post, MailSettings], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, settings = post
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv(settings.password_variable, "correct horse")
    Mailer(settings, "Room", "https://tally.example.org").send([ALARM])
    assert box.signed_in == [(b"tallyroom", True)]
    assert b"spam has doubled" in box.mails[0].content


def test_a_wrong_password_and_a_certificate_of_nobody_send_nothing_and_say_which_server(
    post: tuple[Post, MailSettings], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, settings = post
    monkeypatch.setenv(settings.password_variable, "correct horse")
    with pytest.raises(NotMailedError, match=f"{settings.port}: SSLCertVerificationError"):
        Mailer(settings, "Room", "https://tally.example.org").send([ALARM])
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv(settings.password_variable, "battery staple")
    with pytest.raises(NotMailedError, match="SMTPAuthenticationError") as caught:
        Mailer(settings, "Room", "https://tally.example.org").send([ALARM])
    assert "battery" not in str(caught.value)
    assert not box.mails


def test_who_signs_in_without_a_password_is_told_before_the_first_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TALLYROOM_MAIL_PASSWORD", raising=False)
    with pytest.raises(SettingsError, match="has no password"):
        Mailer(MailSettings(to=("a@example.com",), host="localhost", user="tallyroom"), "Room", "https://x.example")
