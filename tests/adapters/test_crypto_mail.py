"""Handing credentials over: readable with the private key or by the link, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from attrs import evolve
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from ordercore.domain.delivery import Credentials
from ordercore.engine.saga import Rejected, Succeeded, Unclear
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.ports import CredentialMail
from ordercore.testing.contracts import MailerContract, Subject, drive
from ordercore.testing.fakes import START, ManualClock
from ordercore_adapters import memory
from ordercore_adapters.crypto import (
    LINK_LIFETIME_S,
    EncryptedMailer,
    Keyring,
    OneTimeLinks,
    can_encrypt_for,
    new_key,
)

SECRET = "postgresql://app:s3cr3t-žluťoučký@db.example/app"
MAIL = CredentialMail(
    key="key-1",
    tenant=TenantId("tenant-a"),
    order_id=OrderId("order-1"),
    reference="REF-1",
    recipient="ana@example.com",
    credentials={
        ItemId("1"): Credentials(values={"connection_string": SECRET, "hostname": "db.example"}),
        ItemId("2"): Credentials(values={"password": "hunter2-hunter2"}),
    },
)
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def certificate(
    key: PrivateKey = KEY, *, days: int = 30, usage: str | None = None
) -> x509.Certificate:
    """Make a certificate for the tests' recipient."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ana@example.com")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=60))
        .not_valid_after(START + timedelta(days=days))
    )
    if usage is not None:
        flags = dict.fromkeys(
            (
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        builder = builder.add_extension(x509.KeyUsage(**{**flags, usage: True}), critical=True)
    return builder.sign(key, hashes.SHA256())


def mailer(
    folder: Path,
    *,
    keyring: Keyring | None = None,
    clock: ManualClock | None = None,
    known: x509.Certificate | None = None,
    send: Callable[[EmailMessage], None] | None = None,
) -> EncryptedMailer:
    """Make a mailer that knows at most one certificate."""
    return EncryptedMailer(
        folder,
        keyring or Keyring([("k1", new_key())]),
        clock or ManualClock(),
        certificates=lambda _tenant, _recipient: known,
        send=send,
    )


def messages(folder: Path) -> list[EmailMessage]:
    """Read what lies in the folder of messages."""
    paths = sorted((folder / "messages").glob("*.eml"))
    return [message_from_bytes(path.read_bytes(), policy=policy.SMTP) for path in paths]


def token_in(message: EmailMessage) -> str:
    """Find the token of the one-time link."""
    found = re.search(r"ordercore:access/(\S+)", message.get_content())
    assert found is not None
    return found.group(1)


def everything_below(folder: Path) -> bytes:
    """Join the content and the names of all files."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return b"\n".join(path.read_bytes() + str(path).encode() for path in paths)


class TestEncryptedMailerWithLinks(MailerContract):
    """The contract of the port, for recipients without a certificate."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        """Bind memory ports with a real mailer."""
        return Subject(memory.ports(mailer=mailer(tmp_path)), drive)


class TestEncryptedMailerWithCertificates(MailerContract):
    """The contract of the port, for recipients with a certificate."""

    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        """Bind memory ports with a real mailer."""
        return Subject(memory.ports(mailer=mailer(tmp_path, known=certificate())), drive)


def test_the_envelope_opens_with_the_private_key_only(tmp_path: Path) -> None:
    """Inside is a complete message with every value; outside is S/MIME as RFC 8551 names it."""
    known = certificate()
    assert drive(mailer(tmp_path, known=known).deliver(MAIL)) == Succeeded()
    (message,) = messages(tmp_path)
    assert message.get_content_type() == "application/pkcs7-mime"
    assert message.get_param("smime-type") == "enveloped-data"
    assert message.get_filename() == "smime.p7m"
    enveloped = message.get_content()
    inner = message_from_bytes(
        pkcs7.pkcs7_decrypt_der(enveloped, known, KEY, []), policy=policy.SMTP
    )
    text = inner.get_content()
    assert [value for value in (SECRET, "hunter2-hunter2", "db.example") if value not in text] == []
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    try:  # a wrong key may yield rubbish instead of an error, so that nobody can probe for it
        read = pkcs7.pkcs7_decrypt_der(enveloped, certificate(stranger), stranger, [])
    except ValueError:
        read = b""
    assert b"Content-T" not in read


def test_the_envelope_is_aes_256(tmp_path: Path) -> None:
    """The object identifier of AES-256 in CBC mode is in it, that of AES-128 is not."""
    drive(mailer(tmp_path, known=certificate()).deliver(MAIL))
    enveloped: bytes = messages(tmp_path)[0].get_content()
    aes = bytes.fromhex("06096086480165030401")
    assert aes + b"\x2a" in enveloped
    assert aes + b"\x02" not in enveloped


@pytest.mark.parametrize("with_certificate", [True, False])
def test_nothing_on_disk_shows_a_secret(tmp_path: Path, *, with_certificate: bool) -> None:
    """Not in messages, headers, sealed files or names; and all of it is for the owner only."""
    drive(mailer(tmp_path, known=certificate() if with_certificate else None).deliver(MAIL))
    kept = everything_below(tmp_path)
    assert [s for s in (SECRET, "s3cr3t", "hunter2", "db.example") if s.encode() in kept] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "messages").stat().st_mode & 0o777 == 0o700


def test_headers_name_the_order_and_one_recipient(tmp_path: Path) -> None:
    """That is all a relay needs to know; repeated sending keeps the Message-ID."""
    drive(mailer(tmp_path, known=certificate()).deliver(MAIL))
    (message,) = messages(tmp_path)
    assert message["To"] == "ana@example.com"
    assert message["Subject"] == "Access to order REF-1"
    assert message["Date"].datetime == START
    assert message["Message-ID"].endswith("@ordercore.invalid>")


@pytest.mark.parametrize(
    "recipient", ["customer-1", "Žiga Novak", "a@example.com, b@example.com", "x: y;", '"', "<>"]
)
def test_any_recipient_is_one_recipient(tmp_path: Path, recipient: str) -> None:
    """A customer's name never turns into a second address or another header."""
    assert drive(mailer(tmp_path).deliver(evolve(MAIL, recipient=recipient))) == Succeeded()
    (message,) = messages(tmp_path)
    (address,) = message["To"].addresses
    assert recipient == address.display_name


def test_a_recipient_with_line_breaks_is_refused(tmp_path: Path) -> None:
    """Nothing is written, and the refusal does not repeat it."""
    bad = evolve(MAIL, recipient="ana@example.com\r\nBcc: eve@example.com")
    outcome = drive(mailer(tmp_path).deliver(bad))
    assert isinstance(outcome, Rejected)
    assert "eve" not in repr(outcome)
    assert messages(tmp_path) == []


def test_the_same_key_is_one_message(tmp_path: Path) -> None:
    """Also for another mailer over the folder; another key or tenant is another message."""
    first, second = mailer(tmp_path), mailer(tmp_path)
    for each in (first, second, first):
        assert drive(each.deliver(MAIL)) == Succeeded()
    assert len(messages(tmp_path)) == len(list((tmp_path / "links").iterdir())) == 1
    drive(first.deliver(evolve(MAIL, key="key-2")))
    drive(first.deliver(evolve(MAIL, tenant=TenantId("tenant-b"))))
    assert len(messages(tmp_path)) == 3


def test_of_two_mailers_at_once_one_writes_the_message(tmp_path: Path) -> None:
    """The link of the slower one is withdrawn, and that of the faster one works."""
    keyring = Keyring([("k1", new_key())])
    faster = mailer(tmp_path, keyring=keyring)

    def meanwhile(_tenant: str, _recipient: str) -> None:
        drive(faster.deliver(MAIL))

    slower = EncryptedMailer(tmp_path, keyring, ManualClock(), certificates=meanwhile)
    assert drive(slower.deliver(MAIL)) == Succeeded()
    (message,) = messages(tmp_path)
    assert len(list((tmp_path / "links").iterdir())) == 1
    assert slower.redeem(token_in(message)) == MAIL.credentials


def test_a_link_works_once(tmp_path: Path) -> None:
    """Everything is behind it; afterwards nothing is left of it."""
    subject = mailer(tmp_path)
    drive(subject.deliver(MAIL))
    (message,) = messages(tmp_path)
    token = token_in(message)
    assert subject.redeem(token) == MAIL.credentials
    for used in (token, token[:-1], "", "../messages"):
        with pytest.raises(InvalidInput, match="unknown, used or expired") as refused:
            subject.redeem(used)
        assert not used or used not in str(refused.value)
    assert list((tmp_path / "links").iterdir()) == []


def test_a_link_does_not_open_without_its_token(tmp_path: Path) -> None:
    """Even with the keyring: an entry put behind another token is refused."""
    links = OneTimeLinks(tmp_path, Keyring([("k1", new_key())]), ManualClock())
    first, second = links.put(MAIL.credentials), links.put({})
    names = sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_size)
    names[1].replace(names[0])
    with pytest.raises(InvalidInput, match="changed, or moved"):
        links.redeem(second)
    with pytest.raises(InvalidInput, match="unknown"):
        links.redeem(first)


def test_a_link_expires(tmp_path: Path) -> None:
    """After a week it shows nothing, and is swept away."""
    clock = ManualClock()
    subject = mailer(tmp_path, clock=clock)
    for key in ("a", "b"):
        drive(subject.deliver(evolve(MAIL, key=key)))
    first, second = (token_in(message) for message in messages(tmp_path))
    clock.advance(seconds=LINK_LIFETIME_S)
    assert subject.sweep() == 0
    assert subject.redeem(first)
    clock.advance(seconds=1)
    with pytest.raises(InvalidInput):
        subject.redeem(second)
    drive(subject.deliver(evolve(MAIL, key="c")))
    clock.advance(seconds=LINK_LIFETIME_S + 1)
    assert (subject.sweep(), subject.sweep()) == (1, 0)


def test_a_link_survives_a_rotation(tmp_path: Path) -> None:
    """It is opened with the key that sealed it."""
    old, new = ("k1", new_key()), ("k2", new_key())
    drive(mailer(tmp_path, keyring=Keyring([old])).deliver(MAIL))
    token = token_in(messages(tmp_path)[0])
    assert mailer(tmp_path, keyring=Keyring([new, old])).redeem(token) == MAIL.credentials


@pytest.mark.parametrize(
    ("unusable", "at"),
    [
        (certificate(days=-1), START),
        (certificate(), START - timedelta(days=61)),
        (certificate(ec.generate_private_key(ec.SECP256R1())), START),
        (certificate(usage="digital_signature"), START),
    ],
    ids=["expired", "not yet valid", "no RSA key", "for signing only"],
)
def test_an_unusable_certificate_means_a_link(
    tmp_path: Path, unusable: x509.Certificate, at: datetime
) -> None:
    """Never a message nobody can read, and never one in the clear."""
    assert not can_encrypt_for(unusable, at)
    drive(mailer(tmp_path, known=unusable, clock=ManualClock(at)).deliver(MAIL))
    assert "ordercore:access/" in messages(tmp_path)[0].get_content()


@pytest.mark.parametrize("usage", [None, "key_encipherment"])
def test_a_certificate_for_encryption_is_usable(usage: str | None) -> None:
    """Whether it says so or says nothing."""
    assert can_encrypt_for(certificate(usage=usage), START)


def test_a_sent_message_is_not_sent_again(tmp_path: Path) -> None:
    """Once it is noted; the note outlives the mailer."""
    sent: list[EmailMessage] = []
    for _ in range(2):
        subject = mailer(tmp_path, known=certificate(), send=sent.append)
        assert drive(subject.deliver(MAIL)) == Succeeded()
    assert len(sent) == 1


def test_a_message_that_may_have_been_sent_goes_out_again_unchanged(tmp_path: Path) -> None:
    """The outcome is unclear and tells no recipient; the repeat can be recognised."""
    seen: list[EmailMessage] = []

    def stumble(message: EmailMessage) -> None:
        seen.append(message)
        if len(seen) == 1:
            raise ConnectionResetError(f"while sending to {message['To']}")

    subject = mailer(tmp_path, send=stumble)
    outcome = drive(subject.deliver(MAIL))
    assert isinstance(outcome, Unclear)
    assert "ana" not in outcome.reason
    assert drive(subject.deliver(MAIL)) == Succeeded()
    first, second = (message.as_bytes() for message in seen)
    assert first == second


def test_no_repr_shows_anything(tmp_path: Path) -> None:
    """Of the mailer or the links."""
    keyring = Keyring([("k1", new_key())])
    links = OneTimeLinks(tmp_path / "links", keyring, ManualClock())
    token = links.put(MAIL.credentials)
    shown = f"{mailer(tmp_path)!r} {links!r}"
    assert token not in shown
    assert SECRET not in shown
