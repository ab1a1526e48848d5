"""Letters through a real SMTP listener, also one that breaks off."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from pypdf import PdfReader

from ordercore.engine.saga import Failed, Rejected, Succeeded, Unclear
from ordercore.kernel import InvalidInput, Money, OrderId, TenantId
from ordercore.ports import Letter, LetterKind, LetterLine
from ordercore.testing.contracts import LettersContract, Subject, drive
from ordercore_adapters import memory
from ordercore_adapters.bridges import offload
from ordercore_adapters.documents import invoice_pdf, invoice_xml, printed
from ordercore_adapters.smtp import MailServer, Security, SmtpLetters, Stationery
from ordercore_adapters.system import SystemClock
from tests.adapters.mail_host import LOOPBACK, PostOffice, certificate, serving
from tests.unit.domain.billing.papers import BUYER, NUMBER, invoice, line

SHOP = Stationery(shop="Kettle & Sons", sender="orders@shop.example")
LETTER = Letter(
    key="a",
    tenant=TenantId("shop"),
    order_id=OrderId("order-1"),
    kind=LetterKind.CONFIRMED,
    recipient="zofie@mail.example",
    name="Žofie",
    reference="REF-1",
    lines=(LetterLine(name="A kettle", quantity=1, amount=Money(1999, "EUR")),),
    total=Money(1999, "EUR"),
)


@pytest.fixture
def office() -> PostOffice:
    """Return an office that takes everything."""
    return PostOffice()


@pytest.fixture
def port(office: PostOffice) -> Iterator[int]:
    """Serve the office."""
    with serving(office) as port:
        yield port


def plain(port: int, **changes: Any) -> MailServer:
    """Return a server without encryption."""
    server = MailServer(host=LOOPBACK, port=port, security=Security.PLAIN, timeout_s=5)
    return evolve(server, **changes)


def sent(server: MailServer, letter: Letter = LETTER) -> object:
    """Send a letter and return what became of it."""
    return drive(SmtpLetters(server, SHOP, clock=SystemClock(), printer=printed).send(letter))


def arrived(office: PostOffice) -> list[EmailMessage]:
    """Return the messages that arrived."""
    return [message_from_bytes(each[2], policy=policy.default) for each in office.taken]


class TestContract(LettersContract):
    """The contract, blocking."""

    @pytest.fixture
    def subject(self, port: int) -> Subject:
        """Return a bundle whose letters go to the office."""
        letters = SmtpLetters(plain(port), SHOP, clock=SystemClock(), printer=printed)
        return Subject(memory.ports(letters=letters), drive)


class TestOffloadedContract(LettersContract):
    """The contract for an async host, through the bridge."""

    @pytest.fixture
    def subject(self, port: int) -> Iterator[Subject]:
        """Return an async bundle whose letters go to the office."""
        letters = SmtpLetters(plain(port), SHOP, clock=SystemClock(), printer=printed)
        with asyncio.Runner() as runner:
            yield Subject(offload(memory.ports(letters=letters)), runner.run)


def test_a_letter_arrives(office: PostOffice, port: int) -> None:
    """As it was written, to the one it was written to."""
    assert Succeeded() == sent(plain(port))
    ((sender, recipients, _),) = office.taken
    assert (sender, recipients) == ("orders@shop.example", ["zofie@mail.example"])
    (message,) = arrived(office)
    assert message["Subject"] == "Your order REF-1 is confirmed"
    body = message.get_body(("plain",))
    assert body is not None
    assert "Hello Žofie," in body.get_content()


def test_the_invoice_arrives_with_the_letter(office: PostOffice, port: int) -> None:
    """A PDF that can be opened, with its number and its data; the same each time."""
    bill = invoice(line("1", 1999))
    letter = evolve(LETTER, kind=LetterKind.SHIPPED, documents=(bill,))
    for key in ("a", "b"):
        assert Succeeded() == sent(plain(port), evolve(letter, key=key))
    (first,), (again,) = ([*message.iter_attachments()] for message in arrived(office))
    assert first.get_filename() == f"{NUMBER.text}.pdf"
    assert first.get_content_type() == "application/pdf"
    content = first.get_content()
    assert content == again.get_content() == invoice_pdf(bill)
    paper = PdfReader(BytesIO(content))
    assert NUMBER.text in paper.pages[0].extract_text()
    assert paper.attachments["factur-x.xml"] == [invoice_xml(bill)]


def test_a_letter_whose_invoice_cannot_be_printed_is_not_sent(
    office: PostOffice, port: int
) -> None:
    """Whoever gets the goods is owed their invoice; the answer names the sign by its number."""
    bill = invoice(line("1", 1999), buyer=evolve(BUYER, name="\N{CUNEIFORM SIGN A}"))
    answer = sent(plain(port), evolve(LETTER, documents=(bill,)))
    assert isinstance(answer, Rejected)
    assert "U+12000" in answer.reason
    assert office.taken == []


def test_the_same_key_has_the_same_message_id(office: PostOffice, port: int) -> None:
    """Of another key, and of another tenant, it is another."""
    other = TenantId("other")
    for letter in (LETTER, LETTER, evolve(LETTER, key="b"), evolve(LETTER, tenant=other)):
        sent(plain(port), letter)
    first, again, *others = (message["Message-ID"] for message in arrived(office))
    assert first == again
    assert first.endswith("@shop.example>")
    assert len({first, *others}) == 3


def test_lines_that_are_dots_arrive(office: PostOffice, port: int, tmp_path: Path) -> None:
    """A dot alone ends a message on the wire; in a letter it is text."""
    (tmp_path / "letter.txt").write_text("first\n.\n..\nlast\n")
    shop = evolve(SHOP, templates=tmp_path)
    letters = SmtpLetters(plain(port), shop, clock=SystemClock(), printer=printed)
    assert Succeeded() == drive(letters.send(LETTER))
    (message,) = arrived(office)
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["first", ".", "..", "last"]


@pytest.mark.parametrize(
    ("step", "what"), [("MAIL", "sender"), ("RCPT", "recipient"), ("DATA", "message")]
)
@pytest.mark.parametrize(("code", "kind"), [(451, Failed), (552, Rejected)])
def test_temporary_and_final_refusals_are_told_apart(
    office: PostOffice, port: int, step: str, what: str, code: int, kind: type
) -> None:
    """By the first digit; of the server's words only the number is kept."""
    office.answers[step] = f"{code} zofie@mail.example: not now"
    answer = sent(plain(port))
    assert isinstance(answer, kind)
    assert isinstance(answer, (Failed, Rejected))
    assert answer.code == f"{what}_{'deferred' if kind is Failed else 'refused'}"
    assert str(code) in answer.reason
    assert "zofie" not in answer.reason


