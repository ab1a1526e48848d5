"""Make the outside call a saga is waiting for, and say how it ended.

Step names are mapped to ports here, and to what each call is told as. Whatever a port raises is
taken for an unclear outcome, never for success or failure; of the exception only the type goes on
record, since its text may hold secrets. Two exceptions are not the other side's and are raised: a
port that is not there, and memory that ran out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ordercore.app import _provisioning_calls, _retail_calls, _retail_payment_calls
from ordercore.app._reply import Reply
from ordercore.app._traced import Traced, error_of_outcome, traced
from ordercore.domain.orders import Order
from ordercore.domain.payments import EntryKind, LedgerEntry
from ordercore.domain.processes import DELIVER, NOTIFY, PROVISION, REFUND_STEP, retail
from ordercore.engine.saga import Call, CallKind, Outcome, Succeeded, Unclear
from ordercore.kernel.errors import DefinitionError, NotConfigured
from ordercore.ports import Ports, RefundRequest, TraceName

__all__ = ["TOLD_AS", "make_call"]

_PAIR = 2
"""Name and value."""


async def make_call(ports: Ports, order: Order, call: Call) -> Reply:
    """Make ``call`` and return how it ended.

    Raises:
        DefinitionError: no port is mapped to the step.
        NotConfigured: the host did not supply the port.
        MemoryError: what was known of the answer is lost. As after a crash, whoever takes the work
            up makes the call again under its key.
    """
    make = _PORTS.get(call.step)
    if make is None:
        raise DefinitionError(name="steps", problems=(f"no port is mapped to step {call.step!r}",))
    told = Traced(
        name=TOLD_AS.get(call.step, TraceName.ORDER_FULFILLMENT),
        operation=f"{call.step}.{call.kind}",
        tenant=order.tenant,
        order_id=order.id,
        outside=True,
    )
    try:
        reply = await traced(
            ports,
            told,
            lambda: make(ports, order, call),
            error_of=lambda reply: error_of_outcome(reply.outcome),
        )
    except (NotConfigured, MemoryError):
        raise  # waiting for an outcome would hide what is wrong here
    except Exception as trouble:
        return Reply(outcome=Unclear(reason=f"the call raised {type(trouble).__name__}"))
    answered: object = reply.outcome  # a host's adapter may hand over anything
    if isinstance(answered, Succeeded) and not _can_be_kept(answered.memory):
        return Reply(outcome=Unclear(reason="the call answered what cannot be kept"))
    if isinstance(answered, Outcome):
        return reply
    return Reply(outcome=Unclear(reason=f"the call answered {type(answered).__name__}"))


def _can_be_kept(memory: object) -> bool:
    """Return whether it is pairs of text that every store takes, and gives back as they were.

    A number where a text belongs would be stored, and neither saga nor order could be read again.
    """
    return isinstance(memory, (tuple, list)) and all(
        isinstance(pair, (tuple, list)) and len(pair) == _PAIR and all(map(_is_kept_text, pair))
        for pair in memory
    )


def _is_kept_text(value: object) -> bool:
    if not isinstance(value, str) or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)


async def _refund(ports: Ports, order: Order, call: Call) -> Reply:
    entry = _requested(order, call.key)
    if entry is None:
        return Reply(outcome=Succeeded())  # nothing was paid for it, so nothing goes back
    if call.kind is CallKind.FIND:
        if _by_gateway(order, entry):
            return Reply(outcome=await ports.gateway.find(order.tenant, call.key))
        return Reply(outcome=await ports.payments.find_refund(order.tenant, call.key))
    request = RefundRequest(
        key=call.key,
        tenant=order.tenant,
        order_id=order.id,
        payment_reference=entry.source,
        amount=entry.amount,
    )
    if _by_gateway(order, entry):
        return Reply(outcome=await ports.gateway.refund(request))
    return Reply(outcome=await ports.payments.refund(request))


def _requested(order: Order, key: str) -> LedgerEntry | None:
    for entry in order.ledger:
        if entry.kind is EntryKind.REFUND_REQUESTED and entry.key == key:
            return entry
    return None


def _by_gateway(order: Order, refund: LedgerEntry) -> bool:
    """Return whether the money was captured by the gateway, which then gives it back."""
    return any(
        entry.kind is EntryKind.CAPTURED and refund.source in (entry.reference, entry.key)
        for entry in order.ledger
    )


_PORTS: dict[str, Callable[[Ports, Order, Call], Awaitable[Reply]]] = {
    PROVISION: _provisioning_calls.provision,
    REFUND_STEP: _refund,
    NOTIFY: _provisioning_calls.notify,
    DELIVER: _provisioning_calls.deliver,
    retail.AUTHORISE: _retail_payment_calls.authorise,
    retail.CAPTURE: _retail_payment_calls.capture,
    retail.RELEASE: _retail_payment_calls.release,
    retail.PICK: _retail_calls.pick,
    retail.PACK: _retail_calls.pack,
    retail.LABEL: _retail_calls.label,
    retail.INVOICE: _retail_calls.invoice,
    retail.HAND_OVER: _retail_calls.hand_over,
    retail.CREDIT: _retail_calls.note_credit,
    retail.SEND: _retail_calls.send,
}

TOLD_AS: dict[str, TraceName] = {
    PROVISION: TraceName.ORDER_FULFILLMENT,
    REFUND_STEP: TraceName.PAYMENT_PROCESSING,
    NOTIFY: TraceName.ORDER_FULFILLMENT,
    DELIVER: TraceName.ORDER_FULFILLMENT,
    retail.AUTHORISE: TraceName.PAYMENT_PROCESSING,
    retail.CAPTURE: TraceName.PAYMENT_PROCESSING,
    retail.RELEASE: TraceName.PAYMENT_PROCESSING,
    retail.PICK: TraceName.ORDER_FULFILLMENT,
    retail.PACK: TraceName.ORDER_FULFILLMENT,
    retail.LABEL: TraceName.ORDER_FULFILLMENT,
    retail.INVOICE: TraceName.ORDER_FULFILLMENT,
    retail.HAND_OVER: TraceName.ORDER_FULFILLMENT,
    retail.CREDIT: TraceName.ORDER_FULFILLMENT,
    retail.SEND: TraceName.ORDER_FULFILLMENT,
}
"""The name under which each step's calls are told to the telemetry port."""
