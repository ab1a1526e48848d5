"""A cloud's whole life with secrets in every hand, told aloud: run as a process of its own."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ordercore.app import (
    Caller,
    CancelOrder,
    ConfirmPayment,
    ListDeadLetters,
    ListOrders,
    Placed,
    PlaceOrder,
    RedeliverCredentials,
    ReportProvisioning,
    SubmitOrder,
    TenantStats,
    WorkOnce,
)
from ordercore.app._drive import drive
from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.domain.orders import ItemState, Order
from ordercore.domain.processes import ItemRequest
from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    CredentialMail,
    Notification,
    NotificationOutcome,
    Ports,
    Provisioned,
    ProvisionOutcome,
    ProvisionRequest,
    RefundOutcome,
    RefundRequest,
    RemovalOutcome,
)
from ordercore.testing.builders import (
    TENANT,
    a_database,
    a_gpu_cluster,
    a_storage,
    a_vps,
    an_order_request,
)
from ordercore.testing.fakes import ManualClock
from ordercore_adapters import sqlalchemy
from ordercore_adapters.crypto import AesGcmSealer, EncryptedMailer, load_keyring
from tests.adapters.sentinels import OPERATOR, Host, Publisher, Sealer, Telling, told_here

CUSTOMER = Caller.of(TENANT, "customer")
SYSTEM = Caller.of(TENANT, "system", role="system")

A_FEW_DAYS = timedelta(days=3)

_SERVICES = ("provisioner", "payments", "capacity", "notifications", "mailer", "publisher")


@frozen(kw_only=True)
class ServiceTelling(Telling):
    """What opens a resource is secret."""

    password: str
    private_key: str
    connection_string: str

    def credentials(self) -> Credentials:
        """Return what opens a resource."""
        return Credentials(
            values={
                "password": self.password,
                "private_key": self.private_key,
                "connection_string": self.connection_string,
            }
        )


class Providers(Publisher):
    """All services in one object: each fails at first, with a secret in its words."""

    _telling: ServiceTelling

    def __init__(self, telling: ServiceTelling, letters: EncryptedMailer) -> None:
        super().__init__(telling)
        self._letters = letters
        self.accepted: list[ProvisionRequest] = []

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build, call back later, or refuse."""
        self._telling.write("requests", request)
        self._telling.first(f"provision {request.key}")
        if request.product_type == "storage":
            return Rejected(code="no_room", reason="there is no room")
        if request.product_type == "gpu":
            self.accepted.append(request)
            return Accepted()
        return self.built(request)

    def built(self, request: ProvisionRequest) -> Provisioned:
        """Return what the provider hands out."""
        return Provisioned(resource=f"res-{request.key}", credentials=self._telling.credentials())

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Know of what was accepted, and of nothing else."""
        self._telling.first("find")
        return Accepted() if any(each.key == key for each in self.accepted) else Absent()

    async def deprovision(self, tenant: TenantId, **named: Any) -> RemovalOutcome:
        """Remove it."""
        self._telling.first("deprovision")
        return Succeeded()

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give the money back."""
        self._telling.first("refund")
        return Succeeded()

    async def find_refund(self, tenant: TenantId, key: str) -> RefundOutcome:
        """Know of none."""
        self._telling.first("find refund")
        return Absent()

    async def live_facts(self, tenant: TenantId, product_types: tuple[str, ...]) -> LiveFacts:
        """Allow everything."""
        self._telling.first("live facts")
        return LiveFacts()

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Tell."""
        self._telling.first("send")
        self._telling.write("notifications", notification, notification.text)
        return Succeeded()

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Write the encrypted message; for one order it never works."""
        self._telling.write("deliveries", mail)
        self._telling.first("deliver")
        if mail.reference == "R-parked":
            return Failed(code="mailbox_full", reason="the mailbox is full")
        return await self._letters.deliver(mail)


class Cloud(Host):
    """A host that sells services."""

    def __init__(self, telling: ServiceTelling) -> None:
        keyring, clock = load_keyring(), ManualClock()
        self.telling = telling
        self.letters = EncryptedMailer(Path(telling.folder) / "mail", keyring, clock)
        self.providers = Providers(telling, self.letters)
        services: dict[str, Any] = dict.fromkeys(_SERVICES, self.providers)
        ports = sqlalchemy.ports(
            telling.url,
            worker_url=telling.worker_url,
            clock=clock,
            sealer=Sealer(telling, AesGcmSealer(keyring)),
            **services,
        )
        super().__init__(ports, clock)

    def paid(self, *items: ItemRequest, reference: str) -> OrderId:
        """Place, submit and pay an order."""
        request = an_order_request(*items, reference=reference)
        placed = self.core.handle(PlaceOrder(caller=CUSTOMER, request=request))
        assert isinstance(placed, Placed)
        order = placed.order
        self.core.handle(SubmitOrder(caller=CUSTOMER, order_id=order.id))
        payment = ConfirmPayment(
            caller=SYSTEM, order_id=order.id, reference=f"pay-{reference}", amount=order.total
        )
        self.say(placed, self.core.handle(payment))
        return order.id


