"""Use cases: look at dead letters, let parked work try again, or close it by hand."""

from __future__ import annotations

from attrs import evolve, field, frozen

from ordercore.app._asked import member_of, of_kind, page_length, usable_id, usable_text
from ordercore.app._change import replay, response_record, rows_now
from ordercore.app._permitted import only_for
from ordercore.app._recording import Extras, turn_to_batch
from ordercore.app._retail_payment_calls import outlived_token
from ordercore.app.use_case import Caller
from ordercore.codec import fingerprint
from ordercore.domain.orders.lifecycles import Role
from ordercore.domain.processes import (
    NO_SAGA,
    OrderRules,
    Turn,
    open_turn,
    retail,
    task_done,
    tell,
)
from ordercore.engine.messaging import DeadLetter, DeadLetterStatus, dead_letter_id
from ordercore.engine.saga import Phase, ResolveParked, RetryParked, call_key
from ordercore.kernel.errors import ConcurrencyConflict, NotFound
from ordercore.kernel.ids import ItemId, OrderId
from ordercore.kernel.result import Refusal
from ordercore.ports import Ports, StoredOrder

__all__ = ["CloseDeadLetter", "GetDeadLetter", "ListDeadLetters"]

_CLOSE = "close_dead_letter"
_WAYS = (DeadLetterStatus.RETRIED, DeadLetterStatus.RESOLVED)


def _status(asked: DeadLetterStatus | None) -> DeadLetterStatus | None:
    return None if asked is None else member_of(DeadLetterStatus, asked, field="status")


def _way(how: DeadLetterStatus) -> DeadLetterStatus:
    # From a request's JSON it may be plain text; taken for the other way it would settle a refund.
    return member_of(DeadLetterStatus, how, field="how", told=_WAYS)


def _not_permitted(caller: Caller) -> Refusal | None:
    # A letter holds what its step was given.
    return only_for(caller, Role.OPERATOR, what="dead letters are")


@frozen(kw_only=True)
class ListDeadLetters:
    """Look at a tenant's dead letters, oldest first.

    Attributes:
        status: Only letters in this status; None for all.
        limit: At most so many, 1 to 1000.
    """

    caller: Caller = field(validator=of_kind(Caller))
    status: DeadLetterStatus | None = field(default=DeadLetterStatus.OPEN, converter=_status)
    limit: int = field(default=100, validator=page_length)

    async def run(self, ports: Ports) -> tuple[DeadLetter, ...] | Refusal:
        """Return them.

        Returns:
            The letters, or a refusal ``not_permitted``: they are for operators.
        """
        refused = _not_permitted(self.caller)
        if refused is not None:
            return refused
        return await ports.dead_letters.list(
            self.caller.tenant, status=self.status, limit=self.limit
        )


@frozen(kw_only=True)
class GetDeadLetter:
    """Look at one dead letter with everything that is needed to act."""

    caller: Caller = field(validator=of_kind(Caller))
    letter_id: str = field(validator=usable_id)

    async def run(self, ports: Ports) -> DeadLetter | Refusal:
        """Return it.

        Returns:
            The letter, or a refusal ``not_permitted``: they are for operators.

        Raises:
            NotFound: there is no such letter in the caller's tenant.
        """
        refused = _not_permitted(self.caller)
        if refused is not None:
            return refused
        return await _letter(ports, self.caller, self.letter_id)


