"""One end to all waiting for a mail server, however slowly it answers."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest
from attrs import evolve

from ordercore.engine.messaging import LEASE
from ordercore.engine.saga import Failed, Succeeded, Unclear
from ordercore.kernel import InvalidInput, Money, OrderId, TenantId
from ordercore.ports import Enclosure, Letter, LetterKind
from ordercore.testing.contracts import drive
from ordercore_adapters.documents import printed
from ordercore_adapters.smtp import MailServer, Security, SmtpLetters, Stationery
from ordercore_adapters.smtp import connection as connection_module
from ordercore_adapters.system import SystemClock
from tests.adapters.mail_host import LOOPBACK, PostOffice, certificate, serving

SHOP = Stationery(shop="Kettle & Sons", sender="orders@shop.example")
LETTER = Letter(
    key="a",
    tenant=TenantId("shop"),
    order_id=OrderId("order-1"),
    kind=LetterKind.CONFIRMED,
    recipient="zofie@mail.example",
    name="Žofie",
    reference="REF-1",
    lines=(),
    total=Money(1999, "EUR"),
)
GREETING, END = b"", b"."
SAID = {GREETING: b"220 hello\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


class Slow:
    """A mail server that takes everything, in its own time.

    Attributes:
        heard: What it was told.
        before: Called with each command, before it is answered.
        drips: The commands that are answered byte by byte, for five seconds.
        done: Ends that sooner.
    """

    def __init__(self, *drips: bytes, before: Callable[[bytes], object] = bool) -> None:
        self.heard: list[bytes] = []
        self.before = before
        self.drips = drips
        self.done = Event()

    def serve(self, listener: socket.socket) -> None:
        """Take one letter."""
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            self._answer(connection, GREETING)
            within = False
            for line in lines:
                self.heard.append(line)
                command = line.rstrip()[: 4 if not within else None]
                if not within or command == END:
                    self._answer(connection, command)
                    within = command == b"DATA"

    def _answer(self, connection: socket.socket, command: bytes) -> None:
        self.before(command)
        ticks = 100 if command in self.drips else 0
        while ticks and not self.done.wait(0.05):
            connection.sendall(b"2")
            ticks -= 1
        connection.sendall(SAID.get(command, b"250 OK\r\n"))


@contextmanager
def waiting(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Let a server wait for one connection, and return its port."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        thread = Thread(target=serve, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def sent(server: MailServer, letter: Letter = LETTER) -> object:
    """Send a letter and return what became of it, soon after the time is over."""
    started = monotonic()
    letters = SmtpLetters(server, SHOP, clock=SystemClock(), printer=printed)
    answer = drive(letters.send(letter))
    assert monotonic() - started < server.timeout_s + 2
    return answer


def to(slow: Slow, timeout_s: float) -> object:
    """Send a letter to a slow server."""
    with waiting(slow.serve) as port:
        try:
            return sent(
                MailServer(host=LOOPBACK, port=port, security=Security.PLAIN, timeout_s=timeout_s)
            )
        finally:
            slow.done.set()


def test_answers_that_are_late_one_by_one_are_late_together() -> None:
    """Each comes in time, all of them do not: the message is not begun."""
    pause = Event()
    slow = Slow(before=lambda _: pause.wait(0.25))
    answer = to(slow, 0.6)
    assert answer == Failed(
        code="mail_server_slow", reason="the mail server took longer than 0.6 s"
    )
    assert [line[:4] for line in slow.heard] == [b"ehlo", b"mail"]


def test_a_server_with_time_enough_takes_the_letter() -> None:
    """The same answers, and a longer time."""
    pause = Event()
    slow = Slow(before=lambda _: pause.wait(0.05))
    assert to(slow, 10) == Succeeded()


@pytest.mark.parametrize("command", [GREETING, b"ehlo", b"mail", b"rcpt", b"DATA"])
def test_an_answer_byte_by_byte_is_given_up(command: bytes) -> None:
    """Before the message nothing is sent."""
    slow = Slow(command)
    answer = to(slow, 0.3)
    assert isinstance(answer, Failed)
    assert answer.code == "mail_server_slow"
    assert slow.heard[-1:] == [] if command == GREETING else slow.heard[-1].startswith(command)


def test_after_the_message_such_an_answer_is_lost() -> None:
    """The server may still take it."""
    slow = Slow(END)
    assert isinstance(to(slow, 0.5), Unclear)
    assert slow.heard[-1] == b".\r\n"


def test_a_farewell_does_not_take_longer_either() -> None:
    """What was taken stays taken."""
    assert to(Slow(b"QUIT"), 0.5) == Succeeded()


def test_nothing_of_a_message_is_sent_when_the_time_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process may have been frozen before the server said "go on", or before it was asked."""
    for command, last in ((b"DATA", b"DATA\r\n"), (b"rcpt", b"rcpt TO:<zofie@mail.example>\r\n")):
        late: list[float] = []

        def overtaken(told: bytes, command: bytes = command, late: list[float] = late) -> None:
            if told == command:
                late.append(60)

        monkeypatch.setattr(
            connection_module, "monotonic", lambda late=late: monotonic() + sum(late)
        )
        slow = Slow(before=overtaken)
        answer = to(slow, 10)
        assert isinstance(answer, Failed)
        assert answer.code == "mail_server_slow"
        assert slow.heard[-1] == last


