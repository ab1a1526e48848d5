"""Handing credentials to the customer: an encrypted message, or a link that works once.

For a recipient with a usable certificate the credentials travel inside an S/MIME envelope. For any
other the message holds only a one-time link. They are never written in the clear, neither into a
message nor into a file, and no header tells anything but that there is something to fetch.

Every message is first written to a folder under a name derived from its key, and then handed to
``send`` where the host supplies one. The folder is the memory that makes a key's message one
message: a repeat finds the file, and sends those bytes again only if nobody has noted that they
were sent. A process killed between sending and noting sends twice, with the same Message-ID; so
does a ``send`` that takes longer than a worker's lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from cryptography import x509

from ordercore.domain.delivery import Credentials
from ordercore.engine.saga import Rejected, Succeeded, Unclear
from ordercore.kernel.ids import ItemId, derive_key
from ordercore.ports import Clock, CredentialMail, NotificationOutcome
from ordercore_adapters.crypto._files import create_once, private_folder
from ordercore_adapters.crypto.keyring import Keyring
from ordercore_adapters.crypto.links import LINK_LIFETIME_S, OneTimeLinks
from ordercore_adapters.crypto.smime import can_encrypt_for, envelope

__all__ = ["Certificates", "EncryptedMailer", "Send"]

Certificates = Callable[[str, str], x509.Certificate | None]
"""Looks up the certificate of a tenant's recipient."""
Send = Callable[[EmailMessage], None]
"""Sends a message, or raises."""


def _no_certificates(tenant: str, recipient: str) -> x509.Certificate | None:
    return None


class EncryptedMailer:
    """A `MailerPort` that never suspends; safe with several processes over one folder."""

    def __init__(
        self,
        folder: Path,
        keyring: Keyring,
        clock: Clock,
        *,
        certificates: Certificates = _no_certificates,
        send: Send | None = None,
        link_base: str = "ordercore:access/",
        sender: str = "ordercore <no-reply@localhost>",
        link_lifetime_s: int = LINK_LIFETIME_S,
    ) -> None:
        """Write messages below ``folder``.

        Args:
            folder: Made when missing; ``messages`` and ``links`` lie in it.
            keyring: Seals what lies behind the links.
            clock: Decides whether certificates and links are valid.
            certificates: Looks up the certificate of a tenant's recipient.
            send: Sends a message, or raises, in less than a worker's lease (30 seconds); without it
                the folder is where messages are picked up.
            link_base: What the token is appended to, such as an address of the host's portal that
                calls `redeem`.
            sender: The From header.
            link_lifetime_s: How long a link works, in seconds.
        """
        self._messages = private_folder(folder / "messages")
        self._links = OneTimeLinks(folder / "links", keyring, clock, lifetime_s=link_lifetime_s)
        self._clock = clock
        self._certificates = certificates
        self._send = send
        self._link_base = link_base
        self._sender = sender

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Send it once per key, or say why not."""
        path = self.message_path(mail)
        if not path.exists():
            try:
                recipient = _address(mail.recipient)
            except ValueError:
                return Rejected(code="recipient_unusable", reason="the recipient has line breaks")
            self._write(path, mail, recipient)
        if self._send is None:
            return Succeeded()
        return self._hand_on(path, self._send)

    def redeem(self, token: str) -> dict[ItemId, Credentials]:
        """Return what lies behind a one-time link and use the link up.

        Raises:
            InvalidInput: the token is unknown, used or expired, which nobody is told apart.
        """
        return self._links.redeem(token)

    def sweep(self) -> int:
        """Delete expired links and return how many there were."""
        return self._links.sweep()

    def message_path(self, mail: CredentialMail) -> Path:
        """Return where the message of this mail's key lies, or will lie."""
        return self._messages / f"{derive_key('mail', mail.tenant, mail.key)}.eml"

    def __repr__(self) -> str:
        return f"EncryptedMailer({self._messages.parent.name!r})"

    def _write(self, path: Path, mail: CredentialMail, recipient: Address) -> None:
        certificate = self._certificates(mail.tenant, mail.recipient)
        token = None
        if certificate is not None and can_encrypt_for(certificate, self._clock.now()):
            message = envelope(_letter(mail.credentials), certificate)
        else:
            token = self._links.put(mail.credentials)
            message = self._link_message(token)
        message["From"] = self._sender
        message["To"] = recipient
        message["Subject"] = f"Access to order {' '.join(mail.reference.split())}"
        message["Date"] = self._clock.now()
        message["Message-ID"] = f"<{path.stem}@ordercore.invalid>"
        if not create_once(path, message.as_bytes()) and token is not None:
            self._links.withdraw(token)  # another process wrote its own message first

    def _link_message(self, token: str) -> EmailMessage:
        message = EmailMessage(policy=policy.SMTP)
        message.set_content(
            "Your access data is ready. This link shows it once:\n\n"
            f"{self._link_base}{token}\n\n"
            "If the link has been used and it was not you, tell us at once.\n"
        )
        return message

    def _hand_on(self, path: Path, send: Send) -> NotificationOutcome:
        sent = path.with_suffix(".sent")
        if not sent.exists():
            try:
                send(message_from_bytes(path.read_bytes(), policy=policy.SMTP))
            except Exception as error:  # whatever a foreign mail library raises
                # Its words may hold the recipient; its kind is enough to act on.
                return Unclear(reason=f"sending ended with {type(error).__name__}")
            create_once(sent, b"")
        return Succeeded()


def _letter(credentials: Mapping[ItemId, Credentials]) -> str:
    lines: list[str] = []
    for item, each in sorted(credentials.items()):
        lines.append(f"{item}:")
        lines.extend(f"  {name}: {value}" for name, value in sorted(each.values.items()))
        lines.append("")
    return "\n".join(lines)


def _address(recipient: str) -> Address:
    """Return the recipient as exactly one address, whatever the text looks like.

    Raises:
        ValueError: it has line breaks.
    """
    try:
        if "@" in recipient:
            return Address(addr_spec=recipient)
    except ValueError:
        pass
    return Address(display_name=recipient)
