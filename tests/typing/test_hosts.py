"""What a type checker tells a host: `assert_type` fails under mypy when an inferred type changes.

The functions are never called; mypy reads them in strict mode. The one test makes sure that the
file at least imports, so a renamed class is noticed here as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from ordercore.app import (
    AsyncOrderCore,
    AuditVerdict,
    Caller,
    CancelOrder,
    CloseDeadLetter,
    ConfirmPayment,
    GetDeadLetter,
    GetOrder,
    ListDeadLetters,
    ListOrders,
    OrderCore,
    OrderFeed,
    OrderHistory,
    Placed,
    PlaceOrder,
    RedeliverCredentials,
    ReportProvisioning,
    RestoreOrder,
    RevertPayment,
    SubmitOrder,
    TenantStats,
    UseCase,
    VerifyAudit,
    WorkOnce,
    blocking,
)
from ordercore.domain.insight import OrderStats
from ordercore.domain.orders import Order
from ordercore.domain.processes import OrderRequest
from ordercore.engine.audit import AuditRecord
from ordercore.engine.messaging import Claim, DeadLetter, DeadLetterStatus, Envelope
from ordercore.engine.saga import Accepted
from ordercore.kernel.ids import OrderId
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from ordercore.ports import CachePort, Ports


def writes(core: OrderCore, caller: Caller, order_id: OrderId, request: OrderRequest) -> None:
    """Every write answers with a value or a refusal, and the checker makes a host look."""
    assert_type(core.handle(PlaceOrder(caller=caller, request=request)), Placed | Refusal)
    assert_type(core.handle(SubmitOrder(caller=caller, order_id=order_id)), Order | Refusal)
    assert_type(
        core.handle(
            ConfirmPayment(caller=caller, order_id=order_id, reference="P", amount=Money(1, "EUR"))
        ),
        Order | Refusal,
    )
    assert_type(
        core.handle(RevertPayment(caller=caller, order_id=order_id, reason="")), Order | Refusal
    )
    assert_type(
        core.handle(CancelOrder(caller=caller, order_id=order_id, reason="")), Order | Refusal
    )
    assert_type(
        core.handle(RestoreOrder(caller=caller, order_id=order_id, reason="")), Order | Refusal
    )
    assert_type(
        core.handle(RedeliverCredentials(caller=caller, order_id=order_id)), Order | Refusal
    )
    assert_type(
        core.handle(
            ReportProvisioning(
                caller=caller, order_id=order_id, key="k", attempt=1, outcome=Accepted()
            )
        ),
        Order | Refusal,
    )
    assert_type(
        core.handle(
            CloseDeadLetter(caller=caller, letter_id="l", how=DeadLetterStatus.RETRIED, note="")
        ),
        DeadLetter | Refusal,
    )


def reads(core: OrderCore, caller: Caller, order_id: OrderId) -> None:
    """Reads answer with what was asked for."""
    assert_type(core.handle(GetOrder(caller=caller, order_id=order_id)), Order)
    assert_type(core.handle(ListOrders(caller=caller)), tuple[Order, ...])
    assert_type(
        core.handle(OrderHistory(caller=caller, order_id=order_id)), tuple[AuditRecord, ...]
    )
    assert_type(core.handle(OrderFeed(caller=caller, order_id=order_id)), tuple[Envelope, ...])
    assert_type(core.handle(VerifyAudit(caller=caller, order_id=order_id)), AuditVerdict)
    assert_type(core.handle(TenantStats(caller=caller)), OrderStats)
    assert_type(core.handle(ListDeadLetters(caller=caller)), tuple[DeadLetter, ...] | Refusal)
    assert_type(core.handle(GetDeadLetter(caller=caller, letter_id="l")), DeadLetter | Refusal)
    assert_type(core.handle(WorkOnce()), Claim | None)


async def under_asyncio(
    core: AsyncOrderCore, caller: Caller, order_id: OrderId, request: OrderRequest
) -> None:
    """The async face answers with the same types, to be awaited."""
    assert_type(await core.handle(PlaceOrder(caller=caller, request=request)), Placed | Refusal)
    assert_type(await core.handle(SubmitOrder(caller=caller, order_id=order_id)), Order | Refusal)
    assert_type(await core.handle(GetOrder(caller=caller, order_id=order_id)), Order)
    assert_type(await core.handle(WorkOnce()), Claim | None)


def looking_is_enough(answer: Placed | Refusal) -> Order | None:
    """One ``isinstance`` narrows an answer to either side."""
    if isinstance(answer, Refusal):
        assert_type(answer, Refusal)
        return None
    assert_type(answer, Placed)
    return answer.order


class CountOrders:
    """A use case of a host's own needs no base class."""

    async def run(self, ports: Ports) -> int:
        """Count."""
        del ports
        return 0


def own_use_cases(core: OrderCore) -> None:
    """Anything with a coroutine ``run`` is one."""
    use_case: UseCase[int] = CountOrders()
    assert_type(core.handle(use_case), int)
    assert_type(core.handle(CountOrders()), int)


class PlainCache:
    """A cache without any coroutine."""

    def get(self, key: str, *, now: datetime) -> str | None:
        """Return nothing."""
        del key, now
        return None

    def put(self, key: str, value: str, *, expires_at: datetime) -> None:
        """Keep nothing."""


def plain_objects() -> None:
    """A plain object serves as the port it is wrapped for; no ignore comment is needed."""
    assert_type(blocking(PlainCache(), CachePort), CachePort)


def test_a_host_type_checks() -> None:
    """What mypy reads above also imports."""
    assert callable(writes)
    assert callable(reads)
    assert callable(under_asyncio)
    assert callable(own_use_cases)
    assert looking_is_enough(Refusal(code="c", reason="r")) is None
