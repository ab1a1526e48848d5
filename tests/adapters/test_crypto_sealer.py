"""Sealing credentials: the contract, every byte and every place, rotation, silence."""

from __future__ import annotations

import logging

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.delivery import Credentials, SealedCredentials
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import ItemId, OrderId, TenantId
from ordercore.testing.contracts import SealerContract, Subject, drive
from ordercore_adapters import memory
from ordercore_adapters.crypto import AesGcmSealer, Keyring, new_key

SECRET = "postgresql://app:s3cr3t@db.example/app"


class TestAesGcmSealer(SealerContract):
    """The contract of the port."""

    @pytest.fixture
    def subject(self) -> Subject:
        """Bind memory ports with a real sealer."""
        return Subject(memory.ports(sealer=AesGcmSealer(Keyring([("k1", new_key())]))), drive)


def seal(sealer: AesGcmSealer, values: dict[str, str] | None = None) -> SealedCredentials:
    """Seal something for one place."""
    credentials = Credentials(values=values or {"connection_string": SECRET})
    return drive(
        sealer.seal(
            credentials,
            tenant=TenantId("t"),
            order_id=OrderId("o"),
            item=ItemId("i"),
            resource="r",
        )
    )


def damaged(whole: bytes) -> list[bytes]:
    """Return ``whole`` with one bit flipped, once for each byte."""
    return [whole[:i] + bytes([whole[i] ^ 0x80]) + whole[i + 1 :] for i in range(len(whole))]


def test_a_change_of_any_byte_is_noticed() -> None:
    """Of the nonce, of the text, of the tag: all of them, one after another."""
    sealer = AesGcmSealer(Keyring([("k1", new_key())]))
    sealed = seal(sealer)
    nonces, texts = damaged(sealed.nonce), damaged(sealed.ciphertext)
    bad = [evolve(sealed, nonce=nonce) for nonce in nonces]
    bad += [evolve(sealed, ciphertext=text) for text in texts]
    assert len(bad) == len(sealed.nonce) + len(sealed.ciphertext)
    for each in bad:
        with pytest.raises(InvalidInput):
            drive(sealer.open(each))


def test_parts_of_the_place_cannot_be_shifted() -> None:
    """Tenant ``a`` and order ``bc`` is not tenant ``ab`` and order ``c``."""
    sealer = AesGcmSealer(Keyring([("k1", new_key())]))
    sealed = seal(sealer)
    with pytest.raises(InvalidInput):
        drive(sealer.open(evolve(sealed, tenant=TenantId("to"), order_id=OrderId(""))))


def test_resealing_moves_to_the_current_key() -> None:
    """Then the old key can go; what is on the current key already stays as it is."""
    old, new = ("k1", new_key()), ("k2", new_key())
    sealed = seal(AesGcmSealer(Keyring([old])))
    both = AesGcmSealer(Keyring([new, old]))
    moved = drive(both.reseal(sealed))
    assert moved.key_id == "k2"
    assert drive(both.reseal(moved)) is moved
    only_new = AesGcmSealer(Keyring([new]))
    assert drive(only_new.open(moved)).values == {"connection_string": SECRET}
    with pytest.raises(InvalidInput):
        drive(only_new.open(sealed))


def test_something_else_under_the_right_key_is_no_credentials() -> None:
    """A message that was sealed for another purpose is refused, and not shown."""
    keyring = Keyring([("k1", new_key())])
    sealer = AesGcmSealer(keyring)
    sealed = seal(sealer)
    for message in (b"[1]", b'{"a": 1}', b"{", SECRET.encode()):
        raw = keyring.seal(message, bound_to=b"t\x1fo\x1fi\x1fr")
        forged = evolve(sealed, nonce=raw.nonce, ciphertext=raw.ciphertext)
        with pytest.raises(InvalidInput, match="holds no credentials") as refused:
            drive(sealer.open(forged))
        assert SECRET not in f"{refused.value!r}"


def test_nothing_secret_is_shown_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    """In no repr along the way, and in no log line of any level."""
    caplog.set_level(logging.DEBUG)
    key = new_key()
    sealer = AesGcmSealer(Keyring([("k1", key)]))
    sealed = seal(sealer)
    opened = drive(sealer.open(sealed))
    shown = f"{sealer!r} {sealer} {sealed!r} {opened!r} {opened} {caplog.text}"
    assert SECRET not in shown
    assert key.hex() not in shown


@given(values=st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=5))
def test_any_text_survives(values: dict[str, str]) -> None:
    """Whatever a provider calls its credentials and puts into them."""
    values = {name: text.encode("utf-8", "ignore").decode() for name, text in values.items()}
    sealer = AesGcmSealer(Keyring([("k1", new_key())]))
    sealed = drive(
        sealer.seal(
            Credentials(values=values),
            tenant=TenantId("t"),
            order_id=OrderId("o"),
            item=ItemId("i"),
            resource="r",
        )
    )
    assert drive(sealer.open(sealed)).values == values
