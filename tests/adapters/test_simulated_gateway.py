"""A simulated gateway: every way a payment can go wrong, and what its books say afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from ordercore.domain.payments import PaymentFailure, PaymentToken
from ordercore.engine.saga import Absent, Accepted, Failed, Rejected, Succeeded, Unclear, recall
from ordercore.kernel.money import Money
from ordercore.kernel.time import parse_instant
from ordercore.ports import (
    EXPIRES_AT,
    REFERENCE,
    RefundRequest,
)
from ordercore_adapters.simulated import (
    DECLINING_TOKENS,
    FAULT_FREE,
    HOSTILE,
)
from tests.adapters.till import CARD, ORDER, TAKE, TENANT, VOID, Till, code


@pytest.fixture
def till(tmp_path: Path) -> Till:
    """Return a gateway without faults."""
    return Till(tmp_path)


# -- answers that are lost ----------------------------------------------------------------------


@pytest.mark.parametrize(("fate", "held"), [("lost_done", 1000), ("lost_undone", 0)])
def test_a_lost_answer_says_nothing_and_a_look_up_says_all(
    tmp_path: Path, fate: str, held: int
) -> None:
    """A time-out or a senseless answer is never taken for a no."""
    till = Till(tmp_path, authorise=fate)
    answer = till.ask(CARD)
    assert answer is None or isinstance(answer, Unclear)
    assert till.held() == held
    assert isinstance(till.find(), Succeeded if held else Absent)


def test_lost_answers_come_as_time_outs_and_as_errors(tmp_path: Path) -> None:
    """A gateway that answers with an error may have taken the money all the same."""
    till = Till(tmp_path, authorise="lost_done")
    answers = [till.ask(evolve(CARD, key=f"try-{n}")) for n in range(20)]
    errors = [answer for answer in answers if answer is not None]
    assert None in answers
    assert set(errors) == {Unclear(reason=PaymentFailure.GATEWAY_TIMEOUT)}
    assert till.held() == 20 * 1000


@pytest.mark.parametrize("fate", ["lost_done", "duplicated", "fine"])
def test_however_often_it_is_asked_a_card_is_charged_once(tmp_path: Path, fate: str) -> None:
    """The authorisation is one and the capture is one."""
    fates = {} if fate == "fine" else {"authorise": fate, "capture": fate}
    till = Till(tmp_path, **fates)
    for _ in range(5):
        till.ask(CARD)
    assert till.held() == 1000
    for _ in range(5):
        till.ask(TAKE)
    assert (till.held(), till.taken()) == (0, 1000)


@pytest.mark.parametrize("kind", ["authorise", "capture", "void"])
def test_a_gateway_that_is_down_has_done_nothing(tmp_path: Path, kind: str) -> None:
    """Its answer has a code of its own, and the call may be repeated."""
    till = Till(tmp_path, **{kind: "transient"})
    if kind != "authorise":
        till.ask(CARD)
    request = {"authorise": CARD, "capture": TAKE, "void": VOID}[kind]
    answer = till.ask(request)
    assert isinstance(answer, Failed)
    assert answer.code == PaymentFailure.GATEWAY_DOWN
    assert till.find(request.key) == Absent()


# -- declined -----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", DECLINING_TOKENS)
def test_some_tokens_are_always_declined(till: Till, token: str) -> None:
    """With their code, again and again; nothing is held."""
    request = evolve(CARD, token=PaymentToken(token))
    for _ in range(2):
        assert code(till.ask(request)) == DECLINING_TOKENS[token]
    assert code(till.find()) == DECLINING_TOKENS[token]
    assert till.held() == 0
    assert till.told() == [("payment.declined", "try-1")]


def test_declines_by_plan_have_every_code(tmp_path: Path) -> None:
    """Drawn by key, so the same attempt is declined for the same reason."""
    till = Till(tmp_path, authorise="rejected")
    codes = [code(till.ask(evolve(CARD, key=f"try-{n}"))) for n in range(30)]
    assert set(codes) == set(DECLINING_TOKENS.values())
    assert codes == [code(till.find(f"try-{n}")) for n in range(30)]


def test_a_capture_can_be_declined(tmp_path: Path) -> None:
    """For good; the money stays held and can be let go."""
    till = Till(tmp_path, capture="rejected")
    till.ask(CARD)
    assert code(till.ask(TAKE)) == "declined"
    assert (till.held(), till.taken()) == (1000, 0)
    assert till.ask(VOID) == Succeeded()
    assert till.held() == 0


# -- late and expired ---------------------------------------------------------------------------


@pytest.mark.parametrize(("fate", "held"), [("delayed", 1000), ("late_failure", 0)])
def test_an_authorisation_may_take_its_time(tmp_path: Path, fate: str, held: int) -> None:
    """It is accepted first; later it is granted, or declined after all."""
    till = Till(tmp_path, authorise=fate)
    assert till.ask(CARD) == Accepted()
    assert (till.find(), till.held()) == (Accepted(), 0)
    assert code(till.ask(TAKE)) == "unknown_authorisation"
    till.clock.advance(90)
    assert till.held() == held
    assert isinstance(till.find(), Succeeded if held else Rejected)


def test_an_authorisation_that_was_let_go_in_time_is_never_granted(tmp_path: Path) -> None:
    """Given up while it was pending: the late grant does not come."""
    till = Till(tmp_path, authorise="delayed")
    till.ask(CARD)
    assert till.ask(VOID) == Succeeded()
    till.clock.advance(90)
    assert (till.held(), till.find()) == (0, Absent())
    assert code(till.ask(CARD)) == "voided"


def test_an_authorisation_expires_between_routing_and_capture(tmp_path: Path) -> None:
    """It says until when it is good; afterwards a capture is refused with a code of its own."""
    till = Till(tmp_path, expiry="rejected")
    granted = till.ask(CARD)
    assert isinstance(granted, Succeeded)
    until = parse_instant(recall(granted.memory, EXPIRES_AT) or "")
    till.ask(evolve(TAKE, amount=Money(400, "EUR")))
    till.clock.advance_to(until)
    late = evolve(TAKE, key="take-2", amount=Money(600, "EUR"))
    assert code(till.ask(late)) == PaymentFailure.AUTHORISATION_EXPIRED
    assert (till.held(), till.taken()) == (0, 400)
    assert isinstance(till.find(), Succeeded), "a part was captured in time"
    assert ("payment.expired", "try-1") in till.told()


def test_an_authorisation_nobody_captured_expires_within_a_week(till: Till) -> None:
    """One that was captured altogether does not, however old it is."""
    till.ask(CARD)
    till.ask(evolve(CARD, key="try-2"))
    till.ask(evolve(TAKE, authorisation_key="try-2"))
    till.clock.advance(8 * 24 * 3600)
    assert code(till.find("try-1")) == PaymentFailure.AUTHORISATION_EXPIRED
    assert isinstance(till.find("try-2"), Succeeded)
    assert code(till.ask(evolve(TAKE, key="t", authorisation_key="try-2"))) == "over_capture"
    assert code(till.ask(evolve(VOID, authorisation_key="try-2"))) == "already_captured"
    assert till.ask(VOID) == Succeeded()


def test_a_delayed_capture_is_money_on_its_way(tmp_path: Path) -> None:
    """It counts against what is held at once, and is found when it has arrived."""
    till = Till(tmp_path, capture="delayed")
    till.ask(CARD)
    assert till.ask(evolve(TAKE, amount=Money(600, "EUR"))) == Accepted()
    assert till.held() == 400
    assert code(till.ask(evolve(TAKE, key="take-2"))) == "over_capture"
    till.clock.advance(90)
    assert isinstance(till.find("take-1"), Succeeded)


# -- keys and references ------------------------------------------------------------------------


def test_a_key_stands_for_one_effect_of_one_kind(till: Till) -> None:
    """Also for a refund, whose books are older."""
    till.ask(CARD)
    taken = till.ask(TAKE)
    assert isinstance(taken, Succeeded)
    refund = RefundRequest(
        key="back-1",
        tenant=TENANT,
        order_id=ORDER,
        payment_reference=recall(taken.memory, REFERENCE) or "",
        amount=Money(300, "EUR"),
    )
    assert till.ask(refund) == Succeeded()
    assert till.find("back-1") == Succeeded()
    for key in ("try-1", "take-1", "back-1"):
        assert code(till.ask(evolve(VOID, key=key))) == "key_reused"
    assert code(till.ask(evolve(TAKE, key="back-1"))) == "key_reused"
    assert code(till.ask(evolve(CARD, key="take-1"))) == "key_reused"
    assert code(till.ask(evolve(refund, key="try-1"))) == "key_reused"
    assert till.gateway.given_back(TENANT, ORDER) == {"back-1": Money(300, "EUR")}


def test_a_wrong_reference_captures_nothing(till: Till) -> None:
    """The key alone is enough; a reference has to fit."""
    till.ask(CARD)
    assert code(till.ask(evolve(TAKE, reference="auth-other"))) == "unknown_authorisation"
    found = till.find()
    assert isinstance(found, Succeeded)
    reference = recall(found.memory, REFERENCE)
    assert isinstance(till.ask(evolve(TAKE, reference=reference)), Succeeded)


def test_another_token_under_the_same_key_is_another_content(till: Till) -> None:
    """And no token is in the books as it was."""
    till.ask(CARD)
    assert code(till.ask(evolve(CARD, token=PaymentToken("tok-other")))) == "key_reused"
    stored = till.gateway.books.rows("SELECT * FROM authorisations")
    assert "tok-" not in repr(stored)


def test_a_void_under_a_key_of_another_void_is_refused(till: Till) -> None:
    """Otherwise the second attempt would be believed to be let go."""
    till.ask(CARD)
    till.ask(evolve(CARD, key="try-2"))
    assert till.ask(VOID) == Succeeded()
    assert code(till.ask(evolve(VOID, authorisation_key="try-2"))) == "key_reused"
    assert till.held() == 1000


# -- all together -------------------------------------------------------------------------------


def test_two_gateways_over_one_file_are_one_gateway(tmp_path: Path) -> None:
    """As two processes are; what one holds the other captures."""
    first, second = Till(tmp_path), Till(tmp_path)
    first.ask(CARD)
    assert isinstance(second.ask(TAKE), Succeeded)
    assert first.taken() == 1000


def test_a_hostile_gateway_shows_every_kind_of_trouble() -> None:
    """A preset without it would test nothing."""
    kinds = {"authorise", "capture", "void", "find_payment", "settle", "expiry", "webhook"}
    assert kinds <= set(HOSTILE)
    assert FAULT_FREE.rates == {}