def test_a_connection_lost_after_the_content_is_unclear(office: PostOffice, port: int) -> None:
    """The message is there, and nobody has said so."""
    office.hang_up = True
    assert isinstance(sent(plain(port)), Unclear)
    assert len(office.taken) == 1


def test_an_answer_that_does_not_come_is_unclear(office: PostOffice, port: int) -> None:
    """The server may still take the message."""
    office.doze_s = 1.0
    assert isinstance(sent(plain(port, timeout_s=0.2)), Unclear)


def test_a_connection_lost_before_the_content_has_sent_nothing() -> None:
    """It may be tried again."""
    for stage in (0, 1, 2, 3):
        with socket.create_server((LOOPBACK, 0)) as listener:
            answer = _hung_up_after(listener, stage)
        assert isinstance(answer, Failed), (stage, answer)
        assert answer.code == "mail_server_unreachable"


def _hung_up_after(listener: socket.socket, stage: int) -> object:
    """Send to a server that says so many things and then hangs up."""
    from threading import Thread

    replies = [b"220 hello\r\n", b"250 hello\r\n", b"250 OK\r\n", b"250 OK\r\n"][: stage + 1]

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            for number, reply in enumerate(replies):
                if number:
                    lines.readline()
                connection.sendall(reply)

    thread = Thread(target=serve)
    thread.start()
    try:
        return sent(plain(listener.getsockname()[1]))
    finally:
        thread.join()


