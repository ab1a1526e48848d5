"""Payloads, settings and names of the workflow adapter; no server is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import frozen
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from ordercore.domain.processes import FULFILMENT, REFUND
from ordercore.engine.saga import SagaState, start
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import SagaId, TenantId
from ordercore_adapters import temporal

AT = datetime(2026, 1, 5, 12, 0, 0, 250_000, tzinfo=UTC)
CONVERTER = temporal.ValueConverter()
SAGA = start(
    FULFILMENT,
    saga_id=SagaId("saga-1"),
    tenant=TenantId("tenant-a"),
    subject="order-1",
    items={"1": (("share_minor", "1000"),)},
    now=AT,
).state


def there_and_back(value: object, hint: type[Any] | None = None) -> object:
    """Return what arrives of a value that was sent."""
    (payload,) = CONVERTER.to_payloads([value])
    (back,) = CONVERTER.from_payloads([payload], [hint] if hint else None)
    return back


def document(value: object) -> dict[str, Any]:
    """Return the JSON document that travels for a value."""
    (payload,) = CONVERTER.to_payloads([value])
    assert payload.metadata["encoding"] == b"json/plain"
    found: dict[str, Any] = json.loads(payload.data)
    return found


def payload_of(**fields: object) -> Payload:
    """Return the payload of a document."""
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(fields).encode())


@pytest.mark.parametrize(
    "value",
    [
        SAGA,
        temporal.Run(tenant=TenantId("t"), saga_id=SagaId("s"), call_timeout_s=3, heartbeat_s=1),
        temporal.CallWanted(
            tenant=TenantId("t"),
            saga_id=SagaId("s"),
            branch="1",
            step="provision",
            attempt=2,
            wanted_at=AT,
        ),
        temporal.Report(key="k", attempt=1),
        "text",
        None,
        {"plain": [1, True, None]},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_sent_arrives(value: object) -> None:
    """With or without a hint about its type."""
    assert there_and_back(value) == value
    assert there_and_back(value, type(value)) == value


names = st.text(min_size=1, max_size=20)


@given(branch=names, step=names, attempt=st.integers(0, 10**6), at=st.datetimes())
def test_any_call_arrives(branch: str, step: str, attempt: int, at: datetime) -> None:
    """Whatever branches and steps are called, to the microsecond."""
    wanted = temporal.CallWanted(
        tenant=TenantId("t"),
        saga_id=SagaId("s"),
        branch=branch,
        step=step,
        attempt=attempt,
        wanted_at=at.replace(tzinfo=UTC),
    )
    assert there_and_back(wanted) == wanted


def test_a_saga_travels_as_it_is_stored() -> None:
    """With the name and version of the stored document, so that old histories stay readable."""
    sent = document(SAGA)
    assert (sent["type$"], sent["v$"]) == ("saga", 1)


def test_messages_have_the_shapes_that_histories_hold() -> None:
    """A change here is a change of what was recorded: fields are only added, with a default."""
    assert document(temporal.Report(key="k", attempt=1)) == {
        "type$": "temporal-report",
        "key": "k",
        "attempt": 1,
    }
    run = there_and_back(temporal.Run(tenant=TenantId("t"), saga_id=SagaId("s")))
    sent = document(run)
    assert set(sent) == {"type$", "tenant", "saga_id", "call_timeout_s", "heartbeat_s"}
    early = payload_of(**{"type$": "temporal-run", "tenant": "t", "saga_id": "s"})
    assert CONVERTER.from_payloads([early]) == [run]


@pytest.mark.parametrize(
    "fields",
    [
        {"type$": "temporal-report", "key": "k"},
        {"type$": "temporal-report", "key": "k", "attempt": "1"},
        {"type$": "temporal-report", "key": "k", "attempt": 1, "outcome": "fine"},
        {"type$": "saga", "v$": 99},
        {"type$": "nobody-knows", "v$": 1},
    ],
)
def test_a_document_out_of_shape_is_a_fault(fields: dict[str, object]) -> None:
    """Nothing is guessed or coerced, and nothing unknown is passed over."""
    with pytest.raises(InvalidInput):
        CONVERTER.from_payloads([payload_of(**fields)])


def test_a_value_without_a_stored_form_cannot_be_sent() -> None:
    """So nothing gets into a history by accident."""

    @frozen
    class Stray:
        secret: str

    with pytest.raises(TypeError):
        CONVERTER.to_payloads([Stray("hunter2")])


def test_settings_become_what_a_workflow_is_started_with() -> None:
    """The workflow's own times travel with it, so that replaying it needs no settings."""
    settings = temporal.Settings(call_timeout_s=7, heartbeat_s=3)
    assert settings.run(SAGA) == temporal.Run(
        tenant=TenantId("tenant-a"), saga_id=SagaId("saga-1"), call_timeout_s=7, heartbeat_s=3
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"definitions": frozenset()},
        {"call_timeout_s": 0},
        {"heartbeat_s": -1},
        {"calls_at_once": 0},
        {"pause": timedelta()},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    """On construction, before anything is served."""
    with pytest.raises(InvalidInput):
        temporal.Settings(**wrong)


def test_the_type_of_a_workflow_names_definition_and_version() -> None:
    """So that people and metrics can tell them apart."""
    refund: SagaState = start(
        REFUND,
        saga_id=SagaId("saga-2"),
        tenant=TenantId("tenant-a"),
        subject="order-1",
        items={},
        now=AT,
    ).state
    found = [temporal.workflow_type(saga) for saga in (SAGA, refund)]
    assert found == ["ordercore.fulfilment.v1", "ordercore.refund.v1"]


def test_a_missing_extra_is_named() -> None:
    """Whoever imports the adapter without the library is told what to install."""
    code = "import sys; sys.modules['temporalio'] = None; import ordercore_adapters.temporal"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install 'ordercore-adapters[temporal]'" in done.stderr
