"""Make a small set of orders in the form of the public one; every value is invented."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from attrs import Factory, define

ORDERS = "olist_orders_dataset"
ITEMS = "olist_order_items_dataset"
PAYMENTS = "olist_order_payments_dataset"
EXTRA_ORDERS = "extra_delivered_orders"
EXTRA_ITEMS = "extra_delivered_order_items"

TIMES = (
    "order_purchase_timestamp",
    "order_approved_at",
    "order_delivered_carrier_date",
    "order_delivered_customer_date",
    "order_estimated_delivery_date",
)
ORDER_COLUMNS = ("order_id", "customer_id", "order_status", *TIMES)
ITEM_COLUMNS = (
    "order_id",
    "order_item_id",
    "product_id",
    "seller_id",
    "shipping_limit_date",
    "price",
    "freight_value",
)
PAYMENT_COLUMNS = (
    "order_id",
    "payment_sequential",
    "payment_type",
    "payment_installments",
    "payment_value",
)
COLUMNS = {
    ORDERS: ORDER_COLUMNS,
    ITEMS: ITEM_COLUMNS,
    PAYMENTS: PAYMENT_COLUMNS,
    EXTRA_ORDERS: ORDER_COLUMNS,
    EXTRA_ITEMS: ITEM_COLUMNS,
}

STATUSES = (
    "created",
    "approved",
    "processing",
    "invoiced",
    "shipped",
    "delivered",
    "canceled",
    "unavailable",
)

BOUGHT, APPROVED = "2020-02-01 10:00:00", "2020-02-01 10:30:00"
SENT, ARRIVED, PROMISED = "2020-02-03 08:00:00", "2020-02-09 17:00:00", "2020-02-20 00:00:00"


def order(
    order_id: str,
    status: str,
    bought: str = BOUGHT,
    approved: str = "",
    sent: str = "",
    arrived: str = "",
    promised: str = PROMISED,
) -> tuple[str, ...]:
    """Return a row of orders."""
    return (order_id, f"customer-{order_id}", status, bought, approved, sent, arrived, promised)


def delivered(order_id: str) -> tuple[str, ...]:
    """Return a row of an order about which nothing is odd."""
    return order(order_id, "delivered", BOUGHT, APPROVED, SENT, ARRIVED)


def item(order_id: str, number: object, price: str, freight: str) -> tuple[str, ...]:
    """Return a row of items."""
    return (order_id, str(number), "product", "seller", SENT, price, freight)


def payment(order_id: str, number: object, value: str) -> tuple[str, ...]:
    """Return a row of payments."""
    return (order_id, str(number), "voucher", "1", value)


@define(kw_only=True)
class OlistSet:
    """Rows by file; text or bytes instead of a row are written as they are."""

    orders: list[Sequence[str] | bytes] = Factory(list)
    items: list[Sequence[str] | bytes] = Factory(list)
    payments: list[Sequence[str] | bytes] = Factory(list)
    extra_orders: list[Sequence[str] | bytes] | None = None
    extra_items: list[Sequence[str] | bytes] | None = None

    def write(self, folder: Path, *, compressed: bool = False) -> Path:
        """Write the files into ``folder`` and return it."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = {
            ORDERS: self.orders,
            ITEMS: self.items,
            PAYMENTS: self.payments,
            EXTRA_ORDERS: self.extra_orders,
            EXTRA_ITEMS: self.extra_items,
        }
        for name, lines in rows.items():
            if lines is not None:
                data = as_csv(COLUMNS[name], lines)
                path = folder / f"{name}.csv{'.gz' if compressed else ''}"
                path.write_bytes(gzip.compress(data) if compressed else data)
        return folder


