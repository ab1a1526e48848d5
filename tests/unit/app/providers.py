"""Providers that do as a test tells them, with books of their own that nobody can roll back."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from attrs import define, field

from ordercore.domain.delivery import Credentials
from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import Absent, Outcome, Succeeded
from ordercore.kernel.ids import ItemId, TenantId
from ordercore.kernel.money import Money
from ordercore.ports import (
    Clock,
    CredentialMail,
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

SECRET = "open-sesame-7f3a"
"""Part of every credential the cloud hands out; must never be seen outside a sealed box."""


class Lost(Exception):
    """The answer got lost on the way: the effect is there, the caller does not know."""

    def __init__(self) -> None:
        super().__init__(f"timeout while talking about {SECRET}")


Told = Outcome | Lost


@define
class Script:
    """What to answer next, by verb and, where it matters, by item; afterwards all goes well."""

    clock: Clock
    plans: dict[str, deque[Told]] = field(factory=dict)
    calls: list[tuple[str, str, datetime]] = field(factory=list)

    def plan(self, verb: str, *answers: Told) -> None:
        """Give the next answers to ``verb``."""
        self.plans.setdefault(verb, deque()).extend(answers)

    def next(self, verb: str, key: str) -> Told | None:
        """Note the call and return what was planned for it."""
        self.calls.append((verb, key, self.clock.now()))
        plan = self.plans.get(verb)
        return plan.popleft() if plan else None

    def times(self, verb: str) -> list[datetime]:
        """Return when ``verb`` was called."""
        return [at for said, _, at in self.calls if said == verb]

    def verbs(self) -> list[str]:
        """Return every call in order."""
        return [verb for verb, _, _ in self.calls]


class Cloud:
    """Builds and removes; its books are ``built`` and ``removed``, by tenant and key."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.built: dict[tuple[str, str], ProvisionRequest] = {}
        self.removed: dict[tuple[str, str], int] = {}
        self.builds = 0

    @property
    def live(self) -> set[str]:
        """Provision keys of what runs."""
        return {key for tenant, key in self.built if (tenant, key) not in self.removed}

    async def provision(self, request: ProvisionRequest) -> ProvisionOutcome:
        """Build as planned: an outcome instead of building, a lost answer after it."""
        told = self.script.next(f"provision {request.item}", request.key)
        if told is None or isinstance(told, Lost):
            if (request.tenant, request.key) not in self.built:
                self.builds += 1
                self.built[request.tenant, request.key] = request
            if told is not None:
                raise told
            return _there(request.key)
        assert not isinstance(told, Succeeded)
        return told

    async def find(self, tenant: TenantId, key: str) -> ProvisionOutcome:
        """Look up in the books, unless something else is planned."""
        told = self.script.next("find", key)
        if isinstance(told, Lost):
            raise told
        if told is not None:
            assert not isinstance(told, Succeeded)
            return told
        return _there(key) if (tenant, key) in self.built else Absent()

    async def deprovision(
        self, tenant: TenantId, *, key: str, provision_key: str, resource: str | None
    ) -> RemovalOutcome:
        """Remove as planned."""
        request = self.built.get((tenant, provision_key))
        told = self.script.next(f"deprovision {request.item if request else '-'}", key)
        if told is None or isinstance(told, Lost):
            self.removed[tenant, provision_key] = self.removed.get((tenant, provision_key), 0) + 1
            if told is not None:
                raise told
            return Succeeded()
        assert not isinstance(told, Absent)
        return told


class Bank:
    """Pays back; its books are ``paid``, by key, and ``movements``, one for each real payment."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.paid: dict[str, RefundRequest] = {}
        self.movements: list[RefundRequest] = []

    def paid_back(self, order_id: str) -> dict[str, Money]:
        """Return what went back for one order, by key."""
        return {k: r.amount for k, r in self.paid.items() if r.order_id == order_id}

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Pay as planned, once per key."""
        told = self.script.next("refund", request.key)
        if told is None or isinstance(told, Lost):
            if request.key not in self.paid:
                self.paid[request.key] = request
                self.movements.append(request)
            if told is not None:
                raise told
            return Succeeded()
        return told

    async def find_refund(self, tenant: TenantId, key: str) -> RefundOutcome:
        """Look up in the books, unless something else is planned."""
        told = self.script.next("find refund", key)
        if isinstance(told, Lost):
            raise told
        if told is not None:
            return told
        return Succeeded() if key in self.paid else Absent()


class Post:
    """Takes notifications and mails as planned; keeps the first under each key."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.notes: dict[str, Notification] = {}
        self.mails: dict[str, dict[ItemId, Credentials]] = {}

    async def send(self, notification: Notification) -> NotificationOutcome:
        """Send a notification."""
        told = self.script.next("notify", notification.key)
        if told is None or isinstance(told, Lost):
            self.notes.setdefault(notification.key, notification)
            if told is not None:
                raise told
            return Succeeded()
        assert not isinstance(told, Absent)
        return told

    async def deliver(self, mail: CredentialMail) -> NotificationOutcome:
        """Send credentials."""
        told = self.script.next("deliver", mail.key)
        if told is None or isinstance(told, Lost):
            self.mails.setdefault(mail.key, dict(mail.credentials))
            if told is not None:
                raise told
            return Succeeded()
        assert not isinstance(told, Absent)
        return told


class Broker:
    """Keeps what is published; ``up`` says how many events it takes before it fails; None: all."""

    def __init__(self) -> None:
        self.events: list[Outgoing] = []
        self.up: int | None = None
        self.broken = False

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Take as many as it can."""
        if self.broken:
            raise ConnectionError("no broker")
        taken = events if self.up is None else events[: self.up]
        self.events.extend(taken)
        return len(taken)


class Limits:
    """Live facts, or an exception, as a test wishes."""

    def __init__(self) -> None:
        self.facts = LiveFacts()
        self.trouble: Exception | None = None
        self.asked: list[tuple[str, ...]] = []

    async def live_facts(self, tenant: TenantId, product_types: tuple[str, ...]) -> LiveFacts:
        """Return the facts, or raise."""
        self.asked.append(product_types)
        if self.trouble is not None:
            raise self.trouble
        return self.facts


def _there(key: str) -> Provisioned:
    return Provisioned(
        resource=f"res-{key[:12]}",
        credentials=Credentials(
            values={"connection_string": f"postgres://u:{SECRET}@{key[:8]}.example"}
        ),
    )
