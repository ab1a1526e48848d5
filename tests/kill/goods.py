"""What customers of a shop do in a campaign: every way to pay, to change one's mind and to return.

There is too little of what most want, so some are refused and some find the goods gone. As with
services each deed has a name, which is its idempotency key as well.
"""

from __future__ import annotations

from enum import StrEnum
from random import Random

from attrs import frozen

from ordercore.domain.billing import Party
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.orders import Recipient
from ordercore.domain.payments import PaymentKind as P
from ordercore.domain.payments import PaymentToken
from ordercore.domain.processes import RetailRules
from ordercore.domain.processes.retail import Basket, BasketLine
from ordercore.kernel.address import PostalAddress
from ordercore.kernel.ids import TenantId
from ordercore.kernel.money import Money
from ordercore_adapters.simulated import FaultPlan, Rates

TENANTS = (TenantId("north"), TenantId("south"))

_BACK = Rates(stubborn=60, transient=100, lost_done=80, lost_undone=60, duplicated=40)
_FORTH = Rates(stubborn=40, transient=100, lost_done=80, lost_undone=60, delayed=200, duplicated=40)
_LOOK = Rates(transient=50, lost_undone=50)
_RATES = {
    "authorise": Rates(
        rejected=80, transient=80, lost_done=120, lost_undone=60, delayed=100, late_failure=20
    ),
    "capture": _FORTH,
    "void": _BACK,
    "refund": _FORTH,
    "find_payment": _LOOK,
    "find_refund": _LOOK,
    "settle": Rates(delayed=300, late_failure=40),
    "expiry": Rates(rejected=30),
    "webhook": Rates(lost_undone=60, lost_done=60, delayed=200, duplicated=200),
    "pick": _FORTH,
    "find_pick": _LOOK,
    "shelf": Rates(rejected=40, transient=80),
    "put_back": _FORTH,
    "pack": _FORTH,
    "find_pack": _LOOK,
    "quality": Rates(transient=80),
    "label": Rates(
        rejected=30, transient=80, lost_done=80, lost_undone=60, delayed=150, duplicated=40
    ),
    "find_label": _LOOK,
    "void_label": _FORTH,
    "hand_over": _FORTH,
    "find_hand_over": _LOOK,
    "letter": Rates(stubborn=40, transient=100, lost_done=60, lost_undone=60, duplicated=40),
    "notify": Rates(transient=100, lost_done=60, lost_undone=60, duplicated=40),
    "publish": Rates(transient=60, lost_done=60, duplicated=60),
}
"""Everything happens, but that money is not given back or a letter not sent for good."""

_SELLER = Party(
    name="Mugs & Tea GmbH",
    address=PostalAddress(lines=("High Road 1",), postcode="20095", city="Hamburg", country="DE"),
    vat_id="DE123456789",
)


def _article(sku: str, cents: int, vat: int) -> Article:
    return Article(sku=sku, name=sku.title(), unit_price=Money(cents, "EUR"), vat_basis_points=vat)


FRAGILE = "vase"
"""What is dropped as soon as nobody has it reserved."""

RULES = RetailRules(
    assortment=Assortment(
        version="1",
        articles=(
            _article("mug", 1000, 1900),
            _article("tea", 355, 700),
            _article("pot", 2999, 0),
            _article(FRAGILE, 12_000, 1900),
        ),
    ),
    seller=_SELLER,
)
_FIRST_LOT = {"mug": 9, "tea": 9, "pot": 40, FRAGILE: 2}
_SECOND_LOT = {"mug": 3, "tea": 4}
_BASKETS = (
    (("mug", 1), ("tea", 2)),
    (("tea", 1), ("mug", 1)),
    (("mug", 2),),
    (("pot", 2), ("tea", 1)),
    (("pot", 1),),
)


class Kind(StrEnum):
    """What a deed is."""

    RECEIVE = "receive stock"
    CHECK_OUT = "check out"
    PAY = "pay on a page"
    DECLINE = "decline on a page"
    COME_BACK = "come back from a page"
    RETRY = "retry payment"
    PROLONG = "prolong"
    CANCEL = "cancel"
    DELIVER = "deliver"
    CASH = "take cash"
    SEND_BACK = "send back"
    UNDELIVERABLE = "undeliverable"
    DROP = "drop what nobody has reserved"
    WAIT = "wait"


AT_THE_PROVIDER = frozenset({Kind.PAY, Kind.DECLINE, Kind.COME_BACK})
"""What customers do from home; everything else goes over the desk."""


@frozen(kw_only=True)
class Deed:
    """Something a customer, a carrier or the warehouse does.

    Attributes:
        payment: How the order is paid.
        token: What a card is charged by, where there is one.
        amount: Of waiting: seconds; of receiving stock: pieces.
        pause: How many pieces of work are done before.
    """

    kind: Kind
    tenant: TenantId
    reference: str
    payment: P
    token: str = ""
    sku: str = ""
    amount: int = 0
    pause: int = 0
    part: str = ""

    @property
    def name(self) -> str:
        """Which deed of a campaign it is."""
        return f"{self.reference} {self.kind}{self.part}"


