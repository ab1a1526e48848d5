"""The two faces: what each may drive, and what it says when it may not."""

from __future__ import annotations

import asyncio

import pytest
from attrs import evolve

from ordercore.app import AsyncOrderCore, Caller, GetOrder, OrderCore, Placed, PlaceOrder
from ordercore.app._drive import drive
from ordercore.kernel.errors import InvalidInput, Suspended, WrongFace
from ordercore.ports import Mode
from ordercore.testing.builders import an_order_request
from tests.unit.app.shop import CUSTOMER, Shop


def test_the_sync_face_refuses_an_async_bundle() -> None:
    """When it is built, and with advice."""
    with pytest.raises(WrongFace, match="use AsyncOrderCore"):
        OrderCore(Shop().suspending())


def test_the_async_face_refuses_a_blocking_bundle() -> None:
    """It would stop the event loop."""
    with pytest.raises(WrongFace, match="thread bridge"):
        AsyncOrderCore(evolve(Shop().ports, mode=Mode.BLOCKING))


@pytest.mark.parametrize("mode", [Mode.NEUTRAL, Mode.BLOCKING])
def test_the_sync_face_drives_neutral_and_blocking_bundles(mode: Mode) -> None:
    """Without an event loop anywhere."""
    ports = evolve(Shop().ports, mode=mode)
    placed = OrderCore(ports).handle(PlaceOrder(caller=CUSTOMER, request=an_order_request()))
    assert not isinstance(placed, type(None))


def test_a_port_that_suspends_under_the_sync_face_is_a_clear_fault() -> None:
    """A bundle that claims to be neutral and is not."""
    shop = Shop()
    ports = evolve(shop.suspending(), mode=Mode.NEUTRAL)
    use_case = PlaceOrder(caller=CUSTOMER, request=an_order_request())

    async def inside_a_loop() -> None:
        with pytest.raises(Suspended, match="really awaited"):
            OrderCore(ports).handle(use_case)

    asyncio.run(inside_a_loop())
    assert shop.tables.of(CUSTOMER.tenant).orders == {}


def test_a_coroutine_that_suspends_is_closed() -> None:
    """Its clean-up runs before the fault is raised."""
    left: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            left.append("closed")

    with pytest.raises(Suspended):
        drive(waits())
    assert left == ["closed"]


def test_either_face_closes_its_ports_whatever_happens() -> None:
    """By hand, at the end of a block, and also when the block fails."""
    closed: list[str] = []

    async def close() -> None:
        closed.append("closed")

    ports = evolve(Shop().ports, close=close)
    core = OrderCore(ports)
    core.close()
    core.close()
    with core as same:
        assert same is core
    with pytest.raises(ZeroDivisionError), core:
        raise ZeroDivisionError
    assert len(closed) == 4

    async def on_a_loop() -> None:
        await AsyncOrderCore(ports).close()
        async with AsyncOrderCore(ports):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(on_a_loop())
    assert len(closed) == 6


def test_a_core_in_memory_has_nothing_to_close() -> None:
    """It works on afterwards."""
    core = OrderCore(Shop().ports)
    core.close()
    placed = core.handle(PlaceOrder(caller=CUSTOMER, request=an_order_request()))
    assert isinstance(placed, Placed)


def test_both_faces_give_the_same_answers() -> None:
    """The same requests, ids and instants make equal orders and equal trails."""
    shop = Shop()
    ports = shop.ports
    order = shop.place()
    sync = OrderCore(ports).handle(GetOrder(caller=CUSTOMER, order_id=order.id))
    other = asyncio.run(AsyncOrderCore(ports).handle(GetOrder(caller=CUSTOMER, order_id=order.id)))
    assert sync == other


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"tenant": ""}, "tenant"),
        ({"actor": "a\nb"}, "actor"),
        ({"idempotency_key": " "}, "idempotency_key"),
        ({"correlation_id": "a\0b"}, "correlation_id"),
    ],
)
def test_a_caller_is_made_of_usable_text(changes: dict[str, str], field: str) -> None:
    """The field that is not is named."""
    parts = {"tenant": "t", "actor": "a", **changes}
    with pytest.raises(InvalidInput) as caught:
        Caller.of(parts.pop("tenant"), parts.pop("actor"), **parts)
    assert caught.value.field == field


def test_a_caller_is_a_customer_unless_it_says_otherwise() -> None:
    """The role with the fewest rights is the one that needs no word."""
    assert Caller.of("t", "a").actor.role == "customer"
    assert Caller.of("t", "a", idempotency_key="k").idempotency_key == "k"
