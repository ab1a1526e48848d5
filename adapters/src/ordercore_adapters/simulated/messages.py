"""Telling people: notifications and letters that are kept, and encrypted mail with a memory."""

from __future__ import annotations

import json
from pathlib import Path

from ordercore.engine.saga import Accepted, Failed, Rejected, Succeeded
from ordercore.kernel.time import format_instant
from ordercore.ports import (
    Clock,
    CredentialMail,
    Letter,
    MailerPort,
    Notification,
    NotificationOutcome,
)
from ordercore_adapters.simulated._calls import LOST, WITHOUT_EFFECT, Call, Desk, no_answer
from ordercore_adapters.simulated.books import Books, note_call, number_of_call
from ordercore_adapters.simulated.faults import FAULT_FREE, Fate, FaultPlan

__all__ = ["SimulatedLetters", "SimulatedMail", "SimulatedNotifications"]

_NOTIFICATIONS = """
CREATE TABLE IF NOT EXISTS notifications (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID
"""
_LETTERS = """
CREATE TABLE IF NOT EXISTS letters (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    recipient TEXT NOT NULL,
    enclosures TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID
"""
_MAILS = """
CREATE TABLE IF NOT EXISTS mails (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    order_id TEXT NOT NULL,
    items TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (tenant, key)
) WITHOUT ROWID
"""


_NO_MAILBOX = Rejected(code="no_such_mailbox", reason="nobody is reached there")


class SimulatedNotifications:
    """A `NotificationsPort` that never suspends, with a file of its own.

    Attributes:
        books: What really was sent, and every call.
    """

    def __init__(self, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock) -> None:
        """Keep the books in ``path``, made when missing."""
        self.books = Books(path, _NOTIFICATIONS)
        self._desk = Desk(self.books, faults, clock)

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Send it once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _keep(call, notification),
            tenant=notification.tenant,
            kind="notify",
            key=notification.key,
            busy="notifier_busy",
        )

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()


class SimulatedLetters:
    """A `LettersPort` that never suspends, with a file of its own.

    Attributes:
        books: What really was sent (not what was in it), and every call.
    """

    def __init__(self, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock) -> None:
        """Keep the books in ``path``, made when missing."""
        self.books = Books(path, _LETTERS)
        self._desk = Desk(self.books, faults, clock)

    async def send(self, letter: Letter) -> NotificationOutcome:
        """Send it once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        return self._desk.take(
            lambda call: _post(call, letter),
            tenant=letter.tenant,
            kind="letter",
            key=letter.key,
            busy="post_busy",
            no=_NO_MAILBOX,
        )

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()


class SimulatedMail:
    """A `MailerPort` around another one: its messages, with faults and a list of what went out.

    Attributes:
        books: What really was handed over (not what was in it), and every call.
    """

    def __init__(
        self, mailer: MailerPort, path: Path, *, faults: FaultPlan = FAULT_FREE, clock: Clock
    ) -> None:
        """Send with ``mailer``, which has to honour keys, and keep the books in ``path``."""
        self.books = Books(path, _MAILS)
        self._mailer = mailer
        self._faults = faults
        self._clock = clock

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Send it once per key, or say why not.

        Raises:
            TimeoutError: the answer was lost.
        """
        scoped = f"{mail.tenant}/{mail.key}"
        with self.books.transaction() as db:
            attempt = number_of_call(db, mail.tenant, "mail", mail.key)
            fate = self._faults.fate("mail", scoped, attempt)
            at = self._clock.now()
            note_call(db, mail.tenant, "mail", mail.key, attempt, at=at, answer=fate)
        answer: NotificationOutcome
        if fate in WITHOUT_EFFECT:
            answer = Failed(code="mailer_busy", reason="the mailer could not take the message")
        else:
            # Outside the transaction: the mailer may write files, or wait.
            answer = await self._mailer.deliver(mail)
            if fate is Fate.DUPLICATED:
                answer = await self._mailer.deliver(mail)
            if isinstance(answer, Succeeded):
                self._note(mail)
        return no_answer(self._faults, "mail", scoped, attempt) if fate in LOST else answer

    def close(self) -> None:
        """Let go of the file."""
        self.books.close()

    def _note(self, mail: CredentialMail) -> None:
        items, at = json.dumps(sorted(mail.credentials)), format_instant(self._clock.now())
        with self.books.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO mails VALUES (?, ?, ?, ?, ?)",
                (mail.tenant, mail.key, mail.order_id, items, at),
            )


def _keep(call: Call, notification: Notification) -> NotificationOutcome:
    added = call.db.execute(
        "INSERT OR IGNORE INTO notifications VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            notification.tenant,
            notification.key,
            notification.order_id,
            notification.kind,
            notification.recipient,
            notification.text,
            format_instant(call.due_at),
        ),
    ).rowcount
    return Accepted() if added and call.due_at > call.at else Succeeded()


def _post(call: Call, letter: Letter) -> NotificationOutcome:
    added = call.db.execute(
        "INSERT OR IGNORE INTO letters VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            letter.tenant,
            letter.key,
            letter.order_id,
            letter.kind,
            letter.recipient,
            json.dumps(_enclosed(letter)),
            format_instant(call.due_at),
        ),
    ).rowcount
    return Accepted() if added and call.due_at > call.at else Succeeded()


def _enclosed(letter: Letter) -> list[str]:
    files = [each.filename for each in letter.enclosures]
    return [each.number.text for each in letter.documents] + files
