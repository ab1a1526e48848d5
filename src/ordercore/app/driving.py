"""Use cases for a runner of sagas other than `WorkOnce`, such as a workflow engine.

Such a runner does the waiting and says which call has come due; making the call and writing down
how it ended happens here, in the same way as for `WorkOnce`. The store stays the one truth: a
runner holds a copy of the saga, and is told the stored one after each call.

While it drives a saga, the work that other workers would find is put off by `TAKEOVER` beyond the
saga's next call. So a saga whose runner is gone is taken over, and no saga is without a timer.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from attrs import Attribute, evolve, field, frozen

from ordercore.app._asked import another_type, usable_id, whole_number
from ordercore.app._change import rows_now
from ordercore.app._guarded import CALL_WITHIN
from ordercore.app._outstanding import make_outstanding_call
from ordercore.engine.messaging import Work, WorkKind
from ordercore.engine.saga import Call, SagaState, calls_due
from ordercore.kernel.errors import InvalidInput, NotFound
from ordercore.kernel.ids import OrderId, SagaId, TenantId
from ordercore.kernel.time import instant
from ordercore.ports import Ports, StoredOrder

__all__ = ["CALL_WITHIN", "GetSaga", "MakeCall", "TAKEOVER"]

TAKEOVER = timedelta(minutes=5)
"""How much later than its next call a saga that another runner drives is offered to workers."""

_SOMETIME = datetime.max.replace(tzinfo=UTC)


@frozen(kw_only=True)
class GetSaga:
    """Look at one saga as it is stored now, even where readers lag behind the writers."""

    tenant: TenantId = field(validator=usable_id)
    saga_id: SagaId = field(validator=usable_id)

    async def run(self, ports: Ports) -> SagaState:
        """Return it.

        Raises:
            NotFound: there is no such saga in the tenant.
        """
        _, saga = await _rows_of(ports, self.tenant, self.saga_id)
        return saga


def _some_time(_asked: object, attribute: Attribute[timedelta], within: object) -> None:
    if not isinstance(within, timedelta):
        raise another_type(attribute.name, within, allowed="a timedelta above zero")
    if within <= timedelta():
        raise InvalidInput(
            field=attribute.name, problem="is not above zero", allowed="a timedelta above zero"
        )


def _wanted(wanted_at: datetime) -> datetime:
    return instant(wanted_at, field="wanted_at")


@frozen(kw_only=True)
class MakeCall:
    """Make one call that a saga is waiting for, and record how it ended.

    Repeating it is harmless: once the stored saga no longer waits for the attempt, nothing is done.
    Several calls of one saga may be made at the same time; their answers queue up at the order.

    Attributes:
        branch: The branch whose step is to be called.
        step: Which step. Whether it is done, undone or looked up is what the stored saga says.
        attempt: Number of the attempt the runner has come to.
        within: How long the runner lets the call take before it makes another; the lock of a call
            that moves money is kept for longer.
        wanted_at: When the runner's clock said that the call is due; the later of its clock and
            the one of the ports counts, so two clocks that differ cannot make it due for ever.
    """

    tenant: TenantId = field(validator=usable_id)
    saga_id: SagaId = field(validator=usable_id)
    branch: str = field(validator=usable_id)
    step: str = field(validator=usable_id)
    attempt: int = field(validator=whole_number)
    wanted_at: datetime = field(converter=_wanted)
    within: timedelta = field(default=CALL_WITHIN, validator=_some_time)

    async def run(self, ports: Ports) -> SagaState:
        """Make it and return the saga as it is stored then.

        Raises:
            NotFound: there is no such saga in the tenant.
            DefinitionError: no port is mapped to the step, or the saga is of a newer release.
            NotConfigured: the host did not supply the port.
            LockHeld: the call moves money, and somebody else is at one of this order right now.
            LocksAway: it does, and nobody knows who is.
            LeaseLost: it took longer than its lock was held; what it did is found by look-up.
        """
        stored, saga = await _rows_of(ports, self.tenant, self.saga_id)
        call = self._wanted(saga)
        if call is None:
            return saga
        return await make_outstanding_call(
            ports,
            stored,
            self.saga_id,
            call,
            now=lambda: max(ports.clock.now(), self.wanted_at),
            within=self.within,
            adjusted=lambda batch: evolve(batch, work=tuple(map(self._put_off, batch.work))),
        )

    def _wanted(self, saga: SagaState) -> Call | None:
        for call in calls_due(saga, _SOMETIME):
            if (call.branch, call.step, call.attempt) == (self.branch, self.step, self.attempt):
                return call
        return None

    def _put_off(self, work: Work) -> Work:
        own = work.kind is WorkKind.SAGA and work.subject == self.saga_id
        return evolve(work, due_at=work.due_at + TAKEOVER) if own and work.due_at else work


async def _rows_of(
    ports: Ports, tenant: TenantId, saga_id: SagaId
) -> tuple[StoredOrder, SagaState]:
    known = await ports.sagas.get(tenant, saga_id)
    if known is None:
        raise NotFound(kind="saga", id=saga_id)
    stored, sagas = await rows_now(ports, tenant, OrderId(known.subject))
    return stored, next(state for state in sagas if state.id == saga_id)
