"""Send letters through an SMTP server, and tell apart what may have become of each.

Until the server has been given the message nothing has happened: whatever goes wrong may be tried
again, or will never work. From the first byte of the message on only the server's answer tells; a
connection that breaks before it leaves the outcome unclear, and so does a time that is over. Such a
letter is sent again under the same Message-ID, by which mail systems recognise a copy. So the same
key arrives at least once, and twice only when an answer was lost.

One time bounds the whole exchange, and nothing is handed over after it. Where it is shorter than a
worker's lease, a slow server does not make two workers send the same letter.
"""

from __future__ import annotations

import re
import smtplib
from email import policy
from email.message import EmailMessage

from ordercore.engine.saga import Failed, Rejected, Succeeded, Unclear
from ordercore.kernel.errors import InvalidInput
from ordercore.ports import Clock, Letter, NotificationOutcome, Printer
from ordercore_adapters.smtp.composing import Stationery, compose
from ordercore_adapters.smtp.connection import TROUBLES, Deadline, connected
from ordercore_adapters.smtp.server import MailServer

__all__ = ["SmtpLetters"]

# First digits of answers, by RFC 5321, 4.2.1.
_DONE, _GO_ON, _TRY_AGAIN = 2, 3, 4
_DOT_FIRST = re.compile(rb"(?m)^\.")


class SmtpLetters:
    """A `LettersPort` that blocks; async hosts offload it to threads.

    Every letter has a connection of its own, so it may be used from several threads.
    """

    def __init__(
        self, server: MailServer, stationery: Stationery, *, clock: Clock, printer: Printer
    ) -> None:
        """Send through ``server`` what is written as ``stationery`` says.

        Args:
            server: Where mail is handed in.
            stationery: How the shop writes.
            clock: Tells the date of each letter.
            printer: Prints what is enclosed, such as `ordercore_adapters.documents.printed`.
        """
        self._server = server
        self._stationery = stationery
        self._clock = clock
        self._printer = printer
        self._environment = stationery.environment()

    async def send(self, letter: Letter) -> NotificationOutcome:
        """Send it, or say why not.

        Returns:
            `Rejected` when the letter cannot be written or the server refuses it for good,
            `Failed` when nothing was handed over, `Unclear` when the server's last answer is
            missing.
        """
        try:
            message = compose(
                letter,
                self._stationery,
                at=self._clock.now(),
                environment=self._environment,
                printer=self._printer,
            )
        except InvalidInput as wrong:
            return Rejected(code=f"bad_{wrong.field}", reason=str(wrong))
        return _sent(message, self._server)

    def __repr__(self) -> str:
        return f"SmtpLetters({self._server!r})"


def _sent(message: EmailMessage, server: MailServer) -> NotificationOutcome:
    deadline = Deadline(server.timeout_s)
    try:
        with connected(server, deadline) as smtp:
            return _hand_in(smtp, message)
    except smtplib.SMTPAuthenticationError:
        return Failed(code="login_refused", reason="the mail server refused the login")
    except smtplib.SMTPNotSupportedError:
        return Failed(code="not_supported", reason="the mail server lacks what is needed")
    except TROUBLES as trouble:
        if deadline.over:
            reason = f"the mail server took longer than {server.timeout_s:g} s"
            return Failed(code="mail_server_slow", reason=reason)
        reason = f"the mail server was not reached: {type(trouble).__name__}"
        return Failed(code="mail_server_unreachable", reason=reason)


def _hand_in(smtp: smtplib.SMTP, message: EmailMessage) -> NotificationOutcome:
    """Take a message through envelope and content; raises before the content only."""
    sender, recipient = (message[name].addresses[0].addr_spec for name in ("From", "To"))
    international = not f"{sender}{recipient}".isascii()
    if international and not smtp.has_extn("smtputf8"):
        reason = "the mail server does not take addresses with such characters"
        return Rejected(code="address_not_supported", reason=reason)
    style = policy.SMTPUTF8 if international else policy.SMTP
    content = message.as_bytes(policy=style)
    refused = (
        _refusal(smtp.mail(sender, ["SMTPUTF8"] if international else [])[0], "sender")
        or _refusal(smtp.rcpt(recipient)[0], "recipient")
        or _refusal(smtp.docmd("DATA")[0], "message", wanted=_GO_ON)
    )
    if refused is not None:
        return refused
    try:
        smtp.send(_DOT_FIRST.sub(b"..", content) + b".\r\n")
        code, _ = smtp.getreply()
    except TROUBLES as trouble:
        return Unclear(reason=f"the answer was lost: {type(trouble).__name__}")
    return _refusal(code, "message") or Succeeded()


def _refusal(code: int, what: str, *, wanted: int = _DONE) -> Failed | Rejected | None:
    # Of the server's words only the number is kept: they often repeat the address.
    if code // 100 == wanted:
        return None
    reason = f"the mail server answered {code} to the {what}"
    if code // 100 == _TRY_AGAIN:
        return Failed(code=f"{what}_deferred", reason=reason)
    return Rejected(code=f"{what}_refused", reason=reason)
