"""Proxies around the world outside: what happens to a call on its way there and back.

The providers themselves are honest. Here requests and answers get lost, calls arrive twice, and a
provider is told to take its time or to fail, once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from attrs import define

from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import Accepted, Failed, Rejected, Unclear
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import (
    CredentialMail,
    Notification,
    NotificationOutcome,
    Outgoing,
    ProvisionOutcome,
    ProvisionRequest,
    RefundOutcome,
    RefundRequest,
    RemovalOutcome,
)
from ordercore.testing.simulation.faults import Fault
from ordercore.testing.simulation.gate import Gate, Passage, outage
from ordercore.testing.simulation.providers import Bank, Broker, Cloud, Mood, Post
from ordercore.testing.simulation.scheduler import pause
from ordercore.testing.simulation.watch import Watch

__all__ = [
    "BUSY",
    "CapacitySeam",
    "CloudSeam",
    "FOR_GOOD",
    "PaymentsSeam",
    "PostSeam",
    "PublisherSeam",
    "Seam",
    "mood_of",
]

A = TypeVar("A")

FOR_GOOD = "not_possible"
"""Code of a rejection that no retry will change."""
BUSY = Failed(code="busy", reason="the other side could not take the call")
"""It had no effect, or so it is said."""
_NO = Rejected(code=FOR_GOOD, reason="the other side says no for good")
_WITHOUT_EFFECT = frozenset({Fault.TRANSIENT, Fault.STUBBORN, Fault.REJECTED, Fault.LOST_REQUEST})
_REGIONS = ("lj-1", "mb-1", "hetzner-fsn1")


def mood_of(passage: Passage) -> Mood:
    """Return how a provider takes a call, by what goes wrong with it."""
    match passage.fault:
        case Fault.LATE | Fault.REPORTED:
            return Mood(takes_ms=passage.amount)
        case Fault.LATE_FAILURE:
            return Mood(takes_ms=passage.amount, fails=True)
        case Fault.SHORT_LIVED:
            return Mood(lasts_ms=passage.amount)
        case Fault.PARTIAL:
            return Mood(part=True)
        case _:
            return Mood()


@define
class Seam:
    """The way to somebody outside."""

    gate: Gate
    watch: Watch

    def guarded(self, order_id: OrderId) -> None:
        """Check that whoever is about to move money of an order has its lock."""
        flow = self.gate.scheduler.current
        self.watch.now_ms = self.gate.scheduler.now_ms
        self.watch.guarded(flow.name if flow else "", order_id)

    async def through(
        self,
        kind: str,
        what: str,
        call: Callable[[Passage], Awaitable[A]],
        *,
        busy: Failed = BUSY,
        no: Rejected = _NO,
    ) -> A | Failed | Rejected | Unclear:
        """Make a call under a key and return what the caller gets to hear.

        Args:
            kind: In which row of the profile its faults are.
            what: Order and key: the site.
            call: Makes it.
            busy: How the other side says that it could not take it.
            no: How it says no for good.

        Raises:
            TimeoutError: the answer was lost, told the way network libraries tell it.
        """
        passage = await self.gate.enter(kind, f"{kind}:{what}")
        fault = passage.fault
        answer: A | Failed | Rejected | Unclear
        if fault in _WITHOUT_EFFECT:
            answer = no if fault is Fault.REJECTED else busy
        else:
            answer = await call(passage)
            if fault is Fault.DUPLICATE:
                answer = await call(passage)
            elif fault is Fault.HIDDEN_SUCCESS:
                answer = busy
        lost = fault in (Fault.LOST_REQUEST, Fault.LOST_ANSWER)
        said = "no answer" if lost else type(answer).__name__
        flow, now = self.gate.scheduler.current, self.gate.scheduler.now_ms
        who = flow.name if flow else "-"
        self.gate.trace.tell(now, what.partition("/")[0], f"{who}: {passage.site} -> {said}")
        await self.gate.leave(passage, said)
        if fault is Fault.PAUSED:
            await pause(passage.amount)
        if lost and passage.amount % 2:
            raise TimeoutError("no answer")
        return Unclear(reason="no answer") if lost else answer


@define
class CloudSeam(Seam):
    """The way to the cloud.

    Attributes:
        report: Told when the cloud will report by itself: the request, and after how long.
    """

    cloud: Cloud
    report: Callable[[ProvisionRequest, int], None]

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build it, or not."""
        what = f"{self.watch.tag(request.order_id)}/{request.item}.{request.key[:6]}"
        self.watch.labels[request.key] = what

        async def call(passage: Passage) -> ProvisionOutcome:
            self.cloud.mood = mood_of(passage)
            answer = await self.cloud.provision(request)
            if passage.fault is Fault.REPORTED and isinstance(answer, Accepted):
                self.report(request, passage.amount)
            return answer

        return await self.through("provision", what, call)

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Look it up, or not."""
        return await self.through(
            "find", self.watch.tag(key), lambda _: self.cloud.find(tenant, key)
        )

    async def deprovision(
        self, tenant: TenantId, *, key: str, provision_key: str, resource: str | None
    ) -> RemovalOutcome:
        """Remove it, or not."""
        what = self.watch.tag(provision_key)

        async def call(passage: Passage) -> RemovalOutcome:
            self.cloud.mood = mood_of(passage)
            return await self.cloud.deprovision(
                tenant, key=key, provision_key=provision_key, resource=resource
            )

        return await self.through("deprovision", what, call)


@define
class PaymentsSeam(Seam):
    """The way to the bank."""

    bank: Bank

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give the money back, or not."""
        what = f"{self.watch.tag(request.order_id)}/{request.key[:6]}"
        self.watch.labels[request.key] = what

        async def call(passage: Passage) -> RefundOutcome:
            self.guarded(request.order_id)
            self.bank.mood = mood_of(passage)
            answer = await self.bank.refund(request)
            self._never_too_much(request, what)
            return answer

        return await self.through("refund", what, call)

    async def find_refund(self, tenant: TenantId, key: str) -> RefundOutcome:
        """Look it up, or not."""
        what = self.watch.tag(key)
        return await self.through("find_refund", what, lambda _: self.bank.find_refund(tenant, key))

    def _never_too_much(self, request: RefundRequest, what: str) -> None:
        back = self.bank.given_back_of(request.tenant, request.payment_reference)
        paid = self.bank.paid.get((request.tenant, request.payment_reference))
        found = []
        if paid is None:
            found.append(f"a refund names payment {request.payment_reference}, which nobody made")
        elif back > paid.amount_minor:
            found.append(f"{back} went back of payment {request.payment_reference}: {paid}")
        self.watch.now_ms = self.gate.scheduler.now_ms
        self.watch.blame("refund_never_above_payment", what.partition("/")[0], found)


