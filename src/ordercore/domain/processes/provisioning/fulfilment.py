"""From paid to provisioned: validation, and the start of the fulfilment saga."""

from __future__ import annotations

from ordercore.domain.orders.lifecycles import ProvisioningState as S
from ordercore.domain.orders.lifecycles import ProvisioningTrigger as T
from ordercore.domain.payments import item_shares
from ordercore.domain.processes.following import begin
from ordercore.domain.processes.provisioning.payment import refund_run
from ordercore.domain.processes.provisioning.placement import check_again
from ordercore.domain.processes.provisioning.rules import ProvisioningRules
from ordercore.domain.processes.provisioning.saga_events import SHARE
from ordercore.domain.processes.provisioning.sagas import FULFILMENT
from ordercore.domain.processes.turn import Turn
from ordercore.domain.validation import LiveFacts
from ordercore.engine.saga import start
from ordercore.kernel.party import SYSTEM, Actor
from ordercore.kernel.result import Refusal

__all__ = ["begin_validation", "conclude_validation", "reject"]


def begin_validation(turn: Turn[ProvisioningRules]) -> Refusal | None:
    """Move a paid order into validation; the live facts are fetched after this is stored."""
    return turn.fire(T.START_VALIDATION, actor=SYSTEM)


def conclude_validation(turn: Turn[ProvisioningRules], live: LiveFacts) -> Refusal | None:
    """Judge the order by all checks: provision it, or reject and refund it."""
    order = turn.order
    report = check_again(
        tuple((item.snapshot.product_type, item.snapshot.config) for item in order.items),
        billing_cycle=order.billing_cycle or "",
        currency=order.currency,
        rules=turn.rules,
        live=live,
    )
    if report.ok:
        return _start_provisioning(turn)
    listed = "; ".join(f"{f.field}: {f.message}" for f in report.findings)
    return reject(turn, listed, actor=SYSTEM)


def reject(turn: Turn[ProvisioningRules], reason: str, *, actor: Actor) -> Refusal | None:
    """Fail an order in validation and send its money back."""
    return turn.fire(T.REJECT, actor=actor, reason=reason) or refund_run(turn, reason)


def _start_provisioning(turn: Turn[ProvisioningRules]) -> Refusal | None:
    refused = turn.fire(T.START_PROVISIONING, actor=SYSTEM)
    if refused is not None:
        return refused
    order = turn.order
    assert order.state == S.PROVISIONING
    # What was kept for the days of an earlier run is not paid for this one.
    paid = min(order.balance.refundable, order.total)
    shares = item_shares(paid, tuple(item.price for item in order.items))
    begin(
        turn,
        start(
            turn.rules.saga(FULFILMENT.name),
            saga_id=turn.next_saga_id(),
            tenant=order.tenant,
            subject=order.id,
            items={
                str(item.id): ((SHARE, str(share.amount_minor)),)
                for item, share in zip(order.items, shares, strict=True)
            },
            now=turn.at,
        ),
    )
    return None
