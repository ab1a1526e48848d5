"""A saved address is looked up before an order is made, and its troubles leave nothing behind."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from ordercore.app import CheckOut, Placed
from ordercore.domain.orders import Recipient
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.processes.retail import SavedAddress
from ordercore.kernel.errors import IdempotencyKeyReused, InvalidInput
from ordercore.kernel.result import Refusal
from ordercore.ports import (
    LookupTimedOut,
    LookupUnreachable,
    RecipientLookup,
    RecipientQuery,
    TraceErrorKind,
    TraceName,
)
from ordercore_adapters.memory import CollectedTraces, MemoryLookups
from tests.unit.app.retail_shop import ADDRESS, TOKEN, Store, a_basket
from tests.unit.app.shop import CUSTOMER, fault_of
from tests.unit.app.test_ill_shaped_properties import kept

HOME = SavedAddress(entry="home")
ANN = Recipient(name="Ann Sentinel", address=ADDRESS)


class Raising(MemoryLookups):
    """Raises instead of answering."""

    def __init__(self, trouble: Exception) -> None:
        super().__init__()
        self._raised = trouble

    async def recipient(self, query: RecipientQuery) -> RecipientLookup:
        """Raise."""
        raise self._raised


@pytest.fixture
def book(store: Store) -> MemoryLookups:
    """Give the shop an address book with one entry, and telemetry that is kept."""
    lookups = MemoryLookups()
    lookups.save(CUSTOMER.tenant, CUSTOMER.actor.id, "home", ANN)
    store.ports = evolve(store.ports, lookups=lookups, telemetry=CollectedTraces())
    return lookups


def told(store: Store) -> list[tuple[str, str, str] | None]:
    """Return what telemetry heard of look-ups: operation, kind and code of each trouble."""
    traces = store.ports.telemetry
    assert isinstance(traces, CollectedTraces)
    return [
        (each.operation, each.error.kind, each.error.code) if each.error else None
        for each in traces.named(TraceName.DATA_LOOKUP)
        if each.operation == "look_up_recipient"
    ]


def test_the_parcel_goes_where_the_address_book_says(store: Store, book: MemoryLookups) -> None:
    """The order holds what was found, so a later change of the book changes nothing."""
    order = store.sold(deliver_to=HOME)
    assert order.sale is not None
    assert order.sale.deliver_to == ANN
    assert told(store) == [None]
    assert store.violations_at_rest(order) == []


TROUBLES: dict[str, tuple[Callable[[MemoryLookups], None], str, tuple[str, str]]] = {
    "no such entry": (
        lambda book: book._entries.clear(),
        "no_such_address",
        (TraceErrorKind.REFUSAL, "no_such_address"),
    ),
    "too slow": (
        lambda book: setattr(book, "trouble", LookupTimedOut()),
        "lookup_timed_out",
        (TraceErrorKind.NO_EFFECT, "lookup_timed_out"),
    ),
    "not reached": (
        lambda book: setattr(book, "trouble", LookupUnreachable(code="ConnectError")),
        "lookup_unreachable",
        (TraceErrorKind.NO_EFFECT, "ConnectError"),
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_look_up_that_fails_is_a_refusal_that_leaves_nothing(
    store: Store, book: MemoryLookups, name: str
) -> None:
    """No order, no reservation, no key taken; the same request works once the trouble is over."""
    spoil, code, error = TROUBLES[name]
    spoil(book)
    keyed = evolve(CUSTOMER, idempotency_key="k-1")
    before = kept(store)
    refused = store.check_out(caller=keyed, deliver_to=HOME)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert kept(store) == before
    assert told(store) == [("look_up_recipient", *error)]

    book.trouble = None
    book.save(CUSTOMER.tenant, CUSTOMER.actor.id, "home", ANN)
    placed = store.check_out(caller=keyed, deliver_to=HOME)
    assert isinstance(placed, Placed)
    assert placed.order.state == S.CONFIRMED


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (TimeoutError("slow"), "lookup_timed_out"),
        (ConnectionRefusedError("no"), "lookup_unreachable"),
        (OSError("gone"), "lookup_unreachable"),
    ],
)
def test_what_a_port_raises_of_the_network_is_an_answer_too(
    store: Store, book: MemoryLookups, trouble: Exception, code: str
) -> None:
    """It should have been a value; the customer is told the same."""
    store.ports = evolve(store.ports, lookups=Raising(trouble))
    refused = store.check_out(deliver_to=HOME)
    assert isinstance(refused, Refusal)
    assert refused.code == code
    assert told(store)[0] is not None


def test_a_defect_of_a_port_is_not_hidden(store: Store, book: MemoryLookups) -> None:
    """It is no trouble of the network; nothing is stored either."""
    store.ports = evolve(store.ports, lookups=Raising(ZeroDivisionError()))
    before = kept(store)
    with pytest.raises(ZeroDivisionError):
        store.check_out(deliver_to=HOME)
    assert kept(store) == before
    assert told(store) == [("look_up_recipient", TraceErrorKind.UNEXPECTED, "ZeroDivisionError")]


def test_a_repeat_is_answered_without_the_address_book(store: Store, book: MemoryLookups) -> None:
    """The order is known; that the book cannot be reached by then changes nothing."""
    keyed = evolve(CUSTOMER, idempotency_key="k-1")
    first = store.check_out(caller=keyed, deliver_to=HOME)
    assert isinstance(first, Placed)
    book.trouble = LookupTimedOut()
    again = store.check_out(caller=keyed, deliver_to=HOME)
    assert isinstance(again, Placed)
    assert (again.order.id, again.repeated) == (first.order.id, True)
    fault = fault_of(lambda: store.check_out(caller=keyed, deliver_to=SavedAddress(entry="work")))
    assert isinstance(fault, IdempotencyKeyReused)


def test_where_an_address_is_given_nobody_is_asked(store: Store, book: MemoryLookups) -> None:
    """A shop without address books needs none."""
    book.trouble = LookupTimedOut()
    assert isinstance(store.check_out(), Placed)
    assert told(store) == []


@pytest.mark.parametrize("entry", ["", "a\nb", "x" * 201, 7, None])
def test_an_entry_is_a_name(entry: object) -> None:
    """The fault does not repeat it."""
    basket = a_basket(deliver_to=SavedAddress(entry=entry))  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as caught:
        CheckOut(caller=CUSTOMER, basket=basket, token=TOKEN)
    assert caught.value.field == "entry"
    assert "xxx" not in str(caught.value)
    assert "home" not in repr(a_basket(deliver_to=HOME))
