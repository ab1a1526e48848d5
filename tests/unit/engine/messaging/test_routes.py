"""Which consumers an event is routed to."""

from __future__ import annotations

import pytest

from ordercore.engine.messaging import RoutingMatrix
from ordercore.kernel.errors import DefinitionError

ROUTES = RoutingMatrix(
    consumers=("mail", "books", "audit"),
    rows={"sold": frozenset({"books", "mail"}), "hidden": frozenset()},
    fallback=frozenset({"audit"}),
)


def test_consumers_come_in_the_order_of_the_columns() -> None:
    """However the row was written."""
    assert ROUTES.routes("sold") == ("mail", "books")


def test_an_event_that_is_not_listed_goes_to_the_fallback() -> None:
    """Nothing new is dropped silently."""
    assert ROUTES.routes("new") == ("audit",)


def test_an_empty_row_is_a_decision_and_not_a_gap() -> None:
    """The fallback is for types that are not listed."""
    assert ROUTES.routes("hidden") == ()


def test_every_row_that_names_an_unknown_consumer_is_reported_at_once() -> None:
    """The fallback too, each with what is unknown, in order of the alphabet."""
    with pytest.raises(DefinitionError) as caught:
        RoutingMatrix(
            consumers=("mail",),
            rows={"sold": frozenset({"mail", "desk", "bell"}), "paid": frozenset({"mail"})},
            fallback=frozenset({"drum"}),
        )

    assert caught.value.name == "routing matrix"
    assert caught.value.problems == (
        "sold is routed to unknown consumers ['bell', 'desk']",
        "fallback is routed to unknown consumers ['drum']",
    )
