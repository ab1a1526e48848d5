"""Look-ups in memory and over HTTP: what is there, what is not, and what goes wrong on the way."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import monotonic
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from ordercore.domain.orders import Recipient
from ordercore.kernel import InvalidInput
from ordercore.ports import (
    LookedUp,
    LookupsPort,
    LookupTimedOut,
    LookupUnreachable,
    RecipientLookup,
)
from ordercore.testing.contracts import LookupsContract, Subject, drive
from ordercore.testing.contracts.subject import Run
from ordercore_adapters import memory
from ordercore_adapters.lookups import AsyncHttpLookups, HttpLookups
from ordercore_adapters.lookups.waiting import Line
from ordercore_adapters.memory import MemoryLookups

QUERY, SAVED = LookupsContract.query, LookupsContract.saved


def as_json(recipient: Recipient) -> dict[str, Any]:
    """Return the answer of a service that knows the recipient."""
    place = recipient.address
    return {
        "name": recipient.name,
        "address": {
            "lines": list(place.lines),
            "postcode": place.postcode,
            "city": place.city,
            "country": place.country,
        },
    }


class AddressBook(BaseHTTPRequestHandler):
    """A service with one entry, that answers as its server is told to."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        server: Any = self.server
        server.seen.append(self.headers.get("Authorization"))
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        wanted = {"tenant": QUERY.tenant, "customer": QUERY.customer, "entry": QUERY.entry}
        body = json.dumps(as_json(SAVED)).encode()
        server.how(self, body if asked == wanted else None)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Send a whole answer."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def well(book: AddressBook, body: bytes | None) -> None:
    """Answer as agreed."""
    book.answer(404) if body is None else book.answer(200, body)


class Server(ThreadingHTTPServer):
    """The service on a free port of the loopback interface."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), AddressBook)
        self.seen: list[str | None] = []
        self.how: Any = well
        self.closing = Event()
        self.url = f"http://127.0.0.1:{self.server_port}/addresses"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet where the client hung up: some of these tests are about just that."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve until the test is over."""
    with Server() as serving:
        thread = Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield serving
        serving.closing.set()
        serving.shutdown()
        thread.join()


