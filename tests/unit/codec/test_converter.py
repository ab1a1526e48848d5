"""Stored documents: what is written comes back equal, and nothing is coerced."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from attrs import evolve

from ordercore.codec import (
    NAMES,
    TYPES,
    VERSIONS,
    decode,
    decode_any,
    encode,
    make_converter,
    to_plain,
)
from ordercore.domain.orders import (
    ItemProgressed,
    ItemState,
    Order,
    OrderCreated,
    SagaNoted,
    ServiceDelivered,
    Transitioned,
)
from ordercore.domain.processes import FULFILMENT
from ordercore.engine.saga import SagaState, start
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, SagaId, TenantId
from ordercore.kernel.money import Money
from ordercore.testing.builders import (
    a_database,
    a_kubernetes,
    an_order,
    an_order_request,
    money_in,
    moved,
)
from ordercore.testing.fakes import START


def an_old_order() -> Order:
    """Return an order with something in every field."""
    order = an_order(an_order_request(a_kubernetes(autoscaling={"min": 3, "max": 5}), a_database()))
    order = moved(order, "submit", "confirm_payment", postings=(money_in(59000),))
    return evolve(order, deleted_at=START, redeliveries=(START, START), quote_rate="EUR/USD 1.1")


def a_saga() -> SagaState:
    """Return a saga at its first steps."""
    return start(
        FULFILMENT,
        saga_id=SagaId("s"),
        tenant=TenantId("t"),
        subject="o",
        items={"1": (("share_minor", "7"),), "2": ()},
        now=START,
    ).state


def document(value: object) -> dict[str, Any]:
    """Return what is stored, as data that a test may spoil."""
    loaded: dict[str, Any] = json.loads(encode(value))
    return loaded


def spoiled(value: object, path: tuple[str | int, ...], other: object) -> str:
    """Return the document of a value with one place changed."""
    whole = document(value)
    place: Any = whole
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = other
    return json.dumps(whole)


@pytest.mark.parametrize(
    "value",
    [
        an_order(),
        an_old_order(),
        a_saga(),
        ServiceDelivered(items=(ItemId("1"), ItemId("2")), again=True),
        Transitioned(
            type="t", trigger="x", source="a", dest="b", postings=(money_in(1),), hidden=True
        ),
        ItemProgressed(item=ItemId("1"), source=ItemState.PENDING, dest=ItemState.ROLLED_BACK),
        SagaNoted(
            saga_id=SagaId("s"), note="step_done", reason='quote " and \u2028 and \U0001f600'
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_written_comes_back_equal(value: object) -> None:
    """And written once more it is the same text."""
    text = encode(value)
    assert decode(type(value), text) == value
    assert encode(decode_any(text)) == text


def test_a_document_carries_its_name_and_version() -> None:
    """They are what a later release reads it by."""
    whole = document(an_order())
    assert (whole["type$"], whole["v$"]) == ("order", 1)
    assert "type$" not in to_plain(an_order())


def test_every_registered_type_has_one_name_and_a_version() -> None:
    """Both ways round."""
    assert {NAMES[kind]: kind for kind in NAMES} == dict(TYPES)
    assert set(VERSIONS) == set(TYPES)
    assert all(version >= 1 for version in VERSIONS.values())


def test_instants_are_written_in_utc_with_six_decimals() -> None:
    """Whatever offset they came with."""
    east = START.astimezone(timezone(timedelta(hours=9)))
    assert to_plain(evolve(an_order(), created_at=east))["created_at"] == (
        "2026-01-05T12:00:00.000000Z"
    )


def test_an_instant_without_an_offset_is_not_stored() -> None:
    """Nobody could say later which moment it was."""
    with pytest.raises(InvalidInput):
        encode(evolve(an_order(), created_at=START.replace(tzinfo=None)))


WRONG: list[tuple[tuple[str | int, ...], object]] = [
    (("currency",), 5),
    (("currency",), None),
    (("tenant",), None),
    (("tenant",), ["t"]),
    (("life", "version"), "1"),
    (("life", "version"), 1.0),
    (("life", "version"), True),
    (("life", "entered_at"), 0),
    (("life", "entered_at"), "yesterday"),
    (("life",), "x"),
    (("express_request",), 1),
    (("express_request",), "true"),
    (("billing_cycle",), "weekly"),
    (("billing_cycle",), 1),
    (("items",), None),
    (("items",), "12"),
    (("items",), {"0": 1}),
    (("items", 0, "state"), "ACTIVE"),
    (("items", 0, "snapshot", "unit_price"), [5900, "EUR"]),
    (("items", 0, "snapshot", "unit_price"), {"amount_minor": 1}),
    (("items", 0, "snapshot", "unit_price", "amount_minor"), 1.0),
    (("items", 0, "snapshot", "unit_price", "amount_minor"), "1"),
    (("items", 0, "snapshot", "unit_price", "currency"), "XXX"),
    (("items", 0, "extra"), 1),
    (("extra",), 1),
    (("redeliveries",), "2026"),
    (("deleted_at",), 5),
]


@pytest.mark.parametrize(("path", "other"), WRONG, ids=lambda part: str(part)[:40])
def test_a_value_of_another_kind_is_an_error_and_not_coerced(
    path: tuple[str | int, ...], other: object
) -> None:
    """Text is no number, one is no yes, a text is no list of its letters; the document is named."""
    with pytest.raises(InvalidInput) as caught:
        decode(Order, spoiled(an_old_order(), path, other))
    assert caught.value.field == "order"


@pytest.mark.parametrize("pair", [["a"], ["a", "b", "c"], "ab", {"a": "b"}])
def test_a_pair_is_a_list_of_two(pair: object) -> None:
    """What a saga remembers is stored as pairs."""
    path = ("branches", 0, "data")
    with pytest.raises(InvalidInput):
        decode(SagaState, spoiled(a_saga(), path, [pair]))


def test_a_missing_field_without_a_default_is_an_error() -> None:
    """One with a default is filled in, so that a field can be added without a new version."""
    whole = document(an_order())
    del whole["quote_rate"]
    assert decode(Order, json.dumps(whole)) == an_order()
    del whole["reference"]
    with pytest.raises(InvalidInput, match="reference"):
        decode(Order, json.dumps(whole))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nope",
        "[]",
        "1",
        "null",
        "{}",
        '{"type$":"order"}',
        '{"v$":1}',
        '{"type$":[],"v$":1}',
        '{"type$":"nothing-known","v$":1}',
        '{"type$":"order","v$":"1"}',
        '{"type$":"order","v$":true}',
        '{"type$":"order","v$":1.0}',
        '{"type$":"order","v$":1}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:30] or "empty",
)
def test_what_is_no_stored_value_is_one_kind_of_error(text: str) -> None:
    """Never a stray exception of the JSON reader or the converter."""
    with pytest.raises(InvalidInput):
        decode_any(text)


def test_a_document_of_another_type_is_refused() -> None:
    """The reader says what it wants."""
    with pytest.raises(InvalidInput) as caught:
        decode(SagaState, encode(an_order()))
    assert (caught.value.problem, caught.value.allowed) == ("got Order", "SagaState")


def test_a_type_without_a_name_is_not_stored() -> None:
    """Names are public; nothing gets one by accident."""
    with pytest.raises(InvalidInput, match="Money is not a stored type"):
        encode(Money(1, "EUR"))


def test_an_error_does_not_repeat_what_the_document_says() -> None:
    """It may be personal; the error names places."""
    text = spoiled(an_order(), ("items",), {"customer": "Erika Mustermann"})
    with pytest.raises(InvalidInput) as caught:
        decode_any(text)
    assert "Erika" not in str(caught.value)


def test_converters_are_the_callers_own() -> None:
    """What one host registers, another does not see."""
    one, two = make_converter(), make_converter()
    one.register_unstructure_hook(datetime, lambda at: "mine")
    assert one.unstructure(START) == "mine"
    assert two.unstructure(START) == "2026-01-05T12:00:00.000000Z"
    assert to_plain(an_order())["created_at"] == "2026-01-05T12:00:00.000000Z"


def test_a_name_that_a_reader_knows_may_not_change() -> None:
    """Names and versions are stored in rows of old releases."""
    assert VERSIONS.items() >= {
        ("order", 1),
        ("saga", 1),
        ("order-created", 1),
        ("transitioned", 1),
        ("posted", 1),
        ("item-progressed", 1),
        ("service-delivered", 1),
        ("redelivery-requested", 1),
        ("saga-started", 1),
        ("saga-noted", 1),
    }
    assert NAMES[OrderCreated] == "order-created"
