"""The world outside: a cloud, a bank, a post office, a broker. Honest, and they keep books.

They do what their ports promise, in memory and in virtual time. What goes wrong on the way to them
and back is not their business; only that something takes a while, or fails in the end, is told to
them by a `Mood` for one call.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, evolve, field, frozen

from ordercore.domain.delivery import Credentials
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    CredentialMail,
    Letter,
    Notification,
    NotificationOutcome,
    Outgoing,
    Provisioned,
    ProvisionOutcome,
    ProvisionRequest,
    RefundOutcome,
    RefundRequest,
    RemovalOutcome,
)

__all__ = ["AT_ONCE", "Bank", "Broker", "Cloud", "Mood", "Post", "Resource"]

_Key = tuple[TenantId, str]


@frozen(kw_only=True)
class Mood:
    """How the next call is taken: finished only after ``takes_ms``, and then perhaps failed.

    Attributes:
        lasts_ms: How long what it grants is good; 0: for as long as usual.
        part: Only a part can be had.
    """

    takes_ms: int = 0
    fails: bool = False
    lasts_ms: int = 0
    part: bool = False


AT_ONCE = Mood()
"""Everything goes well."""


@define(kw_only=True)
class Resource:
    """What became of one request to build something.

    Attributes:
        ready_ms: When it is there (or has failed).
        gone_ms: When it is no longer there; None while nobody asked for that.
    """

    tenant: TenantId
    order_id: OrderId
    item: ItemId
    key: str
    ready_ms: int
    fails: bool = False
    gone_ms: int | None = None

    def stands(self, now_ms: int) -> bool:
        """Return whether it is there."""
        there = not self.fails and self.ready_ms <= now_ms
        return there and (self.gone_ms is None or self.gone_ms > now_ms)


@define
class Cloud:
    """Builds and removes; the same key never builds twice, and never after it was removed."""

    now_ms: Callable[[], int]
    mood: Mood = AT_ONCE
    resources: dict[_Key, Resource] = field(factory=dict)
    by_order: dict[OrderId, list[Resource]] = field(factory=dict)

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build it."""
        now, mood = self.now_ms(), self.mood
        known = self.resources.get((request.tenant, request.key))
        if known is not None and known.gone_ms is not None:
            return Rejected(code="removed", reason="what this key stands for was removed")
        if known is None or (known.fails and known.ready_ms <= now):
            made = Resource(
                tenant=request.tenant,
                order_id=request.order_id,
                item=request.item,
                key=request.key,
                ready_ms=now + mood.takes_ms,
                fails=mood.fails,
            )
            self._keep(made, instead_of=known)
        return self._standing(request.tenant, request.key)

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Say what became of it."""
        return self._standing(tenant, key)

    async def deprovision(
        self, tenant: TenantId, *, key: str, provision_key: str, resource: str | None
    ) -> RemovalOutcome:
        """Remove it, or see to it that it never comes."""
        now = self.now_ms()
        known = self.resources.get((tenant, provision_key))
        if known is None:
            nothing = Resource(
                tenant=tenant,
                order_id=OrderId(""),
                item=ItemId(""),
                key=provision_key,
                ready_ms=now,
                fails=True,
                gone_ms=now,
            )
            self.resources[tenant, provision_key] = nothing
            return Succeeded()
        if known.gone_ms is None:
            known.gone_ms = now + self.mood.takes_ms
        return Succeeded() if known.gone_ms <= now else Accepted()

    def standing_of(self, order_id: OrderId) -> tuple[Resource, ...]:
        """Return what is there for an order."""
        now = self.now_ms()
        return tuple(each for each in self.by_order.get(order_id, ()) if each.stands(now))

    def _keep(self, made: Resource, *, instead_of: Resource | None) -> None:
        self.resources[made.tenant, made.key] = made
        of_order = self.by_order.setdefault(made.order_id, [])
        if instead_of is not None:
            of_order.remove(instead_of)
        of_order.append(made)

    def _standing(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        now, known = self.now_ms(), self.resources.get((tenant, key))
        if known is None or known.gone_ms is not None:
            return Absent()
        if known.ready_ms > now:
            return Accepted()
        if known.fails:
            return Failed(code="build_failed", reason="it could not be built")
        values = {"hostname": f"{key[:16]}.example", "password": f"secret of {key[:8]}"}
        return Provisioned(resource=f"res-{key[:16]}", credentials=Credentials(values=values))


@define
class Bank:
    """Takes payments and gives money back, once per key; it never questions an amount.

    Attributes:
        paid: What customers paid, by tenant and reference.
        refunds: What went back, by tenant and key; the instant is when it arrives.
    """

    now_ms: Callable[[], int]
    mood: Mood = AT_ONCE
    paid: dict[_Key, Money] = field(factory=dict)
    refunds: dict[_Key, tuple[RefundRequest, int]] = field(factory=dict)
    by_order: dict[OrderId, list[str]] = field(factory=dict)
    _back: dict[_Key, int] = field(factory=dict)

    def pay(self, tenant: TenantId, reference: str, amount: Money) -> Money:
        """Take a customer's payment; told again, it is the one it was. Return its amount."""
        return self.paid.setdefault((tenant, reference), amount)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give the money back, once per key."""
        place = (request.tenant, request.key)
        if place not in self.refunds:
            self.refunds[place] = (request, self.now_ms() + self.mood.takes_ms)
            self.by_order.setdefault(request.order_id, []).append(request.key)
            source = (request.tenant, request.payment_reference)
            self._back[source] = self._back.get(source, 0) + request.amount.amount_minor
        return self._standing(place)

    async def find_refund(self, tenant: TenantId, key: str) -> RefundOutcome:
        """Say what became of it."""
        return self._standing((tenant, key))

    def given_back(self, tenant: TenantId, order_id: OrderId) -> dict[str, Money]:
        """Return what went back for an order, by key."""
        keys = self.by_order.get(order_id, ())
        return {key: self.refunds[tenant, key][0].amount for key in keys}

    def arrived_of(self, tenant: TenantId, order_id: OrderId) -> dict[str, Money]:
        """Return what went back for an order and has arrived, by key."""
        refunds = {key: self.refunds[tenant, key] for key in self.by_order.get(order_id, ())}
        return {key: asked.amount for key, (asked, at) in refunds.items() if at <= self.now_ms()}

    def take_in(self, tenant: TenantId, key: str) -> None:
        """Have a refund back that did not reach its customer; it can be made once more."""
        if (tenant, key) in self.refunds:
            request, _ = self.refunds[tenant, key]
            self._back[tenant, request.payment_reference] -= request.amount.amount_minor

    def given_back_of(self, tenant: TenantId, reference: str) -> int:
        """Return how much of a payment went back, in minor units."""
        return self._back.get((tenant, reference), 0)

    def _standing(self, place: _Key) -> RefundOutcome:
        known = self.refunds.get(place)
        if known is None:
            return Absent()
        return Succeeded() if known[1] <= self.now_ms() else Accepted()


@define
class Post:
    """Sends notifications and mail, once per key.

    Attributes:
        mails: Items whose credentials were in a mail, by order.
        letters: What each letter about an order was about, notifications of its kind included.
    """

    notified: dict[_Key, Notification] = field(factory=dict)
    letters: dict[OrderId, list[str]] = field(factory=dict)
    mails: dict[OrderId, list[frozenset[ItemId]]] = field(factory=dict)
    _keys: set[_Key] = field(factory=set)

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Send it, once per key."""
        if (notification.tenant, notification.key) not in self.notified:
            self.notified[notification.tenant, notification.key] = notification
            self.letters.setdefault(notification.order_id, []).append(notification.kind)
        return Succeeded()

    async def write(self, letter: Letter) -> NotificationOutcome:
        """Send it, once per key."""
        if (letter.tenant, letter.key) not in self._keys:
            self._keys.add((letter.tenant, letter.key))
            self.letters.setdefault(letter.order_id, []).append(letter.kind)
        return Succeeded()

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Send it, once per key; only what it is about is kept."""
        if (mail.tenant, mail.key) not in self._keys:
            self._keys.add((mail.tenant, mail.key))
            self.mails.setdefault(mail.order_id, []).append(frozenset(mail.credentials))
        return Succeeded()


@define
class Broker:
    """Takes events in order.

    Attributes:
        arrived: Everything that came, repeats included, by tenant and stream.
        takes: How many events of the next call it acknowledges; None: all.
    """

    takes: int | None = None
    arrived: dict[_Key, list[Outgoing]] = field(factory=dict)

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Take them."""
        taken = events if self.takes is None else events[: self.takes]
        for event in taken:
            place = (event.envelope.tenant, event.envelope.stream)
            # Consumers read the envelope; who they are is checked elsewhere.
            self.arrived.setdefault(place, []).append(evolve(event, consumers=()))
        return len(taken)
