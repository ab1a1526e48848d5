"""What must hold of a shop when everything has come to rest, and what of it at any moment.

Orders and stock are compared with the files of the payment provider, the warehouse, the carrier and
the post office, in plain SQL. What the library publishes as laws is checked by these besides.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from tests.kill.goods_laws import violations
from tests.kill.verify import (
    Books,
    Row,
    audit_chains,
    audit_trail,
    differences,
    events,
    nothing_open,
)

_ENDS = ("cancelled", "completed", "returned")
_GONE = ("completed", "returned")
_LETTERS = {"confirmed": 1, "shipped": 1}
"""About what an order is written to once at most; for payment it is asked anew each time."""
_OVERTAKEN = frozenset({"cancelled", "returned"})
"""Here that is no longer so, and what is still to be sent of those letters is not."""


def breaches(books: Books) -> list[str]:
    """Return everything that does not add up at the end."""
    checks = (
        _at_rest,
        _money_taken,
        _money_returned,
        _money_kept,
        _nothing_held,
        _shelf,
        _trays,
        _parcels,
        _letters,
        _documents,
        events,
        audit_chains,
    )
    return wounds(books) + [breach for check in checks for breach in check(books)]


def wounds(books: Books) -> list[str]:
    """Return everything that does not add up although it has to at any moment."""
    checks = (_levels, _reserved, _numbers, audit_trail, violations)
    return [breach for check in checks for breach in check(books)]


def _orders(books: Books) -> Iterator[tuple[str, str, str, dict[str, object]]]:
    for tenant, order, state, body in books.orders("SELECT tenant, id, state, body FROM orders"):
        yield tenant, order, state, json.loads(body) if isinstance(body, str) else body


def _at_rest(books: Books) -> Iterator[str]:
    for tenant, order, state, body in _orders(books):
        if state not in _ENDS:
            yield f"{tenant}/{order} has not settled: {state}"
        if body["sale"]["reserved"]:
            yield f"{tenant}/{order} is {state}, and its goods are reserved"
    for row in books.orders("SELECT tenant, order_id, item FROM sealed_credentials"):
        yield f"a token was kept: {row}"
    yield from nothing_open(books)


def _money_taken(books: Books) -> Iterator[str]:
    """Whatever the provider took is in the ledger once, and the other way round."""
    known = books.orders(
        "SELECT tenant, order_id, key, amount_minor, currency FROM order_ledger "
        "WHERE kind = 'captured'"
    )
    taken = books.provider(
        "gateway", "SELECT tenant, order_id, key, amount_minor, currency FROM captures"
    )
    yield from differences("captures", "the ledger", known, "the provider", taken)
    cash = books.orders(
        "SELECT tenant, key, amount_minor, currency FROM order_ledger WHERE kind = 'confirmed'"
    )
    handed_over = books.provider(
        "gateway",
        "SELECT tenant, reference, amount_minor, currency FROM payments AS p WHERE NOT EXISTS "
        "(SELECT 1 FROM captures AS c WHERE c.tenant = p.tenant AND c.reference = p.reference)",
    )
    yield from differences("cash", "the ledger", cash, "the provider", handed_over)


def _money_returned(books: Books) -> Iterator[str]:
    columns = "tenant, order_id, key, amount_minor, currency"
    ledger = f"SELECT {columns} FROM order_ledger WHERE kind = "
    requested = books.orders(f"{ledger}'refund_requested'")
    refunded = books.orders(f"{ledger}'refunded'")
    given = books.provider("gateway", f"SELECT {columns} FROM refunds")
    yield from differences("refunds", "requests", requested, "the ledger", refunded)
    yield from differences("refunds", "the ledger", refunded, "the provider", given)


def _money_kept(books: Books) -> Iterator[str]:
    """By the provider's own books a customer has paid the price once, or nothing."""
    kept: Counter[Row] = Counter()
    for tenant, order, amount in books.provider(
        "gateway",
        "SELECT tenant, order_id, amount_minor FROM captures UNION ALL "
        "SELECT tenant, order_id, -amount_minor FROM refunds",
    ):
        kept[tenant, order] += amount
    for tenant, order, amount in books.orders(
        "SELECT tenant, order_id, amount_minor FROM order_ledger WHERE kind = 'confirmed'"
    ):
        kept[tenant, order] += amount
    prices = books.orders("SELECT tenant, id, state, value_minor FROM orders")
    for tenant, order, state, price in prices:
        wanted = price if state == "completed" else 0
        if kept[tenant, order] != wanted:
            yield f"{tenant}/{order} is {state}, costs {price}, and {kept[tenant, order]} was kept"


