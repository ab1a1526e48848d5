"""Contract of the references of payments: each pays one order of its tenant."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from ordercore.kernel.errors import ConcurrencyConflict, LeaseLost
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.ports import Batch, Mode, PaymentReference
from ordercore.testing.contracts.differences import expect
from ordercore.testing.contracts.promises import refusal
from ordercore.testing.contracts.rows import ONE, OTHER, a_batch, a_record, contents, new_order
from ordercore.testing.contracts.subject import Contract, Subject

__all__ = ["PaymentReferencesContract"]

_PAYERS = 16
_PAYMENT = PaymentReference(kind="cash", reference="receipt-1", order_id=OrderId("order-1"))


class PaymentReferencesContract(Contract):
    """What every store does with `Batch.payments`."""

    blame = "Store.commit, by Batch.payments"

    def _record(
        self, subject: Subject, *payments: PaymentReference, tenant: TenantId = ONE
    ) -> None:
        subject.run(subject.ports.store.commit(Batch(tenant=tenant, payments=payments)))

    def test_a_payment_pays_one_order(self, subject: Subject) -> None:
        """For another it is refused, however often it is tried."""
        self._record(subject, _PAYMENT)
        for _ in range(2):
            with refusal(ConcurrencyConflict) as refused:
                self._record(subject, evolve(_PAYMENT, order_id=OrderId("order-2")))
            assert not isinstance(refused.value, LeaseLost)
            expect((refused.value.kind, refused.value.id), ("payment", "receipt-1"))

    def test_the_same_order_may_record_it_again(self, subject: Subject) -> None:
        """As when a confirmation was taken back and is made anew; also twice in a batch."""
        self._record(subject, _PAYMENT)
        self._record(subject, _PAYMENT, _PAYMENT)

    def test_two_orders_in_one_batch_do_not_share_a_payment(self, subject: Subject) -> None:
        """Nothing of the batch is written."""
        other = evolve(_PAYMENT, order_id=OrderId("order-2"))
        with refusal(ConcurrencyConflict):
            self._record(subject, _PAYMENT, other)
        self._record(subject, other)

    @pytest.mark.parametrize(
        "free", [{"kind": "transfer"}, {"reference": "receipt-2"}, {"reference": "RECEIPT-1"}]
    )
    def test_another_kind_or_reference_is_another_payment(
        self, subject: Subject, free: dict[str, str]
    ) -> None:
        """Whose references they are belongs to them; they are compared letter by letter."""
        self._record(subject, _PAYMENT)
        self._record(subject, evolve(_PAYMENT, order_id=OrderId("order-2"), **free))

    def test_another_tenant_has_payments_of_its_own(self, subject: Subject) -> None:
        """Nobody learns what others were paid with."""
        self._record(subject, _PAYMENT)
        self._record(subject, evolve(_PAYMENT, order_id=OrderId("order-2")), tenant=OTHER)

    def test_a_refused_batch_writes_nothing_and_takes_no_payment(self, subject: Subject) -> None:
        """Neither when the payment is to blame nor when something else is."""
        subject.run(subject.ports.store.commit(a_batch(1)))
        self._record(subject, _PAYMENT)
        absent = subject.run(contents(subject.ports, ONE, 2))
        other = evolve(_PAYMENT, order_id=OrderId("order-2"))
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(evolve(a_batch(2), payments=(other,))))
        expect(subject.run(contents(subject.ports, ONE, 2)), absent, "afterwards")
        free = evolve(other, reference="receipt-2")
        batch = evolve(a_batch(2), idempotency=a_record(1), payments=(free,))
        with refusal(ConcurrencyConflict):
            subject.run(subject.ports.store.commit(batch))
        self._record(subject, evolve(free, order_id=OrderId("order-3")))

    def test_of_many_at_once_one_is_paid(self, subject: Subject) -> None:
        """Each writes an order of its own with the same payment."""
        ports = subject.ports

        async def pay(payer: int) -> str:
            write = new_order(payer)
            paid = evolve(_PAYMENT, order_id=write.stored.order.id)
            try:
                await ports.store.commit(Batch(tenant=ONE, orders=(write,), payments=(paid,)))
            except ConcurrencyConflict as conflict:
                return conflict.kind
            return "paid"

        async def together() -> list[str]:
            return list(await asyncio.gather(*(pay(payer) for payer in range(_PAYERS))))

        if ports.mode is Mode.ASYNC:
            ended = subject.run(together())
        else:
            with ThreadPoolExecutor(_PAYERS) as pool:
                ended = list(pool.map(lambda n: subject.run(pay(n)), range(_PAYERS)))
        expect(sorted(ended), ["paid", *["payment"] * (_PAYERS - 1)], "what became of them")