# Who cancels too late gets the parcel; what an order comes to before is passed over.
_COURSES: tuple[tuple[P, tuple[Kind, ...]], ...] = (
    (P.CASH_ON_DELIVERY, (Kind.DELIVER, Kind.CASH, Kind.SEND_BACK)),
    (P.CREDIT_CARD, (Kind.DELIVER,)),
    (P.WALLET, (Kind.PAY, Kind.COME_BACK, Kind.DELIVER, Kind.SEND_BACK)),
    (P.DEBIT_CARD, (Kind.DELIVER, Kind.SEND_BACK)),
    (P.CREDIT_CARD, (Kind.RETRY, Kind.DELIVER)),  # declined at first
    (P.BANK_TRANSFER, (Kind.PAY, Kind.DELIVER)),
    (P.TOKENIZED_CARD, (Kind.WAIT, Kind.CANCEL, Kind.DELIVER)),
    (P.VOUCHER, (Kind.DECLINE, Kind.COME_BACK, Kind.RETRY, Kind.PAY, Kind.DELIVER)),
    (P.CREDIT_CARD, (Kind.UNDELIVERABLE,)),
    (P.WALLET, (Kind.PAY, Kind.CANCEL, Kind.DELIVER)),
    (P.DEBIT_CARD, (Kind.WAIT, Kind.CANCEL, Kind.DELIVER)),
    (P.BANK_TRANSFER, ()),  # never paid: the page closes, and a timer ends it
    (P.IN_PERSON, (Kind.CASH, Kind.DELIVER)),
    (P.WALLET, (Kind.PROLONG, Kind.WAIT, Kind.DROP, Kind.PAY, Kind.DELIVER)),  # paid too late
    (P.CREDIT_CARD, (Kind.CANCEL, Kind.DELIVER)),
    (P.TOKENIZED_CARD, (Kind.DELIVER, Kind.SEND_BACK)),
)
_DECLINED_FIRST = 4
_LATE_PAYER = 13


def faults(seed: int) -> FaultPlan:
    """Return what goes wrong outside."""
    return FaultPlan(seed=seed, rates=_RATES, longest_delay_s=90)


def courses(seed: int, orders: int) -> list[list[Deed]]:
    """Return what happens, one list for each order: beside each other, but each in its order."""
    random = Random(seed)
    received = [_lot(tenant, _FIRST_LOT, "first") for tenant in TENANTS]
    numbers = random.sample(range(orders), orders)
    orders_made = [_course(number, random) for number in numbers]
    second = [_lot(tenant, _SECOND_LOT, "second") for tenant in TENANTS]
    half = orders // 2
    return [*received, *orders_made[:half], *second, *orders_made[half:]]


def _lot(tenant: TenantId, goods: dict[str, int], name: str) -> list[Deed]:
    return [
        Deed(
            kind=Kind.RECEIVE,
            tenant=tenant,
            reference=f"lot-{name}-{tenant}-{sku}",
            payment=P.IN_PERSON,
            sku=sku,
            amount=pieces,
        )
        for sku, pieces in goods.items()
    ]


def _course(number: int, random: Random) -> list[Deed]:
    course = number % len(_COURSES)
    payment, kinds = _COURSES[course]
    tenant, reference = TENANTS[(number // 2) % 2], f"G-{number:03d}"
    first_token = "tok-insufficient-funds" if course == _DECLINED_FIRST else f"tok-of-{reference}"
    deeds = []
    for kind in (Kind.CHECK_OUT, *kinds):
        wait = 2000 if course == _LATE_PAYER else random.randrange(1, 60)
        deeds.append(
            Deed(
                kind=kind,
                tenant=tenant,
                reference=reference,
                payment=payment,
                token=first_token if kind is Kind.CHECK_OUT else f"tok-again-{reference}",
                amount=wait,
                pause=random.randrange(6),
            )
        )
    return deeds


def basket(deed: Deed) -> Basket:
    """Return what the order asks for."""
    number = int(deed.reference.removeprefix("G-"))
    too_late = number % len(_COURSES) == _LATE_PAYER
    wanted = ((FRAGILE, 1),) if too_late else _BASKETS[number % len(_BASKETS)]
    return Basket(
        reference=deed.reference,
        customer=f"customer-{number}@example.org",
        currency="EUR",
        payment=deed.payment,
        lines=tuple(BasketLine(sku=sku, quantity=quantity) for sku, quantity in wanted),
        deliver_to=Recipient(
            name=f"Customer {number}",
            address=PostalAddress(
                lines=(f"Lime Street {number}",), postcode="10115", city="Berlin", country="DE"
            ),
        ),
    )


def token(deed: Deed) -> PaymentToken:
    """Return what the provider charges a card by."""
    return PaymentToken(deed.token)