def test_a_server_that_is_not_there_has_sent_nothing() -> None:
    """It may be tried again."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
    answer = sent(plain(port))
    assert isinstance(answer, Failed)
    assert answer.code == "mail_server_unreachable"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipient": "nobody"}, "bad_recipient"),
        ({"recipient": "a@b.example\r\nRCPT TO:<evil@x.example>"}, "bad_recipient"),
        ({"recipient": "a@b.example, evil@x.example"}, "bad_recipient"),
        ({"recipient": ""}, "bad_recipient"),
        ({"pay_at": "javascript:alert(1)"}, "bad_pay_at"),
        ({"pay_at": "https://pay.example/\nX: y"}, "bad_pay_at"),
    ],
)
def test_what_cannot_be_written_is_rejected(
    office: PostOffice, port: int, changes: dict[str, Any], code: str
) -> None:
    """Nothing is sent, and the reason does not repeat what is personal."""
    answer = sent(plain(port), evolve(LETTER, **changes))
    assert isinstance(answer, Rejected)
    assert answer.code == code
    assert "evil" not in answer.reason
    assert office.taken == []


def test_headers_cannot_be_slipped_in(office: PostOffice, port: int) -> None:
    """Neither by a reference nor by a name."""
    evil = "X\r\nBcc: evil@x.example"
    letter = evolve(LETTER, reference=evil, name=evil)
    assert Succeeded() == sent(plain(port), letter)
    (message,) = arrived(office)
    assert message["Bcc"] is None
    assert office.taken[0][1] == ["zofie@mail.example"]


def test_encryption_that_is_asked_for_is_not_left_out(office: PostOffice, port: int) -> None:
    """A server that does not offer it gets neither password nor letter."""
    server = plain(port, security=Security.STARTTLS, username="shop", password="sesame")
    answer = sent(server)
    assert isinstance(answer, Failed)
    assert answer.code == "not_supported"
    assert office.taken == []
    assert office.logins == []


def test_login_once_the_connection_is_encrypted(office: PostOffice, tmp_path: Path) -> None:
    """The right password lets the letter through, a wrong one does not."""
    serves, trusts = certificate(tmp_path)
    options: dict[str, Any] = {"tls_context": serves, "authenticator": office.authenticate}
    with serving(office, auth_required=True, **options) as port:
        server = plain(
            port, security=Security.STARTTLS, username="shop", password="sesame", tls=trusts
        )
        assert Succeeded() == sent(server)
        answer = sent(evolve(server, password="guess"))
    assert isinstance(answer, Failed)
    assert answer.code == "login_refused"
    assert len(office.taken) == 1
    assert office.logins[0] == (b"shop", b"sesame")


def test_a_connection_may_be_encrypted_from_the_first_byte(
    office: PostOffice, tmp_path: Path
) -> None:
    """With a certificate that is trusted."""
    serves, trusts = certificate(tmp_path)
    with serving(office, ssl_context=serves) as port:
        assert Succeeded() == sent(plain(port, security=Security.TLS, tls=trusts))
    assert len(office.taken) == 1


def test_a_certificate_nobody_vouches_for_is_not_trusted(
    office: PostOffice, tmp_path: Path
) -> None:
    """Nothing is sent to whoever answers with it."""
    serves, _ = certificate(tmp_path)
    with serving(office, ssl_context=serves) as port:
        answer = sent(plain(port, security=Security.TLS))
    assert isinstance(answer, Failed)
    assert office.taken == []


def test_addresses_in_other_letters_need_a_server_that_takes_them(office: PostOffice) -> None:
    """Where it does they are sent as they are."""
    letter = evolve(LETTER, recipient="žofie@mail.example")
    with serving(office) as port:
        answer = sent(plain(port), letter)
    assert isinstance(answer, Rejected)
    assert answer.code == "address_not_supported"
    with serving(office, enable_SMTPUTF8=True) as port:
        assert Succeeded() == sent(plain(port), letter)
    ((_, recipients, _),) = office.taken
    assert recipients == ["žofie@mail.example"]


def test_a_password_does_not_travel_in_the_clear() -> None:
    """Nor does it show."""
    with pytest.raises(InvalidInput, match="security"):
        MailServer(host="mail.example", security=Security.PLAIN, username="shop", password="x")
    server = MailServer(host="mail.example", username="shop", password="sesame")
    letters = SmtpLetters(server, SHOP, clock=SystemClock(), printer=printed)
    assert "sesame" not in f"{server!r} {letters!r}"


@pytest.mark.parametrize("port", [0, 65_536, True])
def test_a_port_is_one(port: int) -> None:
    """Between 1 and 65535."""
    with pytest.raises(InvalidInput, match="port"):
        MailServer(host="mail.example", port=port)
