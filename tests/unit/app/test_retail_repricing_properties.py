"""Whatever is lowered, whenever and how often: papers, price and money agree at rest (R5)."""

from __future__ import annotations

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ordercore.domain.billing import Invoice
from ordercore.domain.catalog import Article, Assortment
from ordercore.domain.orders import Order
from ordercore.domain.orders.lifecycles import RetailState as S
from ordercore.domain.payments import PaymentKind
from ordercore.domain.processes.retail import PriceCut, credit_notes_of, invoice_of
from ordercore.kernel.errors import TransitionNotAllowed
from ordercore.kernel.money import Money
from ordercore.kernel.result import Refusal
from tests.unit.app.retail_shop import RULES, Store

RATES = st.sampled_from((0, 700, 1000, 1900, 2550))
LINES = st.lists(st.tuples(st.integers(1, 5000), RATES, st.integers(1, 4)), min_size=1, max_size=3)


def a_store(lines: list[tuple[int, int, int]]) -> Store:
    """Return a shop whose articles cost as drawn."""
    articles = tuple(
        Article(
            sku=f"sku-{n}", name=f"Thing {n}", unit_price=Money(c, "EUR"), vat_basis_points=rate
        )
        for n, (c, rate, _) in enumerate(lines)
    )
    selling = evolve(RULES, assortment=Assortment(version="1", articles=articles))
    store = Store(selling=selling, stocked=False)
    for n in range(len(lines)):
        store.receive(f"sku-{n}", 10)
    return store


def cut_somehow(store: Store, order: Order, data: st.DataObject) -> None:
    """Lower a line or two by whatever; whether that is possible is for the shop to say."""
    now = store.order(order)
    chosen = data.draw(st.lists(st.sampled_from(now.items), min_size=1, max_size=2))
    cuts = tuple(
        PriceCut(
            item=item.id,
            off=Money(data.draw(st.integers(0, item.price.amount_minor + 1)), "EUR"),
        )
        for item in chosen
    )
    answer = store.reprice(now, *cuts)
    if isinstance(answer, Refusal):
        assert store.order(order) == now
    else:
        assert answer.total <= now.total


def act(store: Store, order: Order, what: str, data: st.DataObject) -> None:
    """Do one thing, if it is possible now."""
    try:
        match what:
            case "cut":
                cut_somehow(store, order, data)
            case "work":
                store.work_a_little(data.draw(st.integers(1, 6)))
            case "settle":
                store.settle()
            case "pay":
                if store.order(order).balance.attempts:
                    store.pay_page(order)
                    store.check(order)
            case "deliver":
                store.deliver(order)
            case "cash":
                store.cash(store.order(order))
            case "cancel":
                store.try_to_cancel(order)
            case _:
                store.send_back(order)
    except TransitionNotAllowed:
        pass


ACTS = st.lists(
    st.sampled_from(
        ["cut", "cut", "cut", "work", "work", "settle", "pay", "deliver", "cash", "cancel", "back"]
    ),
    min_size=3,
    max_size=14,
)


@given(lines=LINES, kind=st.sampled_from(PaymentKind), acts=ACTS, data=st.data())
def test_whenever_it_is_lowered_everything_agrees_in_the_end(
    lines: list[tuple[int, int, int]], kind: str, acts: list[str], data: st.DataObject
) -> None:
    """Invoice - credit notes = what it costs = what was taken - what went back."""
    store = a_store(lines)
    wanted = tuple((f"sku-{n}", pieces) for n, (_, _, pieces) in enumerate(lines))
    order = store.bought(kind, wanted=wanted)
    for what in acts:
        act(store, order, what, data)
    store.settle()

    assert store.violations_at_rest(order) == []
    now = store.order(order)
    sums = now.balance
    kept = sums.confirmed + sums.captured - sums.refunded
    if now.state == S.COMPLETED:
        assert kept == now.total
    invoice, notes = invoice_of(now), credit_notes_of(now)
    if isinstance(invoice, Invoice):
        assert not isinstance(notes, Refusal)
        credited = Money.total((note.totals.gross for note in notes), currency="EUR")
        owed = now.total if now.state not in (S.CANCELLED, S.RETURNED) else Money.zero("EUR")
        assert invoice.totals.gross - credited == owed
        if now.state in (S.COMPLETED, S.CANCELLED, S.RETURNED):
            assert kept == owed