def tell(telling: ServiceTelling) -> None:
    """Go through success, failure, cancellation, delivery and refusal."""
    host = Cloud(telling)
    core = host.core
    fine = host.paid(a_vps(), a_database(), reference=telling.reference)
    host.paid(a_vps(), a_storage(), reference="R-half")
    parked = host.paid(a_vps(), reference="R-parked")
    late = host.paid(a_vps(), a_gpu_cluster(), reference="R-late")
    cancelled = host.paid(a_vps(), a_gpu_cluster(), reference="R-cancelled")
    for _ in range(200):  # until the provider has taken both, and no further
        if len(host.providers.accepted) == 2:
            break
        if core.handle(WorkOnce()) is None:
            host.clock.advance(seconds=1)
    host.say(core.handle(CancelOrder(caller=CUSTOMER, order_id=cancelled, reason="no")))
    for request in host.providers.accepted:
        caller = Caller.of(TENANT, "cloud", role="system", idempotency_key=request.key)
        report = ReportProvisioning(
            caller=caller,
            order_id=request.order_id,
            key=request.key,
            attempt=request.attempt,
            outcome=host.providers.built(request),
        )
        host.say(report, core.handle(report), core.handle(report))
    host.work(A_FEW_DAYS)
    host.say(core.handle(RedeliverCredentials(caller=CUSTOMER, order_id=fine)))
    host.work(A_FEW_DAYS)
    _refused(host)
    _everything_aloud(host)
    _as_intended(host, {"fulfilled": (fine, parked, late), "cancelled": (cancelled,)})
    host.core.close()


def _refused(host: Cloud) -> None:
    """Ask for something that is not sold, with a card number where it does not belong."""
    card = host.telling.card
    for item in (
        a_vps(card_number=card),
        a_vps(payment={"card": card}),
        ItemRequest(type="vps", config={"region": card, "plan": card, "os_image": [card]}),
    ):
        request = an_order_request(item, reference="R-refused")
        host.telling.write("refused", request.reference)
        refused = host.core.handle(PlaceOrder(caller=CUSTOMER, request=request))
        assert isinstance(refused, Refusal)
        host.telling.write("findings", refused)


def _everything_aloud(host: Cloud) -> None:
    orders = host.core.handle(ListOrders(caller=CUSTOMER, hidden=True))
    host.say(host.core.handle(TenantStats(caller=OPERATOR)))
    host.say_all(CUSTOMER, orders)
    for order in orders:
        for sealed in drive(_sealed(host.ports, order)):
            host.say(sealed)
            moved = evolve(sealed, item=ItemId("another"))
            try:
                host.say(drive(_opened(host.ports, moved)))
            except InvalidInput as fault:
                logging.getLogger("host").exception("opening what was moved: %s", fault)


async def _sealed(bundle: Ports, order: Order) -> tuple[SealedCredentials, ...]:
    return await bundle.vault.of_order(order.tenant, order.id)


async def _opened(bundle: Ports, sealed: SealedCredentials) -> Credentials:
    return await bundle.sealer.open(sealed)


def _as_intended(host: Cloud, ends: dict[str, tuple[OrderId, ...]]) -> None:
    """Make sure that secrets were there to be lost: a story of nothing would hide everything."""
    for state, ids in ends.items():
        for order_id in ids:
            order = host.now(CUSTOMER, order_id)
            assert order.state == state, order
    assert len(host.core.handle(ListDeadLetters(caller=OPERATOR))) == 1
    orders = host.core.handle(ListOrders(caller=CUSTOMER, hidden=True))
    active = sum(len(order.items_in(ItemState.ACTIVE)) for order in orders)
    assert active == sum(len(drive(_sealed(host.ports, order))) for order in orders) == 6
    messages = (Path(host.telling.folder) / "mail" / "messages").glob("*.eml")
    tokens = [re.search(r"ordercore:access/(\S+)", path.read_text()) for path in messages]
    assert len(tokens) == 4
    assert tokens[0] is not None
    opened = host.letters.redeem(tokens[0][1])
    assert {each.values["password"] for each in opened.values()} == {host.telling.password}


if __name__ == "__main__":
    told_here(ServiceTelling, tell)
