"""What customers do in a campaign, as a list that can be gone through again from any place.

Each deed has a name, which is its idempotency key as well: whoever died before noting that a deed
was done does it again under the same key.
"""

from __future__ import annotations

from enum import StrEnum
from random import Random

from attrs import frozen

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    OrderCore,
    Placed,
    PlaceOrder,
    RedeliverCredentials,
    SubmitOrder,
)
from ordercore.app._drive import drive
from ordercore.domain.orders import Order
from ordercore.domain.processes import ItemRequest, OrderRequest
from ordercore.domain.validation import LiveFacts
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.ids import TenantId
from ordercore.kernel.money import Money
from ordercore.testing.builders import (
    a_database,
    a_gpu_cluster,
    a_kubernetes,
    a_private_cloud,
    a_storage,
    a_vps,
)
from ordercore_adapters.simulated import FaultPlan, Rates, SimulatedGateway

CLOSED = TenantId("closed")
TENANTS = (TenantId("north"), TenantId("south"), CLOSED)
FACTS = {CLOSED: LiveFacts(unavailable_regions=frozenset({"mb-1"}))}
"""In this tenant's region nothing can be built, so its orders fail in validation."""

_CALLS = Rates(
    stubborn=120, transient=120, lost_done=100, lost_undone=60, delayed=200, duplicated=40
)
RATES = {
    "provision": Rates(
        rejected=120,
        stubborn=60,
        transient=120,
        lost_done=80,
        lost_undone=60,
        delayed=300,
        late_failure=40,
        duplicated=40,
    ),
    "find": Rates(transient=50, lost_undone=50),
    "deprovision": _CALLS,
    "refund": _CALLS,
    "find_refund": Rates(transient=50, lost_undone=50),
    "notify": Rates(stubborn=50, transient=100, lost_done=50, lost_undone=50),
    "mail": Rates(stubborn=30, transient=100, lost_done=50, lost_undone=50),
    "publish": Rates(transient=80, lost_done=60, duplicated=60),
    "capacity": Rates(transient=100),
}
"""Everything happens, except that money is refused for good: then nobody could settle."""


class Kind(StrEnum):
    """What a deed is."""

    PLACE = "place"
    SUBMIT = "submit"
    PAY = "pay"
    CANCEL = "cancel"
    WAIT = "wait"
    REDELIVER = "redeliver"


@frozen(kw_only=True)
class Deed:
    """Something a customer does.

    Attributes:
        amount: To a payment: what is paid above the price; to waiting: seconds.
        pause: How many pieces of work are done before.
        last: Only when everything else has come to rest.
    """

    name: str
    kind: Kind
    tenant: TenantId
    reference: str
    items: int = 2
    amount: int = 0
    pause: int = 0
    last: bool = False


def faults(seed: int) -> FaultPlan:
    """Return what goes wrong outside."""
    return FaultPlan(seed=seed, rates=RATES, longest_delay_s=90)


def scenario(seed: int, orders: int) -> tuple[Deed, ...]:
    """Return the deeds of a campaign: every kind of course, spread over its whole length."""
    random = Random(seed)
    lists = [_course(number, random) for number in range(orders)]
    deeds: list[Deed] = []
    open_lists: list[list[Deed]] = []
    while lists or open_lists:
        if lists and (len(open_lists) < 3 or random.random() < 0.3):
            open_lists.append(lists.pop(0))
        chosen = random.choice(open_lists)
        deeds.append(chosen.pop(0))
        if not chosen:
            open_lists.remove(chosen)
    return tuple(sorted(deeds, key=lambda deed: deed.last))


def _course(number: int, random: Random) -> list[Deed]:
    """Return what happens to one order, apart from what workers do."""
    course = number % 8
    tenant = CLOSED if course == 6 else TENANTS[number % 2]
    reference = f"R-{number:03d}"

    def deed(
        kind: Kind, *, amount: int = 0, pause: int = 0, last: bool = False, part: str = ""
    ) -> Deed:
        return Deed(
            name=f"{reference}-{kind}{part}",
            kind=kind,
            tenant=tenant,
            reference=reference,
            items=1 + number % 3,
            amount=amount,
            pause=pause,
            last=last,
        )

    begin = [deed(Kind.PLACE), deed(Kind.SUBMIT, pause=random.randrange(2))]
    wait = deed(Kind.WAIT, amount=random.randrange(1, 60), pause=random.randrange(3))
    longer = deed(Kind.WAIT, amount=random.randrange(1, 60), pause=random.randrange(20), part="-2")
    if course == 4:  # cancelled before the money comes
        return [*begin, deed(Kind.CANCEL), deed(Kind.PAY, pause=random.randrange(4)), wait]
    if course == 5:  # never paid: a timer ends it
        return begin
    pay = deed(Kind.PAY, amount={1: 70, 2: -50}.get(course, 0), pause=random.randrange(3))
    if course in (3, 7):  # cancelled in the middle of whatever is going on
        return [*begin, pay, wait, longer, deed(Kind.CANCEL, pause=random.randrange(20))]
    if course == 0:  # access data are asked for once more
        return [*begin, pay, wait, deed(Kind.REDELIVER, last=True)]
    return [*begin, pay, wait]


def request(deed: Deed) -> OrderRequest:
    """Return what the order asks for."""
    number = int(deed.reference.removeprefix("R-"))
    kinds = (a_vps, a_database, a_kubernetes, a_storage, a_gpu_cluster, a_private_cloud)
    items: list[ItemRequest] = [kinds[(number + at) % len(kinds)]() for at in range(deed.items)]
    if deed.tenant == CLOSED:
        items[0] = a_kubernetes(region="mb-1")
    return OrderRequest(
        reference=deed.reference,
        customer=f"customer-{number}",
        currency="EUR",
        billing_cycle="monthly",
        items=tuple(items),
    )


def perform(core: OrderCore, gateway: SimulatedGateway, deed: Deed) -> None:
    """Do a deed; done a second time, it changes nothing.

    Raises:
        ConcurrencyConflict: a worker wrote the order at the same moment.
    """
    caller = Caller.of(deed.tenant, "customer", idempotency_key=deed.name)
    if deed.kind is Kind.PLACE:
        placed = core.handle(PlaceOrder(caller=caller, request=request(deed)))
        assert isinstance(placed, Placed), placed
        return
    order = order_of(core, deed)
    if deed.kind is Kind.SUBMIT:
        core.handle(SubmitOrder(caller=caller, order_id=order.id))
    elif deed.kind is Kind.PAY:
        amount = Money(order.total.amount_minor + deed.amount, order.currency)
        paid = gateway.pay(deed.name, deed.tenant, deed.reference, amount)
        system = Caller.of(deed.tenant, "gateway", role="system", idempotency_key=deed.name)
        confirmed = core.handle(
            ConfirmPayment(caller=system, order_id=order.id, reference=paid, amount=amount)
        )
        assert isinstance(confirmed, Order), confirmed
    elif deed.kind is Kind.CANCEL:
        try:
            core.handle(CancelOrder(caller=caller, order_id=order.id, reason="changed my mind"))
        except TransitionNotAllowed:
            assert order_of(core, deed).state in ("fulfilled", "failed", "cancelled")
    elif deed.kind is Kind.REDELIVER:
        core.handle(RedeliverCredentials(caller=caller, order_id=order.id))


def order_of(core: OrderCore, deed: Deed) -> Order:
    """Return the order a deed is about."""
    stored = drive(core.ports.orders.by_reference(deed.tenant, deed.reference))
    assert stored is not None, f"{deed.reference} was placed before"
    return stored.order
