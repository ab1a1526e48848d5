"""A connection to a mail server, with one end to all waiting.

`smtplib` bounds each single read and write, so a server that is slow with every answer, or sends it
byte by byte, could hold a letter for as long as it likes. Here each of them gets what is left of
one time, and none begins after it.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import Any

from ordercore_adapters.smtp.server import MailServer, Security

__all__ = ["Connection", "Deadline", "TROUBLES", "connected"]

TROUBLES = (smtplib.SMTPException, OSError)
"""What goes wrong on the way; a time that is over is an `OSError` too."""


class Deadline:
    """The end of an exchange."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return monotonic() >= self._end

    def left(self) -> float:
        """Return how many seconds are left.

        Raises:
            TimeoutError: none.
        """
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Connection(smtplib.SMTP):
    """A connection that is given up when a deadline is over."""

    def __init__(self, server: MailServer, deadline: Deadline) -> None:
        """Connect, and hear the greeting."""
        self.trusted = server.tls or ssl.create_default_context()
        self._security = server.security
        self._deadline = deadline
        super().__init__(server.host, server.port)

    def connect(
        self, host: str = "localhost", port: int = 0, source_address: Any = None
    ) -> tuple[int, bytes]:
        """Connect, encrypted from the first byte where that was asked for."""
        self.file = None
        self.sock = _reached(host, port, self._deadline)
        try:
            if self._security is Security.TLS:
                self.sock.settimeout(self._deadline.left())
                self.sock = self.trusted.wrap_socket(self.sock, server_hostname=host)
            return self.getreply()
        except TROUBLES:
            self.close()
            raise

    def send(self, s: Any) -> None:
        """Send a command or a message."""
        self._allow()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Return the code and the words of an answer."""
        if self.file is None and self.sock is not None:
            self.file = BufferedReader(_Answers(self.sock, self._deadline))
        return super().getreply()

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        """Send a command and return its answer, if there is still time to make use of it."""
        answer = super().docmd(cmd, args)
        self._allow()
        return answer

    def _allow(self) -> None:
        left = self._deadline.left()
        if self.sock is not None:
            self.sock.settimeout(left)


class _Answers(RawIOBase):
    """What a server says, each read within what is left."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        return self._sock.recv_into(buffer)


@contextmanager
def connected(server: MailServer, deadline: Deadline) -> Iterator[Connection]:
    """Connect as the server wants it, log in, and say good-bye in the end."""
    connection = Connection(server, deadline)
    try:
        if server.security is Security.STARTTLS:
            connection.starttls(context=connection.trusted)
        connection.ehlo_or_helo_if_needed()
        if server.username is not None:
            connection.login(server.username, server.password)
        yield connection
    finally:
        try:
            connection.quit()
        except TROUBLES:
            connection.close()  # what was handed in is not undone by a farewell that failed


def _reached(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address that answers; each gets its share of what is left."""
    trouble = OSError("the host has no address")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for number, (*kind, _, place) in enumerate(found):
        try:
            return _opened(*kind, place=place, within=deadline.left() / (len(found) - number))
        except OSError as error:
            trouble = error
    raise trouble


def _opened(family: int, kind: int, protocol: int, *, place: Any, within: float) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(within)
        sock.connect(place)
    except OSError:
        sock.close()
        raise
    return sock
