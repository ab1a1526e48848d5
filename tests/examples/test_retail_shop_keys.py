from __future__ import annotations

from threading import Event, Thread
from typing import Any

import pytest

from examples.retail_shop.shop import Shop
from ordercore.ports import AuthoriseRequest
from ordercore_adapters.simulated import VirtualClock
from tests.examples.programs import Program, code_of, go_on, wanted

MISSING = "idempotency_key_missing"
DAY_S = 24 * 3600


def test_the_same_purchase_again_gets_the_same_answer(program: Program, shop: Shop) -> None:
    """Byte by byte, also when the order has moved on; there is one order."""
    first = program.buy('"k-1"')
    go_on(shop)
    again = program.buy("k-1")  # quotes are the form of the header and not part of the key

    assert again.status_code == 201
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["location"] == first.headers["location"]
    assert program.get("/api/orders/R-1001").json()["state"] == "shipped"
    assert program.ask("GET", "/api/orders/R-1002").status_code == 404


@pytest.mark.parametrize("key", [None, "", "   ", '""', "k" * 129, "k\u0007"])
def test_buying_needs_a_key(program: Program, key: str | None) -> None:
    """Without one that can be kept nothing is bought."""
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = program.ask("POST", "/api/orders", json=wanted(), headers=headers)
    assert code_of(answer) == (400, MISSING)


def test_a_key_is_not_used_for_something_else(program: Program) -> None:
    """Another basket, another token, another address: none of it is bought under the key."""
    assert program.buy().status_code == 201
    others: list[dict[str, Any]] = [
        {"lines": [{"sku": "mug", "quantity": 2}]},
        {"token": "tok-other"},
        {"payment": "debit_card"},
        {"shown_total_minor": 1440},
    ]
    for other in others:
        assert code_of(program.buy(**other)) == (422, "idempotency_key_reused")


def test_keys_of_others_are_others(program: Program, another: Program) -> None:
    """Two customers may choose the same key."""
    assert program.buy("1").json()["number"] == "R-1001"
    assert another.buy("1").json()["number"] == "R-1002"


def test_a_purchase_that_is_under_way_is_not_begun_again(
    program: Program, app: Any, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the provider thinks about it, the same request is told to wait; then it is answered."""
    asked, answered = Event(), Event()
    authorise = shop.gateway.authorise

    async def slow(request: AuthoriseRequest) -> object:
        asked.set()
        assert answered.wait(20)
        return await authorise(request)

    monkeypatch.setattr(type(shop.gateway), "authorise", lambda _self, request: slow(request))
    first: list[Any] = []
    patient = Program(app)
    thread = Thread(target=lambda: first.append(patient.buy()))
    thread.start()
    try:
        assert asked.wait(20)
        meanwhile = program.buy()
    finally:
        answered.set()
        thread.join(20)
        patient.client.close()

    assert code_of(meanwhile) == (409, "idempotency_in_flight")
    assert meanwhile.headers["retry-after"] == "1"
    assert first[0].status_code == 201
    assert program.buy().content == first[0].content


def test_a_purchase_whose_process_died_is_taken_over(
    program: Program, shop: Shop, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order was there, its answer was not: after a minute the same request finds both."""
    with monkeypatch.context() as broken:
        # As when the process is killed: nothing is cleaned up.
        broken.setattr(shop.purchases, "finish", _die)
        broken.setattr(shop.purchases, "stop", lambda user, key: None)
        assert code_of(program.buy()) == (500, "internal")
    assert code_of(program.buy()) == (409, "idempotency_in_flight")
    clock.advance(61)

    assert code_of(program.buy(payment="debit_card")) == (422, "idempotency_key_reused")
    assert program.buy().json()["number"] == "R-1001"
    assert program.ask("GET", "/api/orders/R-1002").status_code == 404


def _die(*_given: object) -> None:
    raise OSError("the disk is on fire")


def test_a_purchase_that_broke_off_can_be_repeated_at_once(
    program: Program, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure of ours is no answer that is kept."""
    with monkeypatch.context() as broken:
        broken.setattr(shop.purchases, "finish", _die)
        answer = program.buy()
    assert code_of(answer) == (500, "internal")
    assert "fire" not in answer.text
    assert program.buy().json()["number"] == "R-1001"


def test_running_out_of_memory_is_told_as_such(
    program: Program, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and the same request may come again."""

    def full(*_given: object, **_named: object) -> None:
        raise MemoryError

    with monkeypatch.context() as broken:
        broken.setattr(shop.purchases, "begin", full)
        answer = program.ask(
            "POST", "/api/orders", json=wanted(), headers={"Idempotency-Key": "k-1"}
        )
    assert code_of(answer) == (503, "out_of_memory")
    assert answer.headers["retry-after"] == "1"
    assert program.buy().status_code == 201


def test_a_refused_purchase_frees_its_key(program: Program) -> None:
    """Nothing was stored, so what was wrong may be put right under the same key."""
    chairs = [{"sku": "chair", "quantity": 3}]
    short = program.buy(lines=chairs)
    assert code_of(short) == (409, "out_of_stock")
    assert short.json()["errors"][0]["allowed"] == "at most 2"
    assert program.buy(lines=[{"sku": "chair", "quantity": 2}]).status_code == 201


def test_a_key_is_forgotten_after_a_day(program: Program, clock: VirtualClock) -> None:
    """Then it stands for a new purchase; until then it does not."""
    assert program.buy().json()["number"] == "R-1001"
    clock.advance(DAY_S - 1)
    assert program.buy().json()["number"] == "R-1001"
    clock.advance(1)
    assert program.buy().json()["number"] == "R-1002"


def test_keys_and_their_answers_do_not_pile_up(
    program: Program, shop: Shop, clock: VirtualClock
) -> None:
    """A day later both are gone, whoever comes next."""
    for number in range(3):
        assert program.buy(f"k-{number}").status_code == 201
    clock.advance(DAY_S)
    shop.purchases.begin("another", "k", fingerprint="f", now=clock.now())
    with shop.purchases._file.transaction() as db:
        kept = db.execute("SELECT user, key FROM request_keys").fetchall()
    assert kept == [("another", "k")]
