"""What happens inside a saga, written down about the order; and the request that gathers it."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from ordercore.domain.orders import SagaNoted, SagaStarted, ServiceDelivered
from ordercore.domain.processes import (
    DELIVER,
    FULFILMENT,
    ITEMS,
    PROVISION,
    REDELIVERY,
    REFUND,
    REFUND_STEP,
    RESOURCE,
    ProvisioningRules,
    SagaChange,
    cancel,
    open_turn,
    redeliver,
    refund_all,
    tell,
)
from ordercore.engine.retry import RetryPolicy
from ordercore.engine.saga import Absent, Failed, Note, NoteKind, Rejected, Succeeded, call_key
from ordercore.kernel.ids import SagaId, derive_key
from ordercore.kernel.party import SYSTEM
from ordercore.testing.builders import TENANT, a_vps, an_order
from ordercore.testing.fakes import START
from tests.unit.domain.processes.turns import (
    LATER,
    PRICE,
    a_turn,
    answer,
    eur,
    events,
    first,
    paid,
    posted,
    somebody,
    timers,
    under_way,
)

FAILED = Failed(code="busy", reason="try later")


# -- inside a saga ------------------------------------------------------------------------------


def test_an_item_that_fails_is_refunded_by_its_own_share_with_the_reason() -> None:
    """The posting names the item, the amount and why."""
    order, saga = under_way(a_vps(), a_vps())
    turn = a_turn(order, "system")

    tell(turn, saga, answer(saga, PROVISION, Rejected(code="full", reason="no room")))

    assert posted(turn).type == "billing.refund-requested"
    assert posted(turn).reason == "no room"
    (entry,) = posted(turn).postings
    assert (entry.amount, entry.items, entry.note) == (eur(PRICE), ("1",), "no room")
    assert entry.key == call_key(saga.id, "1", REFUND_STEP, forward=False)


def test_a_failure_is_noted_in_the_trail_with_all_that_is_known() -> None:
    """Step, branch, attempt, direction, cause."""
    order, saga = under_way()
    turn = a_turn(order, "system")

    tell(turn, saga, answer(saga, PROVISION, Rejected(code="full", reason="no room")))

    assert events(turn)[0] == SagaNoted(
        saga_id=saga.id,
        note="step_failed",
        branch="1",
        step=PROVISION,
        attempt=1,
        forward=True,
        code="full",
        reason="no room",
    )


def test_a_note_of_the_way_back_says_so() -> None:
    """Forward is the usual case, so only the other one shows a field that went missing."""
    turn = a_turn(paid())
    note = Note(
        kind=NoteKind.STEP_FAILED,
        branch="2",
        step="refund",
        attempt=3,
        forward=False,
        code="shut",
        reason="closed",
    )

    turn.audit_note(SagaId("saga"), note)

    assert events(turn) == [
        SagaNoted(
            saga_id=SagaId("saga"),
            note="step_failed",
            branch="2",
            step="refund",
            attempt=3,
            forward=False,
            code="shut",
            reason="closed",
        )
    ]


def test_a_dead_letter_carries_what_the_step_was_given_remembered_and_its_key() -> None:
    """As JSON with sorted keys, so that equal letters are equal texts."""
    order, saga = under_way(a_vps(), a_vps())
    turn = a_turn(order)
    built = Succeeded(memory=((RESOURCE, "vm-1"),))
    saga = tell(turn, saga, answer(saga, PROVISION, built))
    cancel(turn, saga, "too dear")
    (change,) = turn.sagas
    saga = tell(turn, change.state, answer(change.state, PROVISION, Absent(), branch="2"))
    gone = answer(saga, PROVISION, Succeeded(), branch="2", forward=False)
    saga = tell(turn, saga, gone)
    locked = Rejected(code="locked", reason="in use")

    tell(turn, saga, answer(saga, PROVISION, locked, forward=False))

    (letter,) = turn.letters
    key = call_key(saga.id, "1", PROVISION, forward=False)
    assert letter.payload == (
        f'{{"data": {{"share_minor": "1000"}}, "key": "{key}", "memory": {{"resource": "vm-1"}}}}'
    )
    assert (letter.step, letter.forward, letter.code, letter.reason, letter.attempts) == (
        PROVISION,
        False,
        "locked",
        "in use",
        1,
    )


def test_a_saga_goes_on_by_the_table_it_was_started_with() -> None:
    """A newer one in the same rules is for new sagas."""
    once = RetryPolicy(name="once", delays_s=())
    steps = tuple(
        evolve(step, retry=once) if step.name == PROVISION else step for step in FULFILMENT.steps
    )
    newer = evolve(FULFILMENT, version=2, steps=steps)
    order, saga = under_way()
    rules = ProvisioningRules(sagas=(FULFILMENT, newer, REFUND, REDELIVERY))
    turn = a_turn(order, "system", rules=rules)

    after = tell(turn, saga, answer(saga, PROVISION, FAILED))

    assert after.branch("1").run(PROVISION).due_at == LATER + timedelta(seconds=2)


def test_the_draw_of_a_request_decides_the_jitter_of_the_next_attempt() -> None:
    """A worker draws once for each request."""
    shaky = RetryPolicy(name="shaky", delays_s=(10,), jitter_per_mille=1000)
    steps = tuple(
        evolve(step, retry=shaky) if step.name == PROVISION else step for step in FULFILMENT.steps
    )
    rules = ProvisioningRules(sagas=(evolve(FULFILMENT, steps=steps), REFUND, REDELIVERY))
    order, saga = under_way(rules=rules)
    dues = []
    for draw in (0, 500):
        turn = a_turn(order, "system", rules=rules, draw=draw)
        after = tell(turn, saga, answer(saga, PROVISION, FAILED))
        dues.append(after.branch("1").run(PROVISION).due_at)

    assert dues == [LATER + timedelta(seconds=10), LATER + timedelta(seconds=15)]


def test_what_was_delivered_is_told_and_whether_it_was_once_more() -> None:
    """The first time by the fulfilment, later by a saga of its own."""
    order, saga = under_way()
    turn = a_turn(order, "system")
    saga = tell(turn, saga, answer(saga, PROVISION, Succeeded(memory=((RESOURCE, "vm-1"),))))
    tell(turn, saga, answer(saga, DELIVER, Succeeded(), branch="order"))
    assert ServiceDelivered(items=(turn.order.items[0].id,), again=False) in events(turn)

    again = a_turn(turn.order, "customer")
    assert redeliver(again) is None
    (change,) = again.sagas
    tell(again, change.state, answer(change.state, DELIVER, Succeeded(), branch="order"))

    assert ServiceDelivered(items=(turn.order.items[0].id,), again=True) in events(again)


def test_a_redelivery_is_a_saga_of_the_order_with_the_items_asked_for() -> None:
    """Fixed when it was asked for; it starts at once."""
    order, saga = under_way(a_vps(), a_vps())
    turn = a_turn(order, "system")
    for branch in ("1", "2"):
        built = Succeeded(memory=((RESOURCE, f"vm-{branch}"),))
        saga = tell(turn, saga, answer(saga, PROVISION, built, branch=branch))
    again = a_turn(turn.order, "customer")
    expected = again.next_saga_id()

    assert redeliver(again) is None

    (change,) = again.sagas
    started = change.state
    assert (started.id, started.tenant, started.subject) == (expected, order.tenant, order.id)
    assert (started.definition, started.started_at) == (REDELIVERY.name, LATER)
    assert started.branch("order").data == ((ITEMS, "1,2"),)
    assert started.branch("order").run(DELIVER).due_at == LATER
    assert SagaStarted(saga_id=expected, definition=REDELIVERY.name) in events(again)
    assert again.order.redeliveries == (LATER,)


# -- the request itself -------------------------------------------------------------------------


def test_the_ids_of_sagas_are_made_of_tenant_order_and_number() -> None:
    """Known before the saga starts, and the same for every worker that computes it."""
    turn = a_turn(paid())
    before = turn.next_saga_id()
    refund_all(turn, "")

    assert before == derive_key(TENANT, "order-1", "saga", "0")
    assert turn.next_saga_id() == derive_key(TENANT, "order-1", "saga", "1")


def test_a_saga_moved_twice_in_one_request_is_written_over_what_was_read() -> None:
    """The version that counts is the one in the store, not that of the first move."""
    order, saga = under_way()
    turn = a_turn(order)
    read = evolve(saga, version=7)
    turn.put_saga(read)
    twice = evolve(read, version=8)
    turn.put_saga(twice)

    assert turn.sagas == (SagaChange(state=twice, read_version=7),)


def test_a_transition_without_a_word_has_no_reason_and_the_actor_of_the_request() -> None:
    """Nothing is made up."""
    turn = a_turn(an_order(), "customer")
    assert turn.fire("submit") is None

    assert first(turn).reason == ""
    assert turn.recorded[0].actor == somebody("customer")
    assert turn.draw == 0


def test_a_request_has_no_draw_unless_it_was_given_one() -> None:
    """Without randomness from outside there is no jitter."""
    turn = open_turn(ProvisioningRules(), None, at=START, actor=somebody("customer"))

    assert (turn.draw, turn.read_version) == (0, None)


def test_leaving_a_state_stops_its_clocks_and_entering_one_starts_those_of_it() -> None:
    """Forty-eight hours to pay, twenty-four to be validated."""
    turn = a_turn(an_order(), "customer")
    turn.fire("submit")
    assert timers(turn) == {"order-1/cancel": LATER + timedelta(hours=48)}

    turn.fire("confirm_payment", actor=SYSTEM)
    assert timers(turn) == {"order-1/cancel": None}

    turn.fire("start_validation", actor=SYSTEM)
    assert timers(turn) == {
        "order-1/cancel": None,
        "order-1/reject": LATER + timedelta(hours=24),
    }
