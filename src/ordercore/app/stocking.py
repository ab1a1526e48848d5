"""Use cases: goods that came in, a count that differs, and how much there is."""

from __future__ import annotations

from typing import Any

from attrs import Attribute, field, frozen

from ordercore.app._asked import another_type, of_kind, usable_id, usable_text
from ordercore.app._change import replay, response_record
from ordercore.app._permitted import only_for
from ordercore.app.use_case import Caller
from ordercore.codec import fingerprint
from ordercore.domain.inventory import MOST_UNITS, MoveKind, StockLevel, StockMove
from ordercore.domain.orders.lifecycles import Role
from ordercore.kernel.errors import ConcurrencyConflict, InvalidInput, StockShort
from ordercore.kernel.ids import text_id
from ordercore.kernel.result import Refusal
from ordercore.ports import Batch, Ports

__all__ = ["AdjustStock", "ReceiveStock", "StockLevels"]

_MOST_SKUS = 1000


def _units(_asked: object, attribute: Attribute[Any], value: object) -> None:
    _whole(attribute.name, value, least=1, allowed=f"whole units, 1 to {MOST_UNITS}")


def _difference(_asked: object, attribute: Attribute[Any], value: object) -> None:
    allowed = f"whole units, not 0, at most {MOST_UNITS} either way"
    _whole(attribute.name, value, least=-MOST_UNITS, allowed=allowed)


def _whole(name: str, value: object, *, least: int, allowed: str) -> None:
    if type(value) is not int:  # True is an int too, and one
        raise another_type(name, value, allowed=allowed)
    if value == 0 or not least <= value <= MOST_UNITS:
        problem = f"got {value}" if abs(value) <= MOST_UNITS else "is too large"
        raise InvalidInput(field=name, problem=problem, allowed=allowed)


def _skus(_asked: object, attribute: Attribute[Any], value: object) -> None:
    allowed = f"a tuple of 1 to {_MOST_SKUS} skus"
    if not isinstance(value, (tuple, list)):  # a text would count as many
        raise another_type(attribute.name, value, allowed=allowed)
    if not 1 <= len(value) <= _MOST_SKUS:
        raise InvalidInput(field=attribute.name, problem=f"has {len(value)}", allowed=allowed)
    for sku in value:
        text_id(sku, field=attribute.name)


@frozen(kw_only=True)
class ReceiveStock:
    """Put goods that came in on the shelf; they can be reserved at once.

    Attributes:
        sku: What came in; a new one is stocked from now on.
        quantity: How many whole units, 1 to 10**15.
        reason: Where they come from, such as a delivery note; goes to the ledger.
    """

    caller: Caller = field(validator=of_kind(Caller))
    sku: str = field(validator=usable_id)
    quantity: int = field(validator=_units)
    reason: str = field(default="", validator=usable_text)

    async def run(self, ports: Ports) -> StockMove | Refusal:
        """Put them there.

        Returns:
            The move as it was made, or a refusal: ``not_permitted`` (goods are received by
            operators and by systems), ``stock_short`` (there is no room for so many).

        Raises:
            ConcurrencyConflict: the same request is being carried out at this moment.
            IdempotencyKeyReused: the key was used with other content.
        """
        refused = only_for(self.caller, Role.OPERATOR, Role.SYSTEM, what="receiving stock is")
        if refused is not None:
            return refused
        move = StockMove(
            kind=MoveKind.RECEIVE, sku=self.sku, quantity=self.quantity, reason=self.reason
        )
        return await _made(ports, self.caller, "receive_stock", move)


@frozen(kw_only=True)
class AdjustStock:
    """Correct the stock after a count, breakage or theft.

    Attributes:
        sku: What was counted.
        quantity: By how many whole units the count differs: negative when some are missing.
        reason: Why, for whoever reads the ledger; must be given.
    """

    caller: Caller = field(validator=of_kind(Caller))
    sku: str = field(validator=usable_id)
    quantity: int = field(validator=_difference)
    reason: str = field(validator=usable_text)

    async def run(self, ports: Ports) -> StockMove | Refusal:
        """Correct it.

        Returns:
            The move as it was made, or a refusal: ``not_permitted`` (operators correct the stock),
            ``stock_short`` (orders hold what is to be taken away).

        Raises:
            InvalidInput: there is no reason.
            ConcurrencyConflict: the same request is being carried out at this moment.
            IdempotencyKeyReused: the key was used with other content.
        """
        refused = only_for(self.caller, Role.OPERATOR, what="adjusting stock is")
        if refused is not None:
            return refused
        move = StockMove(
            kind=MoveKind.ADJUST, sku=self.sku, quantity=self.quantity, reason=self.reason
        )
        return await _made(ports, self.caller, "adjust_stock", move)


@frozen(kw_only=True)
class StockLevels:
    """See how much there is.

    Attributes:
        skus: Of what, 1 to 1000 of them.
    """

    caller: Caller = field(validator=of_kind(Caller))
    skus: tuple[str, ...] = field(validator=_skus)

    async def run(self, ports: Ports) -> tuple[StockLevel, ...]:
        """Return the levels, by sku; one that was never stocked is left out."""
        return await ports.stock.levels(self.caller.tenant, self.skus)


async def _made(
    ports: Ports, caller: Caller, operation: str, move: StockMove
) -> StockMove | Refusal:
    digest = fingerprint([operation, move.sku, move.quantity, move.reason])
    earlier = await replay(ports, caller, operation, digest, StockMove)
    if earlier is not None:
        return earlier
    record = response_record(ports, caller, operation, digest, move)
    batch = Batch(tenant=caller.tenant, idempotency=record, stock=(move,))
    try:
        await ports.store.commit(batch)
    except StockShort as short:
        return Refusal(code="stock_short", reason=f"not enough: {short}")
    except ConcurrencyConflict:
        first = await replay(ports, caller, operation, digest, StockMove)
        if first is None:
            raise
        return first
    return move
