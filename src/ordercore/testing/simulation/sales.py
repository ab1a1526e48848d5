"""Scripts of shoppers: what they buy, how they pay, and what they do then; and goods that come in.

There is never quite enough of anything, so shoppers compete for the last units. As with services,
every action has an instant of its own and does not wait for the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from attrs import evolve, frozen

from ordercore.domain.billing import Party
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.orders import Recipient
from ordercore.domain.payments import PAYMENT_KINDS, PaymentKind
from ordercore.domain.processes.retail import Basket, BasketLine
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.money import Money
from ordercore.testing.simulation.script import SPACING_MS, TENANTS, Action, ActionKind, pried

__all__ = [
    "ASSORTMENT",
    "Delivery",
    "SELLER",
    "SaleScript",
    "basket_of",
    "deliveries",
    "sale_script",
]

_PRICES: Final[Mapping[str, tuple[int, int]]] = {
    "mug": (1000, 1900),
    "tea": (355, 700),
    "lamp": (4999, 1900),
    "sample": (0, 1900),
}
_SKUS = tuple(_PRICES)
_WEIGHTS = (5, 5, 3, 1)
ASSORTMENT: Final = Assortment(
    version="1",
    articles=tuple(
        Article(sku=sku, name=sku.title(), unit_price=Money(minor, "EUR"), vat_basis_points=vat)
        for sku, (minor, vat) in _PRICES.items()
    ),
)
"""What is sold; samples cost nothing."""
_STREET = PostalAddress(lines=("Main Street 1",), postcode="1000", city="Town", country="SI")
SELLER: Final = Party(name="The Simulated Shop", address=_STREET, vat_id="SI12345678")
"""Who invoices."""
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS


@frozen(kw_only=True)
class SaleScript:
    """One order of goods and all that is done about it.

    Attributes:
        number: Names the order: ``o<number>``.
        start_ms: When its script begins.
        items: Sku and quantity of each line.
        payment: How it is paid.
        shown_minor: The total the customer says they saw; None: they say nothing.
        page_ms: How long the page of the provider stays open.
        parcel_late_days: How much longer than usual the carrier takes.
        hold_ms: How long the provider holds money that was granted; 0: for a week.
        common_keys: Its customer chooses idempotency keys that other customers choose as well.
        parcel_lost: It never arrives, and the carrier says so.
        cash_late_days: How long cash that was paid at the door is not handed in.
    """

    number: int
    start_ms: int
    tenant: str
    items: tuple[tuple[str, int], ...]
    payment: str
    shown_minor: int | None
    page_ms: int
    actions: tuple[Action, ...]
    parcel_late_days: int = 0
    parcel_lost: bool = False
    common_keys: bool = False
    cash_late_days: int = 0
    hold_ms: int = 0

    @property
    def tag(self) -> str:
        """What everything that belongs to this order is called by."""
        return f"o{self.number}"


@frozen(kw_only=True)
class Delivery:
    """Goods that come in; a negative quantity is a count that found fewer."""

    number: int
    at_ms: int
    tenant: str
    sku: str
    quantity: int

    @property
    def tag(self) -> str:
        """What it is called by."""
        return f"d{self.number}"


def basket_of(script: SaleScript, *, other: bool = False) -> Basket:
    """Return the basket of a script; the ``other`` one has its reference but not its content."""
    return Basket(
        reference=f"{script.tag}.ref",
        customer=f"{script.tag}.customer" + (".other" if other else ""),
        currency="EUR",
        payment=script.payment,
        lines=tuple(BasketLine(sku=sku, quantity=quantity) for sku, quantity in script.items),
        deliver_to=Recipient(name="A Shopper", address=_STREET),
        shown_total_minor=script.shown_minor,
    )


def sale_script(seed: int, number: int) -> SaleScript:
    """Return the script of one order; it follows from the seed and the number alone."""
    dice = Random(f"{seed}/sale/{number}")
    payment = dice.choice(tuple(PaymentKind))
    page_ms = dice.choice((10, 10, 15, 45)) * _MINUTE_MS
    lines = dice.choice((1, 1, 1, 2, 2, 3))
    actions = sorted(_actions(dice, payment, page_ms), key=lambda action: action.at_ms)
    actions += pried(seed, number)
    return SaleScript(
        number=number,
        start_ms=number * SPACING_MS + dice.randrange(SPACING_MS),
        tenant=dice.choice(TENANTS),
        items=tuple(
            (dice.choices(_SKUS, _WEIGHTS)[0], dice.choice((1, 1, 1, 2, 3))) for _ in range(lines)
        ),
        payment=payment,
        shown_minor=1 if dice.random() < 0.02 else None,
        page_ms=page_ms,
        actions=tuple(evolve(action, number=place) for place, action in enumerate(actions)),
    )


def deliveries(seed: int, number: int) -> tuple[Delivery, ...]:
    """Return the goods that come in around an order; too few, and some of them too late."""
    dice = Random(f"{seed}/delivery/{number}")
    script = sale_script(seed, number)
    made = []
    for place, (sku, _) in enumerate(script.items):
        if dice.random() < 0.15:
            continue
        at_ms = script.start_ms + dice.choice((-30_000, -12_000, -5000, 20_000))
        lost = dice.random() < 0.03
        made.append(
            Delivery(
                number=10 * number + place,
                at_ms=max(0, at_ms + dice.randrange(5000)),
                tenant=script.tenant,
                sku=sku,
                quantity=-1 if lost else dice.choice((1, 2, 2, 3, 5)),
            )
        )
    return tuple(made)


def _actions(dice: Random, payment: PaymentKind, page_ms: int) -> list[Action]:
    k = ActionKind
    terms = PAYMENT_KINDS[payment]
    declined = terms.synchronous and dice.random() < 0.12
    made = [Action(kind=k.CHECK_OUT, at_ms=0, card="declined" if declined else "good")]
    if dice.random() < 0.08:  # told again, or taken by somebody else
        again = dice.choice((k.CHECK_OUT, k.CHECK_OUT, k.CLASH))
        made.append(evolve(made[0], kind=again, at_ms=dice.randrange(5000)))
    done = 2000
    if terms.page:
        done = _paid_by_page(dice, made, page_ms)
    elif declined and dice.random() < 0.6:
        done = 10_000 + dice.randrange(20 * _MINUTE_MS)
        made.append(Action(kind=k.RETRY, at_ms=done))
    fate = dice.random()
    if fate < 0.18:
        soon = (dice.randrange(100), dice.randrange(5000), done + dice.randrange(_MINUTE_MS))
        later = (done + dice.randrange(20 * _MINUTE_MS), done + dice.randrange(30 * _HOUR_MS))
        by = dice.choice(("customer", "customer", "operator"))
        made.append(Action(kind=k.CANCEL, at_ms=dice.choice((*soon, *later)), by=by))
    elif fate < 0.40:
        days = dice.choice((1, 2, 3, 5, 18))
        made.append(Action(kind=k.SEND_BACK, at_ms=days * _DAY_MS + dice.randrange(_DAY_MS)))
    if dice.random() < 0.2:
        made.append(Action(kind=k.LOOK, at_ms=dice.randrange(100_000)))
    return made


def _paid_by_page(dice: Random, made: list[Action], page_ms: int) -> int:
    """Add what happens on the page of the provider; return when the first of it does."""
    k = ActionKind
    fate = dice.random()
    at = 3000 + dice.choice((dice.randrange(60_000), dice.randrange(page_ms)))
    if fate < 0.12:
        made.append(Action(kind=k.RETRY, at_ms=page_ms + dice.randrange(20 * _MINUTE_MS)))
        if dice.random() < 0.7:
            paid = page_ms + 21 * _MINUTE_MS + dice.randrange(3 * _MINUTE_MS)
            made.append(Action(kind=k.PAY_PAGE, at_ms=paid))
        return at  # nobody looks at the page in time
    if fate < 0.22:
        made.append(Action(kind=k.PAY_PAGE, at_ms=at, card="declined"))
        if dice.random() < 0.6:
            again = at + dice.randrange(10 * _MINUTE_MS)
            made.append(Action(kind=k.RETRY, at_ms=again))
            made.append(Action(kind=k.PAY_PAGE, at_ms=again + 20_000 + dice.randrange(60_000)))
        return at
    if fate < 0.28:  # at the last moment, or just after it
        at = page_ms + dice.randrange(-4000, 4000)
    by = "away" if dice.random() < 0.25 else "customer"  # some never come back from the page
    made.append(Action(kind=k.PAY_PAGE, at_ms=at, by=by))
    if dice.random() < 0.3:
        made.append(Action(kind=k.CHECK, at_ms=at + dice.choice((0, 1, 300, 5000))))
    if dice.random() < 0.1:
        made.append(Action(kind=k.PROLONG, at_ms=dice.randrange(page_ms)))
    return at
