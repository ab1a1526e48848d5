"""Notices are taken in by their signature over the raw bytes, while they are fresh."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import OrderId, TenantId
from ordercore.kernel.result import Refusal
from ordercore.ports import PaymentNotice
from ordercore.testing.fakes import START, ManualClock
from ordercore_adapters.webhooks import WebhookSigner, WebhookVerifier


def secret(number: int) -> str:
    """Return a secret of 32 bytes."""
    return "whsec_" + base64.b64encode(bytes([number]) * 32).decode()


OLD, NEW, STRANGE = secret(1), secret(2), secret(3)
TENANT = TenantId("tenant-a")
BODY = json.dumps(
    {
        "type": "payment.authorised",
        "data": {"key": "try-1", "tenant": "tenant-a", "order_id": "order-1"},
    }
).encode()
NOTICE = PaymentNotice(event_id="evt-1", key="try-1", tenant=TENANT, order_id=OrderId("order-1"))


def signed(*secrets: str, body: bytes = BODY, late_s: int = 0) -> dict[str, str]:
    """Return the headers of a message sent ``late_s`` seconds ago."""
    return dict(WebhookSigner(*secrets).sign("evt-1", START - timedelta(seconds=late_s), body))


def verified(
    headers: dict[str, str], body: bytes = BODY, *secrets: str, **options: Any
) -> PaymentNotice | Refusal:
    """Verify at noon."""
    verifier = WebhookVerifier(*(secrets or (OLD,)), clock=ManualClock(), **options)
    return verifier.verify(headers, body)


def code(answer: PaymentNotice | Refusal) -> str:
    """Return why a message was not taken in."""
    assert isinstance(answer, Refusal), answer
    return answer.code


def test_a_signed_notice_is_taken_in() -> None:
    """It says which payment to look up, and nothing else is believed."""
    assert verified(signed(OLD)) == NOTICE


def test_another_implementation_agrees() -> None:
    """The reference library makes the same signature."""
    headers = signed(OLD)
    at = START.replace(microsecond=0)
    assert headers["webhook-signature"] == Webhook(OLD).sign("evt-1", at, BODY.decode())


def test_names_of_headers_are_the_same_in_any_case() -> None:
    """Servers and proxies change them."""
    upper = {name.upper(): value for name, value in signed(OLD).items()}
    assert verified(upper) == NOTICE


@pytest.mark.parametrize("keys", [(OLD,), (NEW,), (OLD, NEW), (NEW, OLD)])
def test_while_a_secret_is_rotated_either_counts(keys: tuple[str, ...]) -> None:
    """Whichever of the two sides changes first, and in whatever order they are tried."""
    assert verified(signed(*keys), BODY, NEW, OLD) == NOTICE


def test_a_secret_that_was_taken_out_no_longer_counts() -> None:
    """Nor one we never had."""
    assert code(verified(signed(OLD), BODY, NEW)) == "signature_mismatch"
    assert code(verified(signed(STRANGE), BODY, NEW, OLD)) == "signature_mismatch"


@pytest.mark.parametrize("late_s", [300, -300, 0])
def test_a_message_within_the_tolerance_is_fresh(late_s: int) -> None:
    """Five minutes to either side, to the second."""
    assert verified(signed(OLD, late_s=late_s)) == NOTICE


@pytest.mark.parametrize("late_s", [301, -301, 10**6])
def test_an_old_message_cannot_be_replayed(late_s: int) -> None:
    """Its signature is right, but it says when it was sent."""
    assert code(verified(signed(OLD, late_s=late_s))) == "timestamp_outside_tolerance"
    if late_s == 301:
        assert verified(signed(OLD, late_s=late_s), tolerance_s=301) == NOTICE


@pytest.mark.parametrize(
    "missing", ["webhook-id", "webhook-timestamp", "webhook-signature", "everything"]
)
def test_an_unsigned_message_is_refused(missing: str) -> None:
    """Each of the three headers is needed."""
    headers = {} if missing == "everything" else signed(OLD)
    headers.pop(missing, None)
    assert code(verified(headers)) == "signature_missing"


@pytest.mark.parametrize("stamp", ["", "now", "-5", "1e9", "1767614400.0", " 1767614400", "9" * 12])
def test_a_timestamp_is_whole_seconds(stamp: str) -> None:
    """Nothing else is read into it."""
    headers = {**signed(OLD), "webhook-timestamp": stamp}
    assert code(verified(headers)) == "signature_missing"


@pytest.mark.parametrize(
    "given_", ["v1", "v1,", "v1,AAAA", "v2," + "A" * 44, ",", "\u017e", "v1,\u017e", "x y z"]
)
def test_a_senseless_signature_is_wrong_and_no_fault(given_: str) -> None:
    """Anybody may send anything to the address."""
    headers = {**signed(OLD), "webhook-signature": given_}
    assert code(verified(headers)) == "signature_mismatch"


@pytest.mark.parametrize("header", ["webhook-id", "webhook-signature"])
def test_bytes_that_are_no_text_are_wrong_and_no_fault(header: str) -> None:
    """Web frameworks keep such bytes of a header as surrogates, which no encoding takes."""
    headers = signed(OLD)
    headers[header] += "\udcff"
    assert code(verified(headers)) == "signature_mismatch"


def test_a_signature_of_another_version_beside_ours_does_no_harm() -> None:
    """Senders may add newer ones; only so many are looked at."""
    headers = signed(OLD)
    beside = "v2,AAAA v1a,BBBB " + headers["webhook-signature"]
    assert verified({**headers, "webhook-signature": beside}) == NOTICE
    flood = "v1,AAAA " * 1000 + headers["webhook-signature"]
    assert code(verified({**headers, "webhook-signature": flood})) == "signature_mismatch"


@given(position=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_a_changed_bit_anywhere_is_noticed(position: int, bit: int) -> None:
    """The signature is over the bytes as they came."""
    changed = bytearray(BODY)
    changed[position] ^= 1 << bit
    assert code(verified(signed(OLD), bytes(changed))) == "signature_mismatch"


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed_too(header: str) -> None:
    """Otherwise an old message could be sent again under a new id."""
    headers = signed(OLD)
    headers[header] = {"webhook-id": "evt-2"}.get(
        header, str(int(headers["webhook-timestamp"]) + 1)
    )
    assert code(verified(headers)) == "signature_mismatch"


def test_the_same_json_in_other_bytes_is_another_message() -> None:
    """Nothing is parsed and written again before it is verified."""
    other = json.dumps(json.loads(BODY), indent=1).encode()
    assert json.loads(other) == json.loads(BODY)
    assert code(verified(signed(OLD), other)) == "signature_mismatch"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"data"',
        b'{"data": []}',
        b'{"data": {"key": "k"}}',
        b'{"data": {"key": "k", "tenant": "t"}}',
        b'{"data": {"key": 5, "tenant": "t", "order_id": "o"}}',
        b'{"data": {"key": "", "tenant": "t", "order_id": "o"}}',
        b'{"data": {"key": "a\\u0000b", "tenant": "t", "order_id": "o"}}',
        b"[" * 50_000,
    ],
)
def test_a_signed_message_without_a_payment_is_malformed(body: bytes) -> None:
    """Our provider has signed it, and still it says nothing we could look up."""
    assert code(verified(signed(OLD, body=body), body)) == "notice_malformed"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"x" * 65_537])
def test_bytes_nobody_would_sign_are_not_signed(body: bytes) -> None:
    """No text, or far too many."""
    assert code(verified(signed(OLD), body)) == "signature_mismatch"


def test_events_of_another_tenant_are_told_apart() -> None:
    """They are to be acknowledged and dropped; an endpoint for all takes both."""
    assert code(verified(signed(OLD), tenant=TenantId("tenant-b"))) == "other_tenant"
    assert verified(signed(OLD), tenant=TENANT) == NOTICE


@pytest.mark.parametrize(
    "bad", ["", "whsec_", "whsec_AAAA", "whsec_%%%", OLD.removeprefix("whsec_"), "whsec_\u017e"]
)
def test_a_bad_secret_is_refused_without_being_told(bad: str) -> None:
    """Short, malformed, or without its prefix."""
    for make in (WebhookSigner, lambda text: WebhookVerifier(text, clock=ManualClock())):
        with pytest.raises(InvalidInput) as refused:
            make(bad)
        assert not bad or bad not in f"{refused.value!r}".replace("'whsec_'", "")


def test_at_least_one_secret_is_needed() -> None:
    """An endpoint without one would take in anything."""
    with pytest.raises(InvalidInput, match="missing"):
        WebhookVerifier(clock=ManualClock())
    with pytest.raises(InvalidInput, match="missing"):
        WebhookSigner()


def test_secrets_do_not_show() -> None:
    """In no text form of either side."""
    shown = f"{WebhookSigner(OLD, NEW)!r} {WebhookVerifier(OLD, clock=ManualClock())!r}"
    assert shown == "WebhookSigner(secrets=2) WebhookVerifier(secrets=1)"


@given(
    headers=st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature", "x"]), st.text()
    ),
    body=st.binary(max_size=200),
)
def test_whatever_comes_is_answered(headers: dict[str, str], body: bytes) -> None:
    """By a refusal; nobody can make the endpoint fail, let alone believe."""
    assert isinstance(verified(headers, body), Refusal)


def test_a_missing_extra_is_named() -> None:
    """With the command that brings it; asked in a process of its own."""
    script = (
        "import sys; sys.modules['standardwebhooks'] = None; import ordercore_adapters.webhooks"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "pip install 'ordercore-adapters[webhooks]'" in done.stderr
