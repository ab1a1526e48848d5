"""What letters say: words, amounts and dates of the customer's locale, and nothing forged."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from ordercore.domain.fulfilment import DeliveryWindow
from ordercore.kernel import InvalidInput, Money, OrderId, TenantId
from ordercore.ports import Enclosure, Letter, LetterKind, LetterLine
from ordercore_adapters.documents import printed
from ordercore_adapters.smtp import Stationery
from ordercore_adapters.smtp.composing import compose
from ordercore_adapters.smtp.phrases import PHRASES

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOP = Stationery(shop="Kettle & Sons", sender="orders@shop.example", zone="Europe/Vienna")
LETTER = Letter(
    key="a",
    tenant=TenantId("shop"),
    order_id=OrderId("order-1"),
    kind=LetterKind.AWAITING_PAYMENT,
    recipient="zofie@mail.example",
    name="Žofie",
    reference="REF-1",
    lines=(LetterLine(name="A kettle", quantity=2, amount=Money(399900, "EUR")),),
    total=Money(399900, "EUR"),
    pay_at="https://pay.example/page?a=1&b=2",
    pay_by=datetime(2026, 11, 21, 12, tzinfo=UTC),
    arrival=DeliveryWindow(earliest=date(2026, 11, 24), latest=date(2026, 11, 26)),
    tracking="TRK-1",
    enclosures=(Enclosure(filename="invoice.pdf", media_type="application/pdf", content=b"%PDF-"),),
)


def written(letter: Letter, stationery: Stationery = SHOP) -> EmailMessage:
    """Return the message of a letter."""
    return compose(letter, stationery, at=AT, environment=stationery.environment(), printer=printed)


def bodies(letter: Letter, stationery: Stationery = SHOP) -> tuple[str, str]:
    """Return the text and the HTML of a letter."""
    message = written(letter, stationery)
    parts = [message.get_body((kind,)) for kind in ("plain", "html")]
    text, page = (part.get_content() for part in parts if part is not None)
    return text, page


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", ("Hello Žofie,", "€3,999.00", "by November 21, 2026, 1:00\u202fPM (Europe/Vienna)")),
        ("de", ("Guten Tag Žofie,", "3.999,00\xa0€", "bis 21. November 2026, 13:00")),
        ("de-AT", ("Guten Tag Žofie,", "€\xa03.999,00", "24. November 2026 und 26. November")),
        ("en_GB", ("Hello Žofie,", "€3,999.00", "between 24 November 2026 and 26 November 2026")),
    ],
)
def test_a_letter_speaks_as_its_reader(locale: str, said: tuple[str, ...]) -> None:
    """Words of the language, amounts and dates of the locale, in text and in HTML."""
    for body in bodies(evolve(LETTER, locale=locale)):
        for words in said:
            assert words in body


@pytest.mark.parametrize("locale", ["fr", "xx", "", "e" * 500])
def test_a_language_without_words_falls_back(locale: str) -> None:
    """All of it, amounts and dates too; a letter is not lost for it."""
    assert bodies(evolve(LETTER, locale=locale)) == bodies(LETTER)
    german = evolve(SHOP, fallback="de")
    assert bodies(evolve(LETTER, locale=locale), german) == bodies(
        evolve(LETTER, locale="de"), german
    )


def test_every_kind_has_its_words() -> None:
    """In every language there is."""
    for language, phrases in PHRASES.items():
        subjects = {
            written(evolve(LETTER, kind=kind, locale=language))["Subject"] for kind in LetterKind
        }
        assert len(subjects) == len(LetterKind)
        assert set(phrases.openings) == set(LetterKind)


def test_what_is_not_known_is_not_said() -> None:
    """No page, no date, no number, no name."""
    bare = evolve(
        LETTER, name="", pay_at=None, pay_by=None, arrival=None, tracking=None, enclosures=()
    )
    for body in bodies(bare):
        assert "Hello," in body
        for words in ("Pay now", "Please pay", "arrive", "Tracking", "None"):
            assert words not in body


def test_a_day_is_not_a_span() -> None:
    """Where the first and the last day are one, one is said."""
    day = date(2026, 11, 24)
    one = evolve(LETTER, arrival=DeliveryWindow(earliest=day, latest=day))
    assert "should arrive on November 24, 2026." in bodies(one)[0]


def test_the_same_letter_gives_the_same_bytes() -> None:
    """Boundaries too."""
    assert written(LETTER).as_bytes() == written(LETTER).as_bytes()


def test_enclosures_arrive_under_plain_names() -> None:
    """Without folders and line breaks."""
    paper = Enclosure(filename="../a\r\nb.pdf", media_type="application/pdf", content=b"%PDF-")
    (part,) = written(evolve(LETTER, enclosures=(paper,))).iter_attachments()
    assert part.get_filename() == "a b.pdf"
    assert part.get_content() == b"%PDF-"
    assert part.get_content_type() == "application/pdf"


@given(st.text(max_size=80))
def test_nothing_from_outside_forges_a_letter(evil: str) -> None:
    """Whatever a name or a reference holds: one recipient, the same headers, the same lines."""
    line = LetterLine(name=evil, quantity=1, amount=Money(1, "EUR"))
    letter = evolve(LETTER, name=evil, reference=evil, lines=(line,), tracking=evil)
    message, usual = written(letter), written(LETTER)
    assert message.keys() == usual.keys()
    assert [each.addr_spec for each in message["To"].addresses] == ["zofie@mail.example"]
    text, page = bodies(letter)
    greeted = bodies(evolve(LETTER, name=evil))[0]
    assert text.count("\n") == greeted.count("\n")
    assert page.count("<") == bodies(LETTER)[1].count("<")


def test_markup_is_text() -> None:
    """A name that is a tag is shown and not obeyed."""
    text, page = bodies(evolve(LETTER, name="<script>alert(1)</script>"))
    assert "<script>" in text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_shop_may_write_its_own_letters(tmp_path: Path) -> None:
    """One template replaces ours, the other stays; a misspelt name is found at once."""
    (tmp_path / "letter.txt").write_text("{{ greeting }} {{ total }}\n")
    text, page = bodies(LETTER, evolve(SHOP, templates=tmp_path))
    assert text == "Hello Žofie, €3,999.00\n"
    assert page == bodies(LETTER)[1]
    (tmp_path / "letter.txt").write_text("{{ greting }}")
    with pytest.raises(UndefinedError):
        written(LETTER, evolve(SHOP, templates=tmp_path))


@pytest.mark.parametrize("changes", [{"sender": "orders"}, {"sender": "a@b\n"}, {"fallback": "fr"}])
def test_stationery_is_looked_at_when_it_is_made(changes: dict[str, Any]) -> None:
    """Not when the first letter is written."""
    with pytest.raises(InvalidInput):
        evolve(SHOP, **changes)