def test_a_message_that_is_read_slowly_is_given_up(tmp_path: Path) -> None:
    """Over TLS too, where each piece of it that is read takes time."""
    serves, trusts = certificate(tmp_path)
    paper = Enclosure(filename="a.pdf", media_type="application/pdf", content=bytes(6_000_000))
    done = Event()

    def serve(listener: socket.socket) -> None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain, _ = listener.accept()
        with suppress(OSError), serves.wrap_socket(plain, server_side=True) as connection:
            for said in (SAID[GREETING], *[b"250 OK\r\n"] * 3, SAID[b"DATA"]):
                connection.sendall(said)
                connection.recv(4096)
            for _ in range(100):
                if done.wait(0.05):
                    break
                connection.recv(16_384)

    with waiting(serve) as port:
        server = MailServer(
            host=LOOPBACK, port=port, security=Security.TLS, tls=trusts, timeout_s=0.8
        )
        try:
            answer = sent(server, evolve(LETTER, enclosures=(paper,)))
        finally:
            done.set()
    assert isinstance(answer, Unclear)


def test_a_handshake_has_what_is_left() -> None:
    """Whoever never ends it is given up, from the first byte or after STARTTLS."""
    done, pause = Event(), Event()

    def tls(listener: socket.socket) -> None:
        with listener.accept()[0]:
            done.wait(10)

    def starttls(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            for said in (SAID[GREETING], b"250-hello\r\n250 STARTTLS\r\n", b"220 go on\r\n"):
                pause.wait(0.2)
                connection.sendall(said)
                connection.recv(4096)
            done.wait(10)

    for serve, security in ((tls, Security.TLS), (starttls, Security.STARTTLS)):
        with waiting(serve) as port:
            server = MailServer(
                host=LOOPBACK,
                port=port,
                security=security,
                tls=ssl.create_default_context(),
                timeout_s=0.9,
            )
            started = monotonic()
            answer = sent(server)
            took = monotonic() - started
            done.set()
        done.clear()
        assert isinstance(answer, Failed)
        assert (answer.code, took < 1.05) == ("mail_server_slow", True)


def test_an_address_where_nobody_answers_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server with several is reached by the one that works."""
    office = PostOffice()
    with (
        serving(office) as port,
        socket.create_server((LOOPBACK, 0), backlog=0) as full,
        closing(socket.create_connection(full.getsockname())),
    ):
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        found = [(*kind, full.getsockname()), (*kind, (LOOPBACK, port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        server = MailServer(host=LOOPBACK, port=port, security=Security.PLAIN, timeout_s=3)
        assert sent(server) == Succeeded()
    assert len(office.taken) == 1


def test_the_time_is_some_and_less_than_a_lease() -> None:
    """So that no second worker sends a letter while the first is still at it."""
    assert MailServer(host="mail.example").timeout_s <= LEASE.total_seconds() - 10
    for seconds in (0, -1, float("nan")):
        with pytest.raises(InvalidInput, match="timeout_s"):
            MailServer(host="mail.example", timeout_s=seconds)