def as_csv(columns: Sequence[str], lines: Iterable[Sequence[str] | bytes]) -> bytes:
    """Return a file with a line of names and the given lines."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    data = b""
    for line in (columns, *lines):
        if isinstance(line, bytes):
            data += line + b"\n"
            continue
        writer.writerow(line)
        data += text.getvalue().encode()
        text.seek(0)
        text.truncate()
    return data


def small_set() -> OlistSet:
    """Return a set with one order for everything that is told apart."""
    return OlistSet(
        orders=[
            delivered("a-fine"),
            order("b-new", "created"),
            order("c-paid", "approved", BOUGHT, APPROVED),
            order("d-picked", "processing", BOUGHT, APPROVED),
            order("e-billed", "invoiced", BOUGHT, APPROVED),
            order("f-sent", "shipped", BOUGHT, APPROVED, SENT),
            order("g-gone", "canceled"),
            order("h-sold-out", "unavailable", BOUGHT, APPROVED),
            order("i-early", "delivered", BOUGHT, SENT, APPROVED, ARRIVED),
            order("j-sent-back", "canceled", BOUGHT, APPROVED, SENT),
            order("k-unseen", "delivered", BOUGHT, APPROVED, SENT),
            order("l-hurried", "created", promised="2020-01-31 00:00:00"),
            order("m-late", "delivered", BOUGHT, APPROVED, SENT, "2020-02-21 00:00:00"),
        ],
        items=[
            item("a-fine", 1, "10.00", "1.5"),
            item("a-fine", 2, "0.1", "0.2"),
            item("c-paid", 1, "20", "5.00"),
            item("d-picked", 1, "20.00", "5.00"),
            item("f-sent", 1, "3.00", "0"),
            item("z-nobody", 1, "7.00", "0.07"),
        ],
        payments=[
            payment("a-fine", 1, "11.8"),
            payment("c-paid", 1, "20.00"),
            payment("c-paid", 2, "5.01"),
            payment("d-picked", 1, "24.99"),
            payment("g-gone", 1, "9.99"),
            payment("y-nobody", 1, "100.00"),
            payment("y-nobody", 2, "0.00"),
        ],
    )


def random_set(seed: int, orders: int) -> OlistSet:
    """Return a set in which anything may contradict anything."""
    random = Random(seed)
    made = OlistSet(extra_orders=[], extra_items=[])
    assert made.extra_orders is not None
    assert made.extra_items is not None
    for number in range(orders):
        name = f"{random.getrandbits(64):016x}"
        extra = number % 5 == 4
        times = [_time(random) if random.random() < 0.8 else "" for _ in TIMES]
        row = (name, "customer", random.choice(STATUSES), *times)
        (made.extra_orders if extra else made.orders).append(row)
        for each in range(random.choice((0, 1, 1, 2, 5))):
            price, freight = random.randrange(10**6), random.randrange(10**4)
            unit = item(name, each + 1, _amount(random, price), _amount(random, freight))
            (made.extra_items if extra else made.items).append(unit)
        for each in range(random.choice((0, 1, 1, 3))):
            paid = random.randrange(10**6)
            made.payments.append(payment(name, each + 1, _amount(random, paid)))
    _match_some(made, random)
    for number in range(orders // 10):
        made.payments.append(payment(f"stray-{number}", 1, "1.01"))
        made.items.append(item(f"lost-{number}", 1, "2.02", "3.03"))
    return made


def _match_some(made: OlistSet, random: Random) -> None:
    """Let the payments of a third of the orders equal their items."""
    due: dict[str, int] = {}
    for row in (*made.items, *(made.extra_items or [])):
        if not isinstance(row, bytes):
            due[row[0]] = due.get(row[0], 0) + _minor(row[5]) + _minor(row[6])
    exact = {name for name in due if random.random() < 0.33}
    made.payments = [row for row in made.payments if row[0] not in exact]
    made.payments += [payment(name, 1, f"{due[name] / 100:.2f}") for name in sorted(exact)]


def _minor(text: str) -> int:
    whole, _, decimals = text.partition(".")
    return int(whole) * 100 + int(decimals.ljust(2, "0"))


def _amount(random: Random, minor: int) -> str:
    """Write an amount as the public set does: sometimes without trailing zeros."""
    text = f"{minor // 100}.{minor % 100:02d}"
    return text[:-1] if text.endswith("0") and random.random() < 0.5 else text


def _time(random: Random) -> str:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=random.randrange(60))
    return at.strftime("%Y-%m-%d %H:%M:%S")


def replaced(row: Sequence[str], columns: Sequence[str], changes: Mapping[str, str]) -> list[str]:
    """Return ``row`` with other text in some columns."""
    return [changes.get(column, text) for column, text in zip(columns, row, strict=True)]