def _nothing_held(books: Books) -> Iterator[str]:
    for row in books.provider(
        "gateway",
        "SELECT a.tenant, a.order_id, a.status FROM authorisations AS a WHERE a.status IN "
        "('waiting', 'pending') OR a.status = 'granted' AND a.amount_minor > "
        "(SELECT coalesce(sum(c.amount_minor), 0) FROM captures AS c "
        "WHERE c.tenant = a.tenant AND c.authorisation_key = a.key)",
    ):
        yield f"money is still held: {row}"


def _open_lines(books: Books) -> Iterator[tuple[str, str, str, bool, str, str, int]]:
    """Yield every line that is sold: tenant, order, state, whether reserved, item, sku, pieces."""
    for tenant, order, state, body in _orders(books):
        for item in body["items"]:
            if item["state"] != "cancelled":
                sku = item["snapshot"]["product_type"]
                reserved = body["sale"]["reserved"]
                yield tenant, order, state, reserved, item["id"], sku, item["quantity"]


def _levels(books: Books) -> Iterator[str]:
    """A level is the sum of its movements, and nothing was ever sold twice."""
    for row in books.orders("SELECT * FROM stock WHERE reserved < 0 OR reserved > on_hand"):
        yield f"more is sold than there is: {row}"
    levels = books.orders("SELECT tenant, sku, on_hand, reserved, moves FROM stock")
    sums = [
        (tenant, sku, int(on_hand), int(reserved), int(moves))  # sums may be decimals
        for tenant, sku, on_hand, reserved, moves in books.orders(
            "SELECT tenant, sku, sum(on_hand), sum(reserved), count(*) FROM stock_movements "
            "GROUP BY tenant, sku"
        )
    ]
    yield from differences("stock", "levels", levels, "movements", sums)


def _reserved(books: Books) -> Iterator[str]:
    """What orders say they have reserved is what is reserved for them."""
    wanted: Counter[Row] = Counter()
    for tenant, order, _, reserved, _, sku, quantity in _open_lines(books):
        wanted[tenant, order, sku] += quantity if reserved else 0
    held: Counter[Row] = Counter()
    for tenant, order, sku, reserved in books.orders(
        "SELECT tenant, order_id, sku, reserved FROM stock_movements WHERE order_id IS NOT NULL"
    ):
        held[tenant, order, sku] += reserved
    for line in wanted | held:
        if wanted[line] != held[line]:
            yield f"{line}: {held[line]} are reserved, the order says {wanted[line]}"


def _shelf(books: Books) -> Iterator[str]:
    """On the shelf is what came in and was neither sold nor dropped."""
    there: Counter[Row] = Counter()
    for tenant, sku, pieces in books.orders(
        "SELECT tenant, sku, on_hand FROM stock_movements WHERE kind IN ('receive', 'adjust')"
    ):
        there[tenant, sku] += pieces
    for tenant, _, state, _, _, sku, quantity in _open_lines(books):
        there[tenant, sku] -= quantity if state == "completed" else 0
    for tenant, sku, on_hand in books.orders("SELECT tenant, sku, on_hand FROM stock"):
        if there[tenant, sku] != on_hand:
            yield f"of {tenant}/{sku} there are {on_hand}, and should be {there[tenant, sku]}"


