"""The mail a customer gets: written here, kept to be read again, and sent again when asked for.

A port of ordercore, made by the shop. Nothing leaves the machine: sent is what lies in the folder
``mail``. A shop with a mail server passes the mailer of the extra ``smtp`` instead.
"""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from attrs import frozen

from examples.retail_shop.files import ShopFile
from ordercore import Refusal
from ordercore.engine.saga import Succeeded
from ordercore.kernel.time import format_instant, parse_instant
from ordercore.ports import Clock, Letter, LetterKind, Notification, NotificationOutcome

__all__ = ["Mail", "Notices", "Post"]

_SENDER = "The Corner Shop <orders@shop.example>"
_MOST_TIMES = 4
_SUBJECTS = {
    LetterKind.AWAITING_PAYMENT: "Your order {} waits for its payment",
    LetterKind.CONFIRMED: "Your order {} is confirmed",
    LetterKind.SHIPPED: "Your order {} is on its way",
}


@frozen(kw_only=True)
class Mail:
    """A mail that was sent.

    Attributes:
        sent_at: When it was sent first.
        times: How often it was sent.
    """

    key: str
    recipient: str
    subject: str
    text: str
    sent_at: datetime
    times: int


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
        subject = _SUBJECTS[letter.kind].format(letter.reference)
        self.keep(letter.key, letter.order_id, letter.recipient, subject, _text_of(letter))
        return Succeeded()

    def keep(self, key: str, order_id: str, recipient: str, subject: str, text: str) -> None:
        """Write a mail down and send it, unless that was done before."""
        at = self._clock.now()
        mail = Mail(key=key, recipient=recipient, subject=subject, text=text, sent_at=at, times=1)
        # Sent first: a crash in between sends the same file once more and not twice.
        self._put_into_folder(mail)
        with self._file.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO mails VALUES (?, ?, ?, ?, ?, ?, 1)",
                (key, order_id, recipient, subject, text, format_instant(at)),
            )

    def of_order(self, order_id: str) -> tuple[Mail, ...]:
        """Return what was written about an order, oldest first."""
        with self._file.transaction() as db:
            rows = db.execute(
                "SELECT key, recipient, subject, text, sent_at, times FROM mails "
                "WHERE order_id = ? ORDER BY sent_at, rowid",
                (order_id,),
            ).fetchall()
        return tuple(
            Mail(
                key=key,
                recipient=recipient,
                subject=subject,
                text=text,
                sent_at=parse_instant(at),
                times=times,
            )
            for key, recipient, subject, text, at, times in rows
        )

    def send_again(self, order_id: str, key: str) -> Mail | Refusal:
        """Send a mail once more.

        Returns:
            The mail, or a refusal: ``no_such_mail``, or ``redelivery_limited`` when it was sent
            often enough.
        """
        mail = next((each for each in self.of_order(order_id) if each.key == key), None)
        if mail is None:
            return Refusal(code="no_such_mail", reason="there is no such mail about this order")
        with self._file.transaction() as db:
            counted = db.execute(
                "UPDATE mails SET times = times + 1 WHERE key = ? AND times < ?",
                (key, _MOST_TIMES),
            ).rowcount
        if not counted:
            return Refusal(
                code="redelivery_limited", reason=f"it was sent {_MOST_TIMES} times already"
            )
        again = next(each for each in self.of_order(order_id) if each.key == key)
        self._put_into_folder(again)
        return again

    def _put_into_folder(self, mail: Mail) -> None:
        message = EmailMessage()
        message["From"] = _SENDER
        message["To"] = mail.recipient
        message["Subject"] = mail.subject
        message["Date"] = self._clock.now()
        message.set_content(mail.text)
        path = self.folder / f"{mail.key}-{mail.times}.eml"
        path.write_bytes(message.as_bytes())


class Notices:
    """A `NotificationsPort` that sends notices as mail."""

    def __init__(self, post: Post) -> None:
        """Send with ``post``."""
        self._post = post

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Send a notice once per key."""
        self._post.keep(
            notification.key,
            notification.order_id,
            notification.recipient,
            "About your order",
            notification.text,
        )
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
    return "\n".join([*lines, "", "The Corner Shop"])
