"""Put a letter into words: text and HTML in the customer's language, one message for each key.

The same letter at the same instant gives the same bytes; no boundary is drawn. Whatever comes from
outside (names, references, links) is escaped in HTML, and brought to one line before it gets into a
header or a line of text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

from attrs import field, frozen
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    StrictUndefined,
    select_autoescape,
)

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import derive_key
from ordercore.kernel.text import readable
from ordercore.ports import Enclosure, Letter, Printer
from ordercore_adapters.localised import (
    date_text,
    instant_text,
    language_of,
    money_text,
    number_text,
    zone_of,
)
from ordercore_adapters.smtp.phrases import PHRASES, Phrases

__all__ = ["Stationery", "compose", "mail_address", "message_id"]

_LINKS = frozenset({"http", "https"})


@frozen(kw_only=True)
class Stationery:
    """How a shop writes.

    Attributes:
        shop: Its name, in the sender and below the letter.
        sender: Its mail address; the part behind the ``@`` ends every Message-ID.
        zone: In which time zone times of day are told.
        phrases: The words of each language.
        fallback: The language of customers whose own is not among them.
        templates: A folder whose ``letter.txt`` and ``letter.html`` come before the library's.

    Raises:
        InvalidInput: the sender is no mail address, the zone is not known, or there are no words
            for ``fallback``.
    """

    shop: str
    sender: str
    zone: str = "UTC"
    phrases: Mapping[str, Phrases] = field(default=PHRASES, hash=False)
    fallback: str = "en"
    templates: Path | None = None

    def __attrs_post_init__(self) -> None:
        mail_address(self.sender, name=self.shop, field="sender")
        zone_of(self.zone)
        if self.fallback not in self.phrases:
            raise InvalidInput(
                field="fallback",
                problem=f"there are no words for {self.fallback!r:.40}",
                allowed=", ".join(sorted(self.phrases)),
            )

    def environment(self) -> Environment:
        """Return where templates are found: HTML is escaped, and a misspelt name is an error."""
        own = [] if self.templates is None else [FileSystemLoader(self.templates)]
        return Environment(
            loader=ChoiceLoader([*own, PackageLoader(__package__ or "", "templates")]),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )


def mail_address(spec: str, *, name: str = "", field: str = "recipient") -> Address:
    """Return a mail address with the name of its owner.

    Raises:
        InvalidInput: naming ``field`` and not the address, when it cannot be one.
    """
    try:
        # The library reads addresses of RFC 5322 only; those of RFC 6531 have the same form with
        # further letters, so the form is looked at with all of these alike.
        Address(addr_spec="".join(c if c.isascii() else "x" for c in spec))
        if not spec.isprintable():
            raise ValueError
        if spec.isascii():
            return Address(_one_line(name), addr_spec=spec)
        username, _, domain = spec.rpartition("@")
        return Address(_one_line(name), username=username, domain=domain)
    except (ValueError, TypeError, IndexError, MessageError):
        raise InvalidInput(
            field=field, problem="is no mail address", allowed="such as name@shop.example"
        ) from None


def message_id(letter: Letter, *, domain: str) -> str:
    """Return the Message-ID of a letter: the same for every attempt under its key."""
    return f"<{derive_key('letter', letter.tenant, letter.key)}@{domain}>"


def compose(
    letter: Letter,
    stationery: Stationery,
    *,
    at: datetime,
    environment: Environment,
    printer: Printer,
) -> EmailMessage:
    """Return the message that says what a letter is about.

    Args:
        letter: The facts.
        stationery: How the shop writes.
        at: When it is written.
        environment: Where the templates are; `Stationery.environment` makes it.
        printer: Prints the documents that are enclosed.

    Raises:
        InvalidInput: the recipient is no mail address, the link is not one for the web, or a
            document cannot be printed.
    """
    locale, words = _words(letter.locale, stationery)
    sender = mail_address(stationery.sender, name=stationery.shop, field="sender")
    subject = words.subjects[letter.kind].format(reference=_one_line(letter.reference))
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = sender
    message["To"] = mail_address(letter.recipient, name=letter.name)
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(letter, domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    facts = _facts(letter, stationery, locale, words) | {"subject": subject}
    text = environment.get_template("letter.txt").render(facts)
    message.set_content(text, cte="quoted-printable")
    page = environment.get_template("letter.html").render(facts)
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    for document in letter.documents:
        _enclose(message, printer(document, locale=locale))
    for paper in letter.enclosures:
        _enclose(message, paper)
    # Last, since whatever sets content drops headers about it.
    message["Content-Language"] = language_of(locale)
    for number, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"part-{number}-{derive_key(letter.tenant, letter.key)}")
    return message


def _enclose(message: EmailMessage, paper: Enclosure) -> None:
    kind, _, subkind = paper.media_type.partition("/")
    message.add_attachment(
        paper.content,
        maintype=kind,
        subtype=subkind or "octet-stream",
        filename=_one_line(Path(paper.filename).name),
    )


def _words(locale: str, stationery: Stationery) -> tuple[str, Phrases]:
    try:
        return locale, stationery.phrases[language_of(locale)]
    except (InvalidInput, KeyError):
        # Better in another language than not at all.
        return stationery.fallback, stationery.phrases[stationery.fallback]


def _facts(
    letter: Letter, stationery: Stationery, locale: str, words: Phrases
) -> dict[str, object]:
    if letter.pay_at is not None and not _is_link(letter.pay_at):
        raise InvalidInput(field="pay_at", problem="is no link", allowed="http or https")
    name = _one_line(letter.name)
    return {
        "shop": stationery.shop,
        "language": language_of(locale),
        "words": words,
        "greeting": words.greeting.format(name=name) if name else words.greeting_nobody,
        "opening": words.openings[letter.kind],
        "lines": [
            {
                "name": _one_line(line.name),
                "quantity": number_text(str(line.quantity), locale),
                "amount": money_text(line.amount, locale),
            }
            for line in letter.lines
        ],
        "total": money_text(letter.total, locale),
        "pay_at": letter.pay_at,
        "sentences": _sentences(letter, stationery, locale, words),
    }


def _sentences(
    letter: Letter, stationery: Stationery, locale: str, words: Phrases
) -> tuple[str, ...]:
    told = []
    if letter.pay_by is not None:
        moment = instant_text(letter.pay_by, locale, zone=stationery.zone)
        told.append(words.pay_by.format(moment=moment))
    if letter.arrival is not None:
        window = letter.arrival
        first, last = date_text(window.earliest, locale), date_text(window.latest, locale)
        if first == last:
            told.append(words.arrives_on.format(day=first))
        else:
            told.append(words.arrives_between.format(first=first, last=last))
    if letter.tracking is not None:
        told.append(words.tracking.format(number=_one_line(letter.tracking)))
    return tuple(told)


def _one_line(text: str) -> str:
    return readable(" ".join(text.split()))


def _is_link(text: str) -> bool:
    return (
        text.isascii()
        and text.isprintable()
        and " " not in text
        and (urlsplit(text).scheme in _LINKS)
    )
