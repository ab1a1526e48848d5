"""The mail a customer gets: written here, with what is enclosed, and kept to be read again.

A port of ordercore, made by the shop. Nothing leaves the machine: sent is what lies in the folder
``mail``. A shop with a mail server passes the mailer of the extra ``smtp`` instead.
"""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from attrs import field, frozen

from examples.retail_shop.files import ShopFile
from examples.retail_shop.papers import printed
from ordercore.engine.saga import Succeeded
from ordercore.kernel.time import format_instant, parse_instant
from ordercore.ports import (
    Clock,
    Enclosure,
    Letter,
    LetterKind,
    Notification,
    NotificationOutcome,
)

__all__ = ["Mail", "Notices", "Post"]

_SENDER = "The Corner Shop <orders@shop.example>"
_SUBJECTS = {
    LetterKind.AWAITING_PAYMENT: "Your order {} waits for its payment",
    LetterKind.CONFIRMED: "Your order {} is confirmed",
    LetterKind.SHIPPED: "Your order {} is on its way",
}


@frozen(kw_only=True)
class Mail:
    """A mail about an order, as it was sent last.

    Attributes:
        about: What it is about; an order is written about it once, unless asked again.
        sent_at: When it was sent first.
        times: How often it was sent.
    """

    about: str
    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    sent_at: datetime
    times: int = 1


class Post:
    """A `LettersPort` that keeps what it sends.

    Attributes:
        folder: Where it is sent to.
    """

    def __init__(self, file: ShopFile, folder: Path, clock: Clock) -> None:
        """Keep mail in ``file`` and send it into ``folder``."""
        self._file = file
        self.folder = folder
        self._clock = clock
        folder.mkdir(mode=0o700, exist_ok=True)

    async def send(self, letter: Letter) -> NotificationOutcome:
        """Send a letter once per key."""
        mail = Mail(
            about=letter.kind,
            recipient=letter.recipient,
            subject=_SUBJECTS[letter.kind].format(letter.reference),
            text=_text_of(letter),
            sent_at=self._clock.now(),
        )
        self.keep(letter.key, letter.order_id, mail, enclosed=printed(letter))
        return Succeeded()

    def keep(
        self, key: str, order_id: str, mail: Mail, *, enclosed: tuple[Enclosure, ...] = ()
    ) -> None:
        """Write a mail down and send it, unless that was done before."""
        # Sent first: a crash in between sends the same file once more and not twice.
        self._put_into_folder(key, mail, enclosed)
        with self._file.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    key,
                    order_id,
                    mail.about,
                    mail.recipient,
                    mail.subject,
                    mail.text,
                    format_instant(mail.sent_at),
                ),
            )

    def of_order(self, order_id: str) -> tuple[Mail, ...]:
        """Return what was written about an order, oldest first; copies count as one mail."""
        with self._file.transaction() as db:
            rows = db.execute(
                "SELECT about, recipient, subject, text, sent_at FROM letters "
                "WHERE order_id = ? ORDER BY sent_at, rowid",
                (order_id,),
            ).fetchall()
        found: dict[str, Mail] = {}
        for about, recipient, subject, text, at in rows:
            earlier = found.get(about)
            found[about] = Mail(
                about=about,
                recipient=recipient,
                subject=subject,
                text=text,
                sent_at=earlier.sent_at if earlier else parse_instant(at),
                times=earlier.times + 1 if earlier else 1,
            )
        return tuple(found.values())

    def _put_into_folder(self, key: str, mail: Mail, enclosed: tuple[Enclosure, ...]) -> None:
        message = EmailMessage()
        message["From"] = _SENDER
        message["To"] = mail.recipient
        message["Subject"] = mail.subject
        message["Date"] = mail.sent_at
        message.set_content(mail.text)
        for paper in enclosed:
            kind, _, subkind = paper.media_type.partition("/")
            message.add_attachment(
                paper.content, maintype=kind, subtype=subkind, filename=paper.filename
            )
        (self.folder / f"{key}.eml").write_bytes(message.as_bytes())


class Notices:
    """A `NotificationsPort` that sends notices as mail."""

    def __init__(self, post: Post, clock: Clock) -> None:
        """Send with ``post``."""
        self._post = post
        self._clock = clock

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Send a notice once per key."""
        mail = Mail(
            about=notification.kind,
            recipient=notification.recipient,
            subject="About your order",
            text=notification.text,
            sent_at=self._clock.now(),
        )
        self._post.keep(notification.key, notification.order_id, mail)
        return Succeeded()


def _text_of(letter: Letter) -> str:
    lines = [f"Dear {letter.name or 'customer'},", ""]
    lines += [f"  {line.quantity} x {line.name}, net {line.amount}" for line in letter.lines]
    lines += [f"  In all, with tax: {letter.total}", ""]
    if letter.pay_at is not None:
        lines += ["Please pay here:", letter.pay_at]
        if letter.pay_by is not None:
            lines.append(f"The page stays open until {letter.pay_by:%d %B %Y, %H:%M} UTC.")
    if letter.arrival is not None:
        first, last = letter.arrival.earliest, letter.arrival.latest
        lines.append(f"It should arrive between {first:%d %B} and {last:%d %B %Y}.")
    if letter.tracking is not None:
        lines.append(f"The number of your parcel is {letter.tracking}.")
    lines += [f"Enclosed: {document.number.text}" for document in letter.documents]
    return "\n".join([*lines, "", "The Corner Shop"])
