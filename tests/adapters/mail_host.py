"""Mail servers on the loopback interface: one that behaves, and ones that do not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ordercore_adapters.system import SystemClock

LOOPBACK = "127.0.0.1"


class PostOffice:
    """Takes mail and keeps it; answers as it is told to.

    Attributes:
        taken: What arrived, as sender, recipients and content.
        answers: By step (``MAIL``, ``RCPT``, ``DATA``): what to say instead of yes.
        hang_up: Close the connection once the content is there, without an answer.
        doze_s: Wait so long before answering the content.
        logins: User names and passwords that were shown.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.answers: dict[str, str] = {}
        self.hang_up = False
        self.doze_s = 0.0
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer the sender."""
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer the recipient."""
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer the content, or do not."""
        content = envelope.content
        assert isinstance(content, bytes)
        self.taken.append((envelope.mail_from or "", envelope.rcpt_tos, content))
        if self.hang_up:
            assert server.transport is not None
            server.transport.abort()
        await asyncio.sleep(self.doze_s)
        return self.answers.get("DATA", "250 OK")

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, shown: Any
    ) -> AuthResult:
        """Let the user ``shop`` with the password ``sesame`` in."""
        assert isinstance(shown, LoginPassword)
        self.logins.append((shown.login, shown.password))
        right = shown == LoginPassword(b"shop", b"sesame")
        return AuthResult(success=right, handled=False)


@contextmanager
def serving(
    office: PostOffice, *, ssl_context: ssl.SSLContext | None = None, **options: Any
) -> Iterator[int]:
    """Serve an office on a free port of the loopback interface, and return the port."""
    ready: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        loop, closing = asyncio.get_running_loop(), asyncio.Event()
        server = await loop.create_server(
            lambda: SMTP(office, loop=loop, hostname=LOOPBACK, **options),
            LOOPBACK,
            0,
            ssl=ssl_context,
        )
        async with server:
            ready.set_result((server.sockets[0].getsockname()[1], loop, closing))
            await closing.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    port, loop, closing = ready.result(timeout=10)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join()


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's context with a certificate of its own, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(LOOPBACK))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    paper, secret = folder / "cert.pem", folder / "key.pem"
    paper.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    serves = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serves.load_cert_chain(paper, secret)
    return serves, ssl.create_default_context(cafile=str(paper))
