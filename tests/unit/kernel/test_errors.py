from __future__ import annotations

import pickle
from json import dumps

import pytest

from ordercore.kernel import errors
from ordercore.kernel.errors import (
    ConcurrencyConflict,
    CurrencyMismatch,
    DefinitionError,
    IdempotencyInFlight,
    IdempotencyKeyReused,
    InvalidInput,
    LeaseLost,
    LockHeld,
    LocksAway,
    NotConfigured,
    NotFound,
    OrderCoreError,
    StockShort,
    Suspended,
    TransitionNotAllowed,
    UnknownCurrency,
    UnknownState,
    UnreadableRecord,
    WrongFace,
)
from ordercore.kernel.shortage import Shortage

SAMPLES: tuple[OrderCoreError, ...] = (
    ConcurrencyConflict(kind="order", id="o-1", expected=3),
    CurrencyMismatch(left="EUR", right="USD"),
    DefinitionError(name="retail", problems=("no initial state", "dead end: b")),
    IdempotencyInFlight(operation="place", key="k"),
    IdempotencyKeyReused(operation="place", key="k"),
    InvalidInput(field="count", problem="is negative", allowed="zero or more"),
    LeaseLost(kind="saga", id="s-1", expected=2),
    LockHeld(id="payment/o-1"),
    LocksAway(reason="TimeoutError"),
    NotConfigured(port="payments"),
    NotFound(kind="order", id="o-1"),
    StockShort(
        shortages=(
            Shortage(sku="A-1", requested=3, available=2),
            Shortage(sku="B-2", requested=1, available=0, move="release"),
        )
    ),
    Suspended(),
    TransitionNotAllowed(lifecycle="retail", state="open", trigger="ship", allowed=("pay",)),
    UnknownCurrency(currency="eur"),
    UnknownState(lifecycle="retail", state="gone", known=("open",)),
    UnreadableRecord(kind="order", id="o-1", problem="no JSON"),
    WrongFace(face="AsyncOrderCore", bundle="blocking", advice="offload it"),
)


def test_every_fault_has_a_sample_here() -> None:
    """A new class cannot escape the tests below."""
    listed = set(errors.__all__) - {"OrderCoreError"}

    assert listed == {type(fault).__name__ for fault in SAMPLES}


@pytest.mark.parametrize("fault", SAMPLES, ids=lambda fault: type(fault).__name__)
def test_a_fault_crosses_process_borders_whole(fault: OrderCoreError) -> None:
    """Class, message and every field survive pickling, as between workers."""
    copy = pickle.loads(pickle.dumps(fault))

    assert type(fault) is type(copy)
    assert str(fault) == str(copy)
    assert fault.as_dict() == copy.as_dict()


@pytest.mark.parametrize("fault", SAMPLES, ids=lambda fault: type(fault).__name__)
def test_a_fault_describes_itself_for_a_problem_document(fault: OrderCoreError) -> None:
    """Code, message and the declared fields are there, and are plain JSON."""
    body = fault.as_dict()

    assert fault.code == body["code"]
    assert str(fault) == body["message"]
    assert {"code", "message", *fault.fields} == body.keys()
    assert dumps(body)


@pytest.mark.parametrize("fault", SAMPLES, ids=lambda fault: type(fault).__name__)
def test_the_message_is_made_of_the_fields(fault: OrderCoreError) -> None:
    """Whoever reads only the log line still sees every value."""
    for name in fault.fields:
        value = getattr(fault, name)
        for part in value if isinstance(value, tuple) else (value,):
            assert str(part) in str(fault)


def test_codes_are_unique_and_every_class_has_one() -> None:
    """Hosts translate by code, so no two classes may share one."""
    codes = [type(fault).code for fault in SAMPLES] + [OrderCoreError.code]

    assert len(codes) == len(set(codes))


def test_a_new_aggregate_that_already_exists_is_a_conflict_with_a_fitting_message() -> None:
    """Without an expected version the message says that it was expected to be new."""
    assert "to be new" in str(ConcurrencyConflict(kind="order", id="o-1"))


def test_a_transition_that_is_never_allowed_says_so() -> None:
    """An empty list of triggers reads as a word."""
    fault = TransitionNotAllowed(lifecycle="retail", state="done", trigger="pay", allowed=())

    assert str(fault).endswith("allowed: nothing")


def test_what_was_not_found_is_repeated_in_part_only() -> None:
    """An id of megabytes fills neither a log line nor an answer; a short one is shown whole."""
    endless = NotFound(kind="order", id="x" * 10_000_000)
    body = endless.as_dict()

    assert str(endless) == f"no order with id '{'x' * 60}…' in this tenant"
    assert body["id"] == "x" * 60 + "…"
    assert len(dumps(body)) < 300
    assert NotFound(kind="order", id="y" * 60).as_dict()["id"] == "y" * 60


def test_an_unreadable_record_is_no_mistake_of_the_caller() -> None:
    """Hosts answer with a server's fault, not with a bad request."""
    fault = UnreadableRecord(kind="order", id="o-1", problem="no JSON")

    assert fault.http_hint == 500
    assert not issubclass(type(fault), InvalidInput)
