"""Documents as PDF: the same bytes, all the facts, the XML inside, bars that can be read."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from io import BytesIO
from itertools import groupby, pairwise
from typing import Any

import pytest
from attrs import evolve
from barcode.codex import Code128
from pypdf import PdfReader
from pypdf.generic import ContentStream

from ordercore.domain.billing import CREDIT_NOTE_NUMBERS, BilledLine, CreditNote, credit
from ordercore.kernel import InvalidInput
from ordercore_adapters.documents import (
    Fonts,
    PackingSlip,
    ShippingLabel,
    SlipLine,
    credit_note_pdf,
    credit_note_xml,
    default_fonts,
    invoice_pdf,
    invoice_xml,
    packing_slip_pdf,
    shipping_label_pdf,
)
from tests.adapters.einvoice import broken_rules
from tests.unit.domain.billing.papers import (
    BUYER,
    EXEMPT,
    ISSUED,
    REDUCED,
    SELLER,
    euros,
    invoice,
    line,
)

INVOICE = invoice(
    line("1", 123456, quantity=12),
    line("2", 1890, rate=REDUCED),
    line("3", 4500, rate=EXEMPT),
    paid=euros(100_000),
    terms="",
    due_on=date(2026, 12, 4),
)
_NOTE = credit(
    INVOICE,
    (),
    number=CREDIT_NOTE_NUMBERS.number(seller="shop-1", year=2026, seq=1),
    issued_on=date(2026, 12, 1),
    reason="Returned within 14 days",
)
assert isinstance(_NOTE, CreditNote)
NOTE = _NOTE
SLIP = PackingSlip(
    order_reference="REF-1",
    sender=SELLER,
    name=BUYER.name,
    address=BUYER.address,
    lines=(SlipLine(sku="KET-17", name="Stovetop kettle", quantity=3),),
    parcels=2,
    packed_on=ISSUED,
)
LABEL = ShippingLabel(
    tracking="SIM0123456789abc",
    service="express",
    sender=SELLER,
    name=BUYER.name,
    address=BUYER.address,
    number=1,
    count=2,
    weight_g=1450,
    shipped_on=ISSUED,
)


def words_of(pdf: bytes) -> str:
    """Return the text of all pages, with plain spaces."""
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def made(locale: str = "en", fonts: Fonts | None = None) -> dict[str, bytes]:
    """Return one document of each kind."""
    return {
        "invoice": invoice_pdf(INVOICE, locale=locale, fonts=fonts),
        "credit note": credit_note_pdf(NOTE, locale=locale, fonts=fonts),
        "packing slip": packing_slip_pdf(SLIP, locale=locale, fonts=fonts),
        "label": shipping_label_pdf(LABEL, locale=locale, fonts=fonts),
    }


def test_what_somebody_typed_as_a_reason_keeps_no_note_from_being_made() -> None:
    """A smiley, a bell and a tab: the note is printed, and its XML is well-formed."""
    note = credit(
        INVOICE,
        (),
        number=NOTE.number,
        issued_on=NOTE.issued_on,
        reason="broken \U0001f621\tand\x07 dirty\ufffe",
    )
    assert isinstance(note, CreditNote)
    assert "Reason: broken ? and? dirty?" in words_of(credit_note_pdf(note))
    assert broken_rules(credit_note_xml(note)) == []


def test_the_same_value_gives_the_same_bytes() -> None:
    """Also in another process, whose hashes are seeded otherwise."""
    script = (
        "from hashlib import sha256\n"
        "from tests.adapters.test_documents import made\n"
        "print([sha256(pdf).hexdigest() for pdf in made().values()])"
    )
    told = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", script],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert told[0].count("'") == 8


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        (
            "en",
            [
                "Invoice INV-2026-000042",
                "Žofie Nováková",
                "Czechia",
                "€1,234.56",
                "€14,814.72",
                "VAT 5.5 % on €18.90",
                "Total €17,842.60",
                "Already paid -€1,000.00",
                "To be paid €16,842.60",
                "Payable by December 4, 2026.",
                "Education, article 132.",
                "VAT ID ATU12345678",
                "Page 1 of 1",
            ],
        ),
        (
            "de-AT",
            ["Rechnung", "Tschechien", "€ 14.814,72", "USt 5,5 % auf € 18,90", "4. Dezember"],
        ),
    ],
)
def test_an_invoice_says_everything(locale: str, said: list[str]) -> None:
    """In the words of its reader."""
    words = words_of(made(locale)["invoice"])
    assert [each for each in said if each not in words] == []


def test_a_credit_note_names_its_invoice() -> None:
    """And the reason, and what is given back."""
    words = words_of(made()["credit note"])
    for said in (
        "Credit note CN-2026-000001",
        "Credits invoice INV-2026-000042 November 20, 2026",
        "Credited €17,842.60",
        "Reason: Returned within 14 days",
    ):
        assert said in words


@pytest.mark.parametrize(("locale", "said"), [("en", "less €5.00"), ("de-AT", "abzüglich € 5,00")])
def test_what_was_taken_off_a_line_is_said(locale: str, said: str) -> None:
    """Pieces times price would not be the amount otherwise."""
    cheaper = invoice(evolve(line("1", 1000, quantity=3), allowance=euros(500)), line("2"))
    words = words_of(invoice_pdf(cheaper, locale=locale))
    assert words.count(said) == 1
    assert told_amount(locale) in words


def told_amount(locale: str) -> str:
    """Return what is left of the line, as it is written there."""
    return {"en": "€25.00", "de-AT": "€ 25,00"}[locale]


def test_a_slip_tells_no_price() -> None:
    """But what is inside, for whom and in how many parcels."""
    words = words_of(made()["packing slip"])
    for said in ("Packing slip REF-1", "KET-17 Stovetop kettle 3", "Parcels 2", "Žofie Nováková"):
        assert said in words
    assert "€" not in words


def test_the_xml_is_inside() -> None:
    """As an alternative of the paper, under the name that Factur-X wants."""
    for pdf, xml in (
        (invoice_pdf(INVOICE), invoice_xml(INVOICE)),
        (credit_note_pdf(NOTE), credit_note_xml(NOTE)),
    ):
        reader = PdfReader(BytesIO(pdf))
        assert {"factur-x.xml": [xml]} == dict(reader.attachments)
        (attached,) = reader.root_object["/AF"]  # type: ignore[misc]
        assert attached.get_object()["/AFRelationship"] == "/Alternative"
        metadata = reader.root_object["/Metadata"].get_object().get_data().decode()
        assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in metadata
        assert "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>" in metadata


def test_every_document_can_be_kept_for_ever() -> None:
    """It says it is PDF/A-3b, is dated by its content, and brings its fonts and colours along."""
    for name, pdf in made().items():
        reader = PdfReader(BytesIO(pdf))
        metadata = reader.root_object["/Metadata"].get_object().get_data().decode()
        assert "<pdfaid:part>3</pdfaid:part>" in metadata
        assert "<pdfaid:conformance>B</pdfaid:conformance>" in metadata
        day = "2026-12-01" if name == "credit note" else "2026-11-20"
        assert metadata.count(f"{day}T00:00:00") == 3
        assert reader.root_object["/OutputIntents"]
        for page in reader.pages:
            for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
                (inside,) = font.get_object()["/DescendantFonts"]
                assert "/FontFile2" in inside.get_object()["/FontDescriptor"]


def test_names_are_escaped_in_metadata() -> None:
    """A company may be called so."""
    seller = evolve(SELLER, name="<A> & B")
    pdf = invoice_pdf(invoice(line(), seller=seller))
    metadata = PdfReader(BytesIO(pdf)).root_object["/Metadata"].get_object().get_data().decode()
    assert "<rdf:li>&lt;A&gt; &amp; B</rdf:li>" in metadata


def test_a_long_invoice_goes_on() -> None:
    """Every line is there once, every page has a head, and the sums stand together at the end."""
    lines = (
        BilledLine(
            id=str(number),
            name=f"Article no. {number} of the list",
            quantity=1,
            unit_price=euros(100),
            rate=REDUCED,
        )
        for number in range(130)
    )
    pages = [
        " ".join(page.extract_text().split())
        for page in PdfReader(BytesIO(invoice_pdf(invoice(*lines)))).pages
    ]
    assert len(pages) > 3
    for number in range(130):
        assert sum(page.count(f"Article no. {number} of the list") for page in pages) == 1
    for count, page in enumerate(pages, start=1):
        assert f"Page {count} of {len(pages)}" in page
    for page in pages[:-1]:
        assert "Unit price" in page
    assert "Net total €130.00 VAT 5.5 % on €130.00 €7.15 Total €137.15" in pages[-1]


@pytest.mark.parametrize("rows", range(16, 24))
def test_sums_are_not_torn_apart(rows: int) -> None:
    """However far down the page the lines end."""
    issued = invoice(*(line(str(number), 100) for number in range(rows)))
    pages = [
        " ".join(page.extract_text().split())
        for page in PdfReader(BytesIO(invoice_pdf(issued))).pages
    ]
    net, gross = f"Net total €{rows}.00", f"Total €{rows * 1.2:.2f}"
    places = [{n for n, page in enumerate(pages) if said in page} for said in (net, gross)]
    assert places == [{len(pages) - 1}, {len(pages) - 1}]


@pytest.mark.parametrize("tracking", ["SIM0123456789abc", "1", "00340434161094042557", "A-b/9 ~"])
def test_the_bars_are_the_number(tracking: str) -> None:
    """Drawn to the module, with room on both sides."""
    pdf = shipping_label_pdf(evolve(LABEL, tracking=tracking))
    page = PdfReader(BytesIO(pdf)).pages[0]
    contents = page.get_contents()
    assert isinstance(contents, ContentStream)
    # Rectangles of the height of the bars, left edge and width.
    drawn = [(float(what[0]), float(what[2])) for what, how in contents.operations if how == b"re"]
    (modules,) = Code128(tracking).build()
    runs = [(bar, len(list(run))) for bar, run in groupby(modules)]
    assert len(drawn) == sum(bar == "1" for bar, _ in runs)
    first, (last, width) = drawn[0][0], drawn[-1]
    module = (last + width - first) / len(modules)
    read = [round(each / module) for _, each in drawn]
    assert read == [length for bar, length in runs if bar == "1"]
    gaps = [round((after[0] - before[0] - before[1]) / module) for before, after in pairwise(drawn)]
    assert gaps == [length for bar, length in runs if bar == "0"]
    assert first >= 10 * module
    assert float(page.mediabox.width) - last - width >= 10 * module
    assert tracking.replace(" ", "") in words_of(pdf).replace(" ", "")


@pytest.mark.parametrize(
    "lines",
    [
        ("Mill Lane 4",),
        ("Institute for Advanced Study of Logistics", "Department of Parcels, Building C, Floor 4"),
        ("Long street name " * 6,) * 4,
        ("W" * 60,) * 4,
    ],
)
def test_no_address_runs_into_the_bars(lines: tuple[str, ...]) -> None:
    """A long one is written in smaller letters; the label stays one page, bars and all."""
    address = evolve(LABEL.address, lines=lines)
    pdf = shipping_label_pdf(evolve(LABEL, name="Maximiliana " * 5, address=address))
    (page,) = PdfReader(BytesIO(pdf)).pages
    contents = page.get_contents()
    assert isinstance(contents, ContentStream)
    bars = [[float(each) for each in what] for what, how in contents.operations if how == b"re"]
    edges = [edge for _, y, _, height in bars for edge in (y, y + height)]
    texts = [float(what[1]) for what, how in contents.operations if how == b"Td"]
    assert len(texts) > len(lines)
    assert [y for y in texts if min(edges) <= y <= max(edges)] == []


def test_an_address_that_no_letters_are_small_enough_for_is_refused() -> None:
    """It would be cut, or printed over the bars."""
    most = "W" * 200
    address = evolve(LABEL.address, lines=(most,) * 4, postcode=most, city=most)
    with pytest.raises(InvalidInput, match="address"):
        shipping_label_pdf(evolve(LABEL, name=most, address=address))


@pytest.mark.parametrize("tracking", ["", "ž", "a\nb", "x" * 36])
def test_a_number_that_has_no_bars_is_refused(tracking: str) -> None:
    """When the label is made, not when it is printed."""
    with pytest.raises(InvalidInput, match="tracking"):
        evolve(LABEL, tracking=tracking)


def test_no_character_is_printed_as_an_empty_box() -> None:
    """What the fonts do not have is refused by number; the name itself is not repeated."""
    buyer = evolve(BUYER, name="山田太郎")
    with pytest.raises(InvalidInput, match=r"U\+5C71|U\+592A") as refused:
        invoice_pdf(invoice(line(), buyer=buyer))
    assert "山" not in str(refused.value)


def test_fallbacks_are_asked() -> None:
    """A document is printed with whatever the host hands in."""
    ours = default_fonts()
    bold_only = Fonts(regular=ours.bold, bold=ours.bold, fallbacks=(ours.regular,))
    for name, pdf in made(fonts=bold_only).items():
        assert words_of(pdf) == words_of(made()[name])
        assert pdf != made()[name]


@pytest.mark.parametrize(("locale", "problem"), [("fr", "no words for fr"), ("xx", "not known")])
def test_a_language_without_words_is_refused(locale: str, problem: str) -> None:
    """An invoice is not written in a language nobody asked for."""
    with pytest.raises(InvalidInput, match=problem):
        invoice_pdf(INVOICE, locale=locale)


def test_a_host_may_have_words_of_its_own() -> None:
    """For its own language, or instead of ours."""
    from ordercore_adapters.documents import WORDINGS

    french = {"fr": evolve(WORDINGS["en"], invoice="Facture")}
    words = words_of(invoice_pdf(INVOICE, locale="fr", wordings=french))
    assert "Facture INV-2026-000042" in words
    assert "14 814,72 €" in words


def test_what_is_personal_does_not_show() -> None:
    """Slips and labels tell in their repr neither name nor street."""
    shown: Any = f"{SLIP!r} {LABEL!r}"
    assert "Nováková" not in shown
    assert "Dlouhá" not in shown
