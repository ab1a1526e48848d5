from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from examples.retail_shop import api
from examples.retail_shop.problems import PROBLEMS
from examples.retail_shop.shop import Shop
from tests.examples.programs import PROBLEM, Program, code_of, go_on
from tests.examples.shopper import ANA


def test_buying_says_what_was_bought_and_where_it_is(program: Program) -> None:
    """201, the order, where it is looked at, and its tag."""
    answer = program.buy()

    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/orders/R-1001"
    body = answer.json()
    assert (body["number"], body["state"], body["payment"]) == (
        "R-1001",
        "confirmed",
        "credit_card",
    )
    assert body["total"] == {"amount_minor": 1440, "currency": "EUR"}
    assert body["lines"][0]["net"] == {"amount_minor": 1180, "currency": "EUR"}
    assert program.get("/api/orders/R-1001").headers["etag"] == answer.headers["etag"]


def test_an_order_is_sent_once_until_it_changes(program: Program, shop: Shop) -> None:
    """304 and nothing else for whoever has it; 200 with another tag when something happened."""
    etag = program.buy().headers["etag"]
    for known in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        same = program.get("/api/orders/R-1001", known)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == etag
    assert program.get("/api/orders/R-1001", '"x"').status_code == 200

    go_on(shop)
    changed = program.get("/api/orders/R-1001", etag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_cancelling_names_the_order_as_it_was_looked_at(program: Program, shop: Shop) -> None:
    """Without a tag 428, with an old, weak or foreign one 412, with the right one it is done."""
    etag = program.buy().headers["etag"]
    assert code_of(program.cancel("/api/orders/R-1001", None)) == (428, "precondition_required")
    for tag in (f"W/{etag}", '"x.1"', "rubbish", f'"{etag[1:-1]}1"'):
        assert code_of(program.cancel("/api/orders/R-1001", tag)) == (412, "precondition_failed")
    assert program.get("/api/orders/R-1001").json()["state"] == "confirmed"

    done = program.cancel("/api/orders/R-1001", etag)
    assert (done.status_code, done.json()["state"]) == (200, "cancelled")
    assert done.headers["etag"] != etag
    refused = program.cancel("/api/orders/R-1001", done.headers["etag"])
    assert code_of(refused) == (409, "transition_not_allowed")


def test_any_version_is_meant_by_a_star(program: Program) -> None:
    """For those who do not care."""
    program.buy()
    assert program.cancel("/api/orders/R-1001", "*").status_code == 200


def test_whoever_is_overtaken_between_look_and_write_has_failed(
    program: Program, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tag was right when it was compared; the store compares once more."""
    etag = program.buy().headers["etag"]
    look = api.order_of

    def overtaken(shop: Shop, user: Any, number: str) -> Any:
        seen = look(shop, user, number)
        go_on(shop)
        return seen

    monkeypatch.setattr(api, "order_of", overtaken)
    assert code_of(program.cancel("/api/orders/R-1001", etag)) == (412, "precondition_failed")


def test_a_page_to_pay_on_can_be_asked_for(program: Program, shop: Shop) -> None:
    """It is there while something is to be paid on it."""
    assert program.buy(payment="wallet").json()["state"] == "awaiting_payment"
    page = program.get("/api/orders/R-1001/payment-page").json()
    assert page["url"].startswith("http://testserver/provider/")
    program.client.post(page["url"], data={"decision": "pay"}, follow_redirects=False)
    assert program.get("/api/orders/R-1001/payment-page").status_code == 404


def test_orders_of_others_are_not_there(program: Program, another: Program) -> None:
    """The answer is that of a number nobody has."""
    etag = program.buy(payment="voucher").headers["etag"]
    theirs, none = another.get("/api/orders/R-1001"), another.get("/api/orders/R-9999")
    assert theirs.status_code == none.status_code == 404
    assert theirs.text.replace("R-1001", "?") == none.text.replace("R-9999", "?")
    assert another.get("/api/orders/R-1001", etag).status_code == 404
    assert another.get("/api/orders/R-1001/payment-page").status_code == 404
    assert another.cancel("/api/orders/R-1001", etag).status_code == 404


@pytest.mark.parametrize("given", [None, "Bearer", "Bearer x.y.z", "Basic YTpi"])
def test_nothing_is_told_without_a_token(app: Any, given: str | None) -> None:
    """401 with how to log in; a session of the pages does not count, so no other site can act."""
    stranger = Program(app, None)
    headers = {} if given is None else {"Authorization": given}
    answer = stranger.ask("GET", "/api/orders/R-1001", headers=headers)
    stranger.client.close()

    assert code_of(answer) == (401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_ends(app: Any, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """And is of no use for an account that is gone."""
    monkeypatch.setattr("examples.retail_shop.sessions.TOKEN_S", -1)
    assert program.ask("GET", "/api/orders/R-1001").status_code == 401


def test_a_wrong_password_gets_no_token(app: Any) -> None:
    """Nor is it repeated."""
    stranger = Program(app, None)
    login = {"email": ANA, "password": "secret-guess"}
    answers = [stranger.ask("POST", "/api/tokens", json=login) for _ in range(11)]
    stranger.client.close()

    assert code_of(answers[0]) == (401, "unauthorized")
    assert code_of(answers[-1]) == (429, "too_many_requests")
    assert all("secret-guess" not in answer.text for answer in answers)


def test_everything_that_is_wrong_is_listed(program: Program) -> None:
    """Unknown article, impossible quantity, no such way to pay: all at once."""
    lines = [{"sku": "gold", "quantity": 1}, {"sku": "mug", "quantity": 0}]
    answer = program.buy(payment="barter", lines=lines)

    assert code_of(answer) == (422, "validation_failed")
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"payment", "lines[0].sku", "lines[1].quantity"}


def test_the_price_that_was_shown_is_kept_to(program: Program) -> None:
    """Another one is refused."""
    assert code_of(program.buy(shown_total_minor=1)) == (409, "price_changed")
    assert program.buy(shown_total_minor=1440).status_code == 201


def test_a_card_needs_a_token_and_never_a_number(program: Program) -> None:
    """A number is refused without being repeated; one that is declined is an order to pay again."""
    assert code_of(program.buy(token=None)) == (422, "token_missing")
    number = program.buy(token="4111111111111111")
    assert code_of(number) == (400, "invalid_input")
    assert "4111" not in number.text
    assert program.buy(token="tok-declined").json()["state"] == "payment_failed"


@pytest.mark.parametrize(
    "changes",
    [
        {"lines": [{"sku": "mug", "quantity": "2"}]},
        {"lines": [{"sku": "mug", "quantity": 1.5}]},
        {"lines": "mug"},
        {"discount": 100},
        {"deliver_to": None},
        {"shown_total_minor": True},
        {"token": 7},
    ],
)
def test_what_has_the_wrong_shape_is_not_guessed_at(
    program: Program, changes: dict[str, Any]
) -> None:
    """422 with the place, and nothing of what was sent."""
    answer = program.buy(**changes)
    assert code_of(answer) == (422, "malformed")
    assert answer.json()["errors"][0]["field"].startswith("body.")
    assert "tok-test-card" not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"payment": NaN}'])
def test_what_is_no_json_is_malformed(program: Program, body: bytes) -> None:
    """Likewise."""
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = program.ask("POST", "/api/orders", content=body, headers=headers)
    assert code_of(answer) in {(422, "malformed"), (400, "bad_request")}


def test_nobody_is_read_to_for_ever(program: Program) -> None:
    """A request that is longer than any that makes sense is turned away."""
    assert code_of(program.buy(token="x" * 70_000)) == (413, "too_large")


def test_addresses_and_methods_that_are_not_there_are_problems_too(program: Program) -> None:
    """In the same form as everything else."""
    nowhere = program.client.get("/api/nowhere")
    wrong = program.client.delete("/api/articles")
    assert [nowhere.headers["content-type"], wrong.headers["content-type"]] == [PROBLEM, PROBLEM]
    assert (nowhere.status_code, wrong.status_code) == (404, 405)
    assert "GET" in wrong.headers["allow"]


def test_articles_show_price_and_stock(program: Program) -> None:
    """What can be had falls with each order."""
    before = {each["sku"]: each for each in program.get("/api/articles").json()}
    program.buy(lines=[{"sku": "chair", "quantity": 1}])
    after = {each["sku"]: each for each in program.get("/api/articles").json()}
    assert (before["chair"]["available"], after["chair"]["available"]) == (2, 1)
    assert before["mug"]["gross"] == {"amount_minor": 1440, "currency": "EUR"}


def test_the_document_can_be_relied_on(program: Program) -> None:
    """Every reference in it leads somewhere, every operation has a name, problems have a page."""
    document = program.document
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(names) == len(set(names)) == 6
    for reference in _references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place
    secured = document["paths"]["/api/orders"]["post"]["security"]
    assert secured == [{"HTTPBearer": []}]
    for code in PROBLEMS:
        assert program.client.get(f"/problems/{code}").status_code == 200


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