@frozen(kw_only=True)
class CloseDeadLetter:
    """Close an open dead letter: let its step try again, or record that it was put right by hand.

    Attributes:
        how: ``retried`` starts the step anew with a fresh count of attempts; ``resolved`` counts
            it as done by hand, a refund as paid.
        note: What the operator did or knows; goes to the audit trail.
    """

    caller: Caller = field(validator=of_kind(Caller))
    letter_id: str = field(validator=usable_id)
    how: DeadLetterStatus = field(converter=_way)
    note: str = field(validator=usable_text)

    async def run(self, ports: Ports) -> DeadLetter | Refusal:
        """Close it.

        Returns:
            The closed letter, or a refusal ``not_permitted`` or ``already_closed``.

        Raises:
            NotFound: there is no such letter in the caller's tenant.
            ConcurrencyConflict: somebody else closed it, or moved its order, at the same moment.
            IdempotencyKeyReused: the key was used with other content.
        """
        refused = _not_permitted(self.caller)
        if refused is not None:
            return refused
        digest = fingerprint([self.letter_id, self.how, self.note])
        earlier = await replay(ports, self.caller, _CLOSE, digest, DeadLetter)
        if earlier is not None:
            return earlier
        try:
            answer = await self._close(ports, digest)
        except ConcurrencyConflict:
            first = await replay(ports, self.caller, _CLOSE, digest, DeadLetter)
            if first is None:
                raise
            return first
        if isinstance(answer, Refusal):
            # What refuses us may be the effect of this very request, sent twice at once.
            first = await replay(ports, self.caller, _CLOSE, digest, DeadLetter)
            return answer if first is None else first
        return answer

    async def _close(self, ports: Ports, digest: str) -> DeadLetter | Refusal:
        letter = await _letter(ports, self.caller, self.letter_id)
        refused = self._refused(letter)
        if refused is not None:
            return refused
        stored, sagas = await rows_now(ports, self.caller.tenant, letter.order_id)
        if letter.saga_id == NO_SAGA:
            return await self._close_task(ports, letter, stored, digest)
        saga = next((state for state in sagas if state.id == letter.saga_id), None)
        if saga is None:
            raise NotFound(kind="saga", id=letter.saga_id)
        parked = saga.branch(letter.branch).run(letter.step)
        if dead_letter_id(saga.id, letter.branch, letter.step, parked.attempt) != letter.id:
            # Tried again and parked again since this letter was read: another letter stands for it.
            return Refusal(code="already_closed", reason="the step has moved on since")
        if parked.phase is not Phase.PARKED:  # closed between our two readings
            raise ConcurrencyConflict(kind="dead letter", id=letter.id)
        now = ports.clock.now()
        turn = open_turn(
            ports.rules(stored.order),
            stored.order,
            at=now,
            actor=self.caller.actor,
            sagas=sagas,
        )
        if self.how is DeadLetterStatus.RETRIED:
            tell(turn, saga, RetryParked(branch=letter.branch, step=letter.step, note=self.note))
        else:
            tell(turn, saga, ResolveParked(branch=letter.branch, step=letter.step, note=self.note))
        return await self._write(ports, turn, letter, stored, digest)

    async def _close_task(
        self, ports: Ports, letter: DeadLetter, stored: StoredOrder, digest: str
    ) -> DeadLetter | Refusal:
        """Close a letter that asks an operator to see to an order, not to a step."""
        if self.how is not DeadLetterStatus.RESOLVED:
            return Refusal(code="not_a_way_to_close", reason="there is no step to try again")
        now = ports.clock.now()
        turn = open_turn(ports.rules(stored.order), stored.order, at=now, actor=self.caller.actor)
        task_done(turn, self.note)
        return await self._write(ports, turn, letter, stored, digest)

    async def _write(
        self,
        ports: Ports,
        turn: Turn[OrderRules],
        letter: DeadLetter,
        stored: StoredOrder,
        digest: str,
    ) -> DeadLetter:
        closed = evolve(letter, status=self.how, note=self.note, closed_at=turn.at)
        turn.letters.append(closed)
        batch = turn_to_batch(
            turn,
            chain=stored.chain,
            fingerprint=stored.fingerprint,
            extras=Extras(
                salt=ports.ids.new(),
                correlation_id=self.caller.correlation_id,
                idempotency=response_record(ports, self.caller, _CLOSE, digest, closed),
            ),
        )
        await ports.store.commit(evolve(batch, forgotten=_outlived(closed, turn)))
        return closed

    def _refused(self, letter: DeadLetter) -> Refusal | None:
        if self.how is DeadLetterStatus.OPEN:
            return Refusal(code="not_a_way_to_close", reason="a letter is retried or resolved")
        if letter.status is not DeadLetterStatus.OPEN:
            return Refusal(code="already_closed", reason=f"the letter was {letter.status} before")
        return None


def _outlived(closed: DeadLetter, turn: Turn[OrderRules]) -> tuple[tuple[OrderId, ItemId], ...]:
    """Return what is sealed for a step that nobody will take again."""
    if closed.status is not DeadLetterStatus.RESOLVED or closed.step != retail.AUTHORISE:
        return ()
    attempt = call_key(closed.saga_id, closed.branch, closed.step, forward=True)
    token = outlived_token(turn.order, attempt)
    return ((closed.order_id, token),) if token else ()


async def _letter(ports: Ports, caller: Caller, letter_id: str) -> DeadLetter:
    letter = await ports.dead_letters.get(caller.tenant, letter_id)
    if letter is None:
        raise NotFound(kind="dead letter", id=letter_id)
    return letter