@pytest.fixture(params=["blocking", "async"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Return what drives a face."""
    if request.param == "blocking":
        yield drive
        return
    with asyncio.Runner() as runner:
        yield runner.run


def over_http(run: Run, url: str, timeout_s: float = 5.0) -> tuple[LookupsPort, Any]:
    """Return look-ups for a face, and their client."""
    headers = {"Authorization": "Bearer of-the-shop"}
    if run is drive:
        client = httpx2.Client(headers=headers, trust_env=False)
        return HttpLookups(client, url, timeout_s=timeout_s), client
    suspending = httpx2.AsyncClient(headers=headers, trust_env=False)
    return AsyncHttpLookups(suspending, url, timeout_s=timeout_s), suspending


def close(run: Run, client: Any) -> None:
    """Close a client."""
    client.close() if run is drive else run(client.aclose())


def asked(run: Run, url: str, timeout_s: float = 5.0) -> RecipientLookup:
    """Look the entry up."""
    lookups, client = over_http(run, url, timeout_s)
    try:
        return run(lookups.recipient(QUERY))
    finally:
        close(run, client)


class TestInMemory(LookupsContract):
    """The reference."""

    @pytest.fixture
    def subject(self) -> Subject:
        """Return a bundle whose address book has one entry."""
        lookups = MemoryLookups()
        lookups.save(QUERY.tenant, QUERY.customer, QUERY.entry, SAVED)
        return Subject(memory.ports(lookups=lookups), drive)


class TestOverHttp(LookupsContract):
    """A service that is asked."""

    @pytest.fixture
    def subject(self, server: Server, run: Run) -> Iterator[Subject]:
        """Return a bundle that asks it."""
        lookups, client = over_http(run, server.url)
        yield Subject(memory.ports(lookups=lookups), run)
        close(run, client)


def test_who_asks_is_for_the_client_to_say(server: Server, run: Run) -> None:
    """The service sees its token."""
    assert asked(run, server.url) == LookedUp(SAVED)
    assert server.seen == ["Bearer of-the-shop"]


def test_nobody_at_home_is_told_from_nobody_answering(server: Server, run: Run) -> None:
    """A port that is closed, and a service that takes its time."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    closed = asked(run, f"http://127.0.0.1:{port}/addresses")
    assert closed == LookupUnreachable(code="ConnectError")

    server.how = lambda *_: server.closing.wait(30)
    assert asked(run, server.url, timeout_s=0.2) == LookupTimedOut()


def test_a_service_that_answers_byte_by_byte_is_given_up(server: Server, run: Run) -> None:
    """Each byte comes in time; the whole does not."""

    def drip(book: AddressBook, _: bytes | None) -> None:
        book.send_response(200)
        book.send_header("Content-Length", "1000")
        book.end_headers()
        for _tick in range(1000):
            if server.closing.wait(0.05):
                return
            try:
                book.wfile.write(b" ")
            except OSError:
                return

    server.how = drip
    assert asked(run, server.url, timeout_s=0.4) == LookupTimedOut()


@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
def test_a_service_whose_headers_come_byte_by_byte_is_given_up(
    server: Server, run: Run, kept: bool
) -> None:
    """On a new connection, which is hung up, and on one that was kept from before."""
    done, hung_up = Event(), Event()

    def drip(book: AddressBook, _: bytes | None) -> None:
        book.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
        for _tick in range(80):
            if done.wait(0.05):
                break
            try:
                book.wfile.write(b"a")
            except OSError:
                hung_up.set()
                break
        book.close_connection = True

    lookups, client = over_http(run, server.url, timeout_s=0.4)
    if kept:
        assert run(lookups.recipient(QUERY)) == LookedUp(SAVED)
    server.how = drip
    started = monotonic()
    assert run(lookups.recipient(QUERY)) == LookupTimedOut()
    assert monotonic() - started < 2
    assert kept or hung_up.wait(1)
    done.set()
    close(run, client)


def test_only_a_connection_of_its_own_is_hung_up() -> None:
    """Also one that is opened too late; not one that others use, or may use by now."""
    opened = "connection.connect_tcp.complete"

    def is_open(*events: str, late: bool = False) -> bool:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            stream = SimpleNamespace(get_extra_info={"socket": ours}.get)
            line = Line()
            if late:
                line.cut()
            for event in events:
                line.trace(event, {"return_value": stream if event == opened else None})
            line.cut()
            theirs.setblocking(False)
            try:
                return theirs.recv(1) != b""
            except BlockingIOError:
                return True

    assert not is_open(opened, "http11.receive_response_headers.started")
    assert not is_open(opened, late=True)
    assert is_open(opened, "http2.send_connection_init.started")
    assert is_open(opened, "http11.response_closed.started")


def test_a_client_that_was_closed_is_no_trouble_of_the_service(server: Server) -> None:
    """A mistake of the host comes out as what it is."""
    lookups, client = over_http(drive, server.url)
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        drive(lookups.recipient(QUERY))


def test_a_connection_that_breaks_off_is_unreachable(server: Server, run: Run) -> None:
    """Half an address is none."""

    def hang_up(book: AddressBook, body: bytes | None) -> None:
        assert body is not None
        book.send_response(200)
        book.send_header("Content-Length", str(len(body)))
        book.end_headers()
        book.wfile.write(body[:20])
        book.close_connection = True

    server.how = hang_up
    assert asked(run, server.url) == LookupUnreachable(code="RemoteProtocolError")


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (408, LookupTimedOut()),
        (504, LookupTimedOut()),
        (500, LookupUnreachable(code="status_500")),
        (503, LookupUnreachable(code="status_503")),
        (429, LookupUnreachable(code="status_429")),
        (401, LookupUnreachable(code="status_401")),
    ],
)
def test_what_a_service_says_of_itself(
    server: Server, run: Run, status: int, meaning: RecipientLookup
) -> None:
    """Late is late, whoever says so; the rest is not reached."""
    server.how = lambda book, _: book.answer(status, b'{"name": "Somebody"}')
    assert asked(run, server.url) == meaning


def test_an_answer_that_points_elsewhere_is_not_followed(server: Server, run: Run) -> None:
    """The token is for this service alone."""
    server.how = lambda book, _: book.answer(302, Location=f"{server.url}/other")
    assert asked(run, server.url) == LookupUnreachable(code="status_302")
    assert len(server.seen) == 1


WITHOUT_CITY = as_json(SAVED) | {"address": {"lines": ["x"], "postcode": "1", "country": "SI"}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"[" * 50_000,
        json.dumps(WITHOUT_CITY).encode(),
        json.dumps(as_json(SAVED) | {"name": 7}).encode(),
        json.dumps(as_json(SAVED) | {"name": "a\nb"}).encode(),
        json.dumps({"name": "A", "address": {**WITHOUT_CITY["address"], "lines": "one"}}).encode(),
    ],
    ids=repr,
)
def test_an_answer_that_makes_no_sense_is_no_address(server: Server, run: Run, body: bytes) -> None:
    """And nothing of it is repeated."""
    server.how = lambda book, _: book.answer(200, body)
    assert asked(run, server.url) == LookupUnreachable(code="answer_unreadable")


def test_an_answer_without_end_is_not_read_to_its_end(server: Server, run: Run) -> None:
    """Nobody's address is that long."""
    server.how = lambda book, _: book.answer(200, b" " * 1_000_000)
    assert asked(run, server.url) == LookupUnreachable(code="answer_too_long")


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_there_has_to_be_some_time(seconds: float) -> None:
    """Nobody answers in none."""
    with httpx2.Client() as client, pytest.raises(InvalidInput, match="timeout_s"):
        HttpLookups(client, "http://127.0.0.1:1/", timeout_s=seconds)
