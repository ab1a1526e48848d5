"""Take the orders of a file through: place, submit, pay, and let the workers do the rest.

Nothing here remembers where it was. Every step looks at the order as it is stored, so a run that
was killed is carried on by running the same file again: what was placed is found by its reference,
what was paid by its payment key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from ordercore import (
    Caller,
    ConfirmPayment,
    Finding,
    GetOrder,
    Order,
    PlaceOrder,
    Refusal,
    SubmitOrder,
)
from ordercore.domain.orders.lifecycles import ProvisioningState, Role
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    IdempotencyKeyReused,
    InvalidInput,
    TransitionNotAllowed,
)
from ordercore.kernel.ids import OrderId, TenantId
from ordercore_adapters.cli.driving import Driver
from ordercore_adapters.cli.hosting import Host
from ordercore_adapters.cli.lines import Line
from ordercore_adapters.cli.order_lines import BadLine, OrderLine, read_order
from ordercore_adapters.cli.report import Report

__all__ = ["Intake"]

_TOGETHER: Final = 100
"""Lines taken in before the workers are driven: enough to keep them busy, little to remember."""

_TRIES: Final = 10


class Intake:
    """Takes lines in and keeps the report."""

    def __init__(
        self, host: Host, driver: Driver, report: Report, *, stop: Callable[[], bool]
    ) -> None:
        """Work with ``host``; ``stop`` is asked before each line."""
        self._host = host
        self._core = host.core
        self._driver = driver
        self._report = report
        self._stop = stop
        self._types = host.core.ports.provisioning.catalogue.types

    def all(self, lines: Iterable[Line], *, progress: Callable[[Line], None]) -> None:
        """Take every line in, drive its order, and bring the report up to date."""
        lines = iter(lines)
        while taken := list(self._some(lines, progress)):
            if self._driver.is_virtual:
                self._driver.until_idle()
            else:
                self._driver.what_is_due()
            self._look_at((order.tenant, order.id) for order in taken if order is not None)
        self._driver.until_idle()
        for tenant, order_id in list(self._report.open):
            self._report.seen(self._fresh(tenant, order_id), last=True)

    def _some(
        self, lines: Iterator[Line], progress: Callable[[Line], None]
    ) -> Iterator[Order | None]:
        for line in islice(lines, _TOGETHER):
            if self._stop():
                return
            yield self._line(line)
            progress(line)

    def _line(self, line: Line) -> Order | None:
        read = read_order(line, types=self._types)
        if isinstance(read, BadLine):
            self._report.bad(read)
            return None
        try:
            return self._order(read)
        except InvalidInput as fault:
            # The core is stricter than this door: then its word counts.
            error = Finding(
                field=fault.field, code=fault.code, message=fault.problem, allowed=fault.allowed
            )
            self._report.bad(BadLine(number=line.number, errors=(error,)))
            return None

    def _order(self, line: OrderLine) -> Order | None:
        customer = Caller.of(line.tenant, "order-file", role=Role.CUSTOMER)
        try:
            placed = self._core.handle(PlaceOrder(caller=customer, request=line.request))
        except IdempotencyKeyReused as fault:
            placed = Refusal(code=fault.code, reason=str(fault))
        if isinstance(placed, Refusal):
            self._report.refused(line, placed)
            return None
        self._report.taken(placed.order, repeated=placed.repeated)
        return self._carry_on(placed.order, customer)

    def _carry_on(self, order: Order, customer: Caller) -> Order:
        """Submit and pay the order, from wherever it stands; return it as it is then."""
        for _ in range(_TRIES):
            try:
                moved = self._next_step(order, customer)
            except (ConcurrencyConflict, TransitionNotAllowed):
                # Somebody else, such as another run of the same file, moved it first.
                order = self._fresh(order.tenant, order.id)
                continue
            if moved is None or isinstance(moved, Refusal):
                break
            order = moved
        return order

    def _next_step(self, order: Order, customer: Caller) -> Order | Refusal | None:
        if order.state == ProvisioningState.DRAFT:
            return self._core.handle(
                SubmitOrder(caller=customer, order_id=order.id, expected_version=order.version)
            )
        if order.state == ProvisioningState.PENDING_PAYMENT:
            return self._core.handle(
                ConfirmPayment(
                    caller=Caller.of(order.tenant, "payment-gateway", role=Role.SYSTEM),
                    order_id=order.id,
                    reference=self._host.pay(order),
                    amount=order.total,
                    expected_version=order.version,
                )
            )
        return None

    def _look_at(self, orders: Iterable[tuple[TenantId, OrderId]]) -> None:
        for tenant, order_id in orders:
            if (tenant, order_id) in self._report.open:
                self._report.seen(self._fresh(tenant, order_id))

    def _fresh(self, tenant: TenantId, order_id: OrderId) -> Order:
        caller = Caller.of(tenant, "order-file", role=Role.CUSTOMER)
        return self._core.handle(GetOrder(caller=caller, order_id=order_id))