def _trays(books: Books) -> Iterator[str]:
    """The warehouse picked what left, once, and put everything else back."""
    sold = [
        (tenant, order, item, sku, quantity)
        for tenant, order, state, _, item, sku, quantity in _open_lines(books)
        if state in _GONE
    ]
    picked = books.provider(
        "warehouse",
        "SELECT tenant, order_id, item, sku, picked FROM picks "
        "WHERE back_at IS NULL AND picked > 0",
    )
    yield from differences("picks", "orders", sold, "the warehouse", picked)


def _parcels(books: Books) -> Iterator[str]:
    """What left has one label and left once; nothing else has, or did."""
    left = [(tenant, order) for tenant, order, state, _ in _orders(books) if state in _GONE]
    labels = books.provider("carrier", "SELECT tenant, order_id FROM labels WHERE void_at IS NULL")
    yield from differences("labels", "orders", left, "the carrier", labels)
    taken = books.provider("carrier", "SELECT tenant, order_id FROM hand_overs")
    yield from differences("parcels", "orders", left, "the carrier", taken)


def _letters(books: Books) -> Iterator[str]:
    """What orders say they have written was sent, once each."""
    said = [
        (tenant, order, json.loads(data)["letter"])
        for tenant, order, data in books.orders(
            "SELECT tenant, order_id, data FROM audit_records WHERE kind = 'order.letter-sent'"
        )
    ]
    sent = books.provider("letters", "SELECT tenant, order_id, kind FROM letters")
    sent += books.provider("notifications", "SELECT tenant, order_id, kind FROM notifications")
    # Who sent a letter and was killed before saying so may come back when it is overtaken, and not
    # send it again; that it was sent, nobody knows then.
    states = {(tenant, order): state for tenant, order, state, _ in _orders(books)}
    unsaid = [
        (tenant, order, about)
        for tenant, order, about in Counter(sent) - Counter(said)
        if about == "awaiting-payment"
        or (about in _LETTERS and states[tenant, order] in _OVERTAKEN)
    ]
    yield from differences("letters", "orders", [*said, *unsaid], "the post office", sent)
    for (tenant, order, about), times in Counter(sent).items():
        if times > _LETTERS.get(about, times):
            yield f"{tenant}/{order} was written to {times} times: {about}"
    for tenant, order, state, _ in _orders(books):
        for about in _LETTERS if state in _GONE and state not in _OVERTAKEN else ():
            if (tenant, order, about) not in sent:
                yield f"{tenant}/{order} is {state}, and nobody wrote: {about}"


def _papers(books: Books) -> Iterator[tuple[str, str, int, str]]:
    for tenant, _, _, body in _orders(books):
        sale = body["sale"]
        for paper in (sale["invoice"], *sale["credit_notes"]):
            if paper is not None:
                yield tenant, paper["series"], paper["seq"], paper["number"]


def _numbers(books: Books) -> Iterator[str]:
    """Each series counts from 1 without gaps, and no number is on two papers."""
    used: dict[tuple[str, str], list[int]] = {}
    for tenant, series, seq, _ in _papers(books):
        used.setdefault((tenant, series), []).append(seq)
    taken = {
        (tenant, series): last
        for tenant, series, last in books.orders("SELECT tenant, series, taken FROM number_series")
    }
    for name in used.keys() | taken.keys():
        if sorted(used.get(name, [])) != list(range(1, taken.get(name, 0) + 1)):
            yield f"{name}: {taken.get(name)} were taken, papers have {sorted(used.get(name, []))}"


def _documents(books: Books) -> Iterator[str]:
    """What left has an invoice; what was invoiced and is not sold is credited, once."""
    for tenant, order, state, body in _orders(books):
        invoiced, credits = body["sale"]["invoice"] is not None, len(body["sale"]["credit_notes"])
        if state in _GONE and not invoiced:
            yield f"{tenant}/{order} is {state} without an invoice"
        if credits != int(invoiced and state != "completed"):
            yield f"{tenant}/{order} is {state} and was credited {credits} times"
