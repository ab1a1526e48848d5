"""The audit trail: whole, folding to the stored order, and honest about every change to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve, fields

from ordercore.app import AuditVerdict, OrderHistory, VerifyAudit
from ordercore.app._recording import public_bytes
from ordercore.domain.orders import Order
from ordercore.engine.audit import AuditRecord, link, personal_digest
from ordercore.engine.saga import Failed, Rejected
from ordercore.kernel.errors import NotFound
from ordercore.kernel.ids import OrderId
from ordercore.testing import laws
from ordercore.testing.builders import a_vps
from tests.unit.app.providers import Lost
from tests.unit.app.shop import CUSTOMER, TENANT, Shop, fault_of


def eventful(shop: Shop) -> Order:
    """Return an order with a long history."""
    order = shop.pay(shop.submit(shop.place(a_vps(), a_vps())), 1950)
    shop.script.plan("provision 1", Lost())
    shop.script.plan("provision 2", Failed(code="busy", reason="x"), Rejected(code="n", reason="y"))
    shop.run()
    return shop.order(order)


def verdict(shop: Shop, order: Order) -> AuditVerdict:
    """Return what the check of its trail says."""
    return shop.handle(VerifyAudit(caller=CUSTOMER, order_id=order.id))


def rows(shop: Shop, order: Order) -> dict[int, AuditRecord]:
    """Return the stored records, to tamper with."""
    return shop.tables.of(TENANT).audit[order.id]


def test_the_trail_folds_to_the_stored_order(shop: Shop) -> None:
    """The stored state is the fold of the events, nothing else."""
    order = eventful(shop)
    history = shop.history(order)
    assert laws.folded(history) == order
    assert order.version == len(history)
    assert [record.seq for record in history] == list(range(1, len(history) + 1))


def test_every_transition_says_who_when_from_to_what_and_why(shop: Shop) -> None:
    """With the correlation id of its request."""
    caller = evolve(CUSTOMER, correlation_id="req-1")
    order = shop.cancel(shop.place(), caller=caller, reason="changed my mind")
    record = shop.history(order)[-1]
    assert (record.actor, record.at, record.source, record.dest, record.trigger) == (
        "customer:alice",
        shop.clock.now(),
        "draft",
        "cancelled",
        "cancel",
    )
    assert (record.reason, record.correlation_id) == ("changed my mind", "req-1")


def test_every_step_attempt_and_compensation_is_on_record(shop: Shop) -> None:
    """Failures with their code, look-ups, undoing, the end."""
    order = eventful(shop)
    kinds = {record.kind for record in shop.history(order)}
    assert {
        "saga.started",
        "saga.step-unclear",
        "saga.step-failed",
        "saga.step-done",
        "saga.step-undone",
        "saga.branch-turned",
        "saga.finished",
    } <= kinds


def test_a_whole_trail_verifies(shop: Shop) -> None:
    """And the verdict counts the records."""
    order = eventful(shop)
    found = verdict(shop, order)
    assert found == AuditVerdict(records=order.version, broken_at=None)
    assert found.whole


COVERED = [
    a.name for a in fields(AuditRecord) if a.name not in ("salt", "personal", "personal_digest")
]


@pytest.mark.parametrize("name", COVERED)
@pytest.mark.parametrize("position", [1, 5])
def test_a_changed_field_is_found_where_it_is(shop: Shop, name: str, position: int) -> None:
    """Every public field of every record is covered by its digest."""
    order = eventful(shop)
    record = rows(shop, order)[position]
    value = getattr(record, name)
    other: object = f"{value}x"
    if name == "seq":
        other = value + 1000
    elif name == "at":
        other = value + timedelta(microseconds=1)
    rows(shop, order)[position] = evolve(record, **{name: other})  # type: ignore[arg-type]
    assert not verdict(shop, order).whole


@pytest.mark.parametrize(
    "change",
    [
        {"personal": '{"customer":"mallory"}'},
        {"salt": "other"},
        {"salt": None},
        {"personal_digest": ""},
        {"personal": '{"customer":"mallory"}', "personal_digest": "x"},
    ],
    ids="+".join,
)
def test_a_changed_personal_part_is_found(shop: Shop, change: dict[str, str]) -> None:
    """The digest in the chain stands for it, and is compared with what is there."""
    order = eventful(shop)
    rows(shop, order)[1] = evolve(rows(shop, order)[1], **change)  # type: ignore[arg-type]
    assert verdict(shop, order).broken_at == 1


def test_a_personal_part_that_was_put_in_later_is_found(shop: Shop) -> None:
    """A record that never had one cannot get one."""
    order = eventful(shop)
    rows(shop, order)[2] = evolve(rows(shop, order)[2], personal='{"customer":"x"}', salt="s")
    assert verdict(shop, order).broken_at == 2


def test_erasing_the_personal_part_keeps_the_chain_valid(shop: Shop) -> None:
    """What is left says nothing about the person, and still folds to the order without one."""
    order = shop.place(customer="Erika Mustermann")
    shop.submit(order)
    first = rows(shop, order)[1]
    assert first.personal is not None
    rows(shop, order)[1] = evolve(first, personal=None, salt=None)
    assert verdict(shop, order).whole
    assert "Erika" not in repr(shop.history(order))
    assert laws.fold_equals_row(shop.order(order), shop.history(order)) == []


def test_the_salt_keeps_a_guess_from_being_confirmed(shop: Shop) -> None:
    """Equal customers have different digests in different orders."""
    one, two = shop.place(reference="R1"), shop.place(reference="R2")
    first, second = rows(shop, one)[1], rows(shop, two)[1]
    assert first.personal == second.personal
    assert first.personal_digest != second.personal_digest
    assert first.salt is not None
    assert first.personal is not None
    assert personal_digest(first.personal.encode(), first.salt) == first.personal_digest


Tamper = Callable[[dict[int, AuditRecord]], None]


def drop_first(trail: dict[int, AuditRecord]) -> None:
    """Cut off the head."""
    del trail[1]


def drop_middle(trail: dict[int, AuditRecord]) -> None:
    """Take one out."""
    del trail[4]


def swap(trail: dict[int, AuditRecord]) -> None:
    """Exchange two."""
    trail[3], trail[4] = trail[4], trail[3]


def repeat(trail: dict[int, AuditRecord]) -> None:
    """Put one in twice."""
    trail[max(trail) + 1] = trail[max(trail)]


def rewrite(trail: dict[int, AuditRecord]) -> None:
    """Change one and compute its digest anew, but not those that follow."""
    record = evolve(trail[3], reason="forged")
    trail[3] = evolve(record, digest=link(record.previous, public_bytes(record), ""))


@pytest.mark.parametrize("tamper", [drop_first, drop_middle, swap, repeat, rewrite])
def test_a_trail_that_was_tampered_with_does_not_verify(shop: Shop, tamper: Tamper) -> None:
    """Records taken out, exchanged, repeated or rewritten."""
    order = eventful(shop)
    tamper(rows(shop, order))
    assert not verdict(shop, order).whole


def test_records_cut_off_at_the_end_are_missed(shop: Shop) -> None:
    """What remains verifies by itself; the order remembers how its trail ends."""
    order = eventful(shop)
    trail = rows(shop, order)
    del trail[max(trail)]
    assert verdict(shop, order) == AuditVerdict(records=order.version - 1, broken_at=order.version)


def test_a_trail_rewritten_to_its_end_is_found_by_the_order(shop: Shop) -> None:
    """Even a chain that is consistent in itself ends in another digest."""
    order = eventful(shop)
    trail = rows(shop, order)
    previous = trail[2].digest
    for seq in range(3, max(trail) + 1):
        record = evolve(trail[seq], previous=previous, actor="system:forger")
        previous = link(previous, public_bytes(record), record.personal_digest)
        trail[seq] = evolve(record, digest=previous)
    assert verdict(shop, order).broken_at == order.version + 1


def test_no_trail_at_all_does_not_verify(shop: Shop) -> None:
    """An order has at least its creation."""
    order = shop.place()
    rows(shop, order).clear()
    assert verdict(shop, order) == AuditVerdict(records=0, broken_at=1)


def test_the_trail_of_no_order_is_not_found(shop: Shop) -> None:
    """Neither to be read nor to be verified."""
    for use_case in (
        OrderHistory(caller=CUSTOMER, order_id=OrderId("nope")),
        VerifyAudit(caller=CUSTOMER, order_id=OrderId("nope")),
    ):
        fault = fault_of(lambda use_case=use_case: shop.handle(use_case))  # type: ignore[misc, attr-defined]
        assert isinstance(fault, NotFound)


def test_the_trail_of_a_cancelled_order_is_kept(shop: Shop) -> None:
    """Hiding an order hides no record."""
    order = eventful(shop)
    gone = shop.cancel(shop.paid(reference="R2"))
    shop.run()
    assert verdict(shop, gone).whole
    assert verdict(shop, gone).records == shop.order(gone).version
    assert verdict(shop, order).whole