@define
class PostSeam(Seam):
    """The way to the post office, for notifications and for mail."""

    post: Post

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Send it, or not."""
        what = f"{self.watch.tag(notification.order_id)}/{notification.key[:6]}"
        return await self.through("notify", what, lambda _: self.post.send(notification))

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Send it, or not."""
        what = f"{self.watch.tag(mail.order_id)}/{mail.key[:6]}"
        return await self.through("mail", what, lambda _: self.post.deliver(mail))


@define
class PublisherSeam(Seam):
    """The way to the broker, whose order of events is looked after here."""

    broker: Broker

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Publish them, or some of them."""
        stream = events[0].envelope.stream if events else ""
        tag = self.watch.tag(stream)
        passage = await self.gate.enter("publish", f"publish:{tag}")
        fault = passage.fault
        taken = 0
        if fault is not Fault.LOST_REQUEST:
            some = len(events) // 2 if fault is Fault.PARTIAL else len(events)
            taken = await self.broker.publish(events[:some])
            if fault is Fault.DUPLICATE:
                await self.broker.publish(events[:some])
            ids = [event.envelope.id for event in events[:taken]]
            if events:
                self.watch.arrived(events[0].envelope.tenant, ids)
        now, flow = self.gate.scheduler.now_ms, self.gate.scheduler.current
        who = flow.name if flow else "-"
        self.gate.trace.tell(now, tag, f"{who}: publishes {taken} of {len(events)}")
        await self.gate.leave(passage, taken)
        if passage.injected and fault in (Fault.LOST_REQUEST, Fault.LOST_ANSWER):
            raise outage(passage.injected)
        return taken


@define
class CapacitySeam(Seam):
    """What the infrastructure allows; now and then nobody knows, or a region takes no new work."""

    async def live_facts(self, tenant: TenantId, product_types: tuple[str, ...]) -> LiveFacts:
        """Return the facts."""
        flow = self.gate.scheduler.current
        tag = flow.about if flow else ""
        passage = await self.gate.enter("capacity", f"capacity:{tag}")
        await self.gate.leave(passage)
        if passage.injected and passage.fault is Fault.LOST_REQUEST:
            raise outage(passage.injected)
        if passage.fault is Fault.REJECTED:
            closed = _REGIONS[passage.amount % len(_REGIONS)]
            return LiveFacts(unavailable_regions=frozenset({closed}))
        return LiveFacts()
