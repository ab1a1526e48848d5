"""Replay the orders of the set: what is told about an order, in some order of arrival, folded (R7).

The rows of an order become messages: its status, its times, its items, its payments. They arrive by
time, shuffled or doubled; every message is known by its own id or its own time, so all three end
alike, and a digest over all results shows it. Shuffling is done order by order: what one order sees
of a shuffled stream is a shuffled sequence of its own messages.

What happened is not judged again: guards are passed as having held at the time. Money is compared
afterwards, to the cent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from random import Random
from typing import Final, TypeAlias

from attrs import frozen

from ordercore.domain.orders.lifecycles import (
    RETAIL,
    RETAIL_GUARDS,
    RetailFacts,
    RetailState,
)
from ordercore.domain.tracking import Claim, Observation, Timeline, fold_timeline, track
from ordercore.kernel.result import Finding
from ordercore_adapters.olist.cells import (
    ItemRow,
    PaymentRow,
    claim_of,
    item_row,
    observations_of,
    order_row,
    payment_row,
)
from ordercore_adapters.olist.files import Problem, SetFile, read_rows
from ordercore_adapters.olist.layout import ITEMS, ORDERS, PAYMENTS, REACHED
from ordercore_adapters.olist.shelf import Group, Shelf

__all__ = ["Arrival", "Orphan", "Replayed", "load", "replay"]

_Message: TypeAlias = Claim | Observation | ItemRow | PaymentRow

# Everything but cash: in the set a payment is approved before anything is sent.
_HELD: Final = RetailFacts(
    authorised=True,
    collected=True,
    stock_reserved=True,
    invoice_issued=True,
    money_received=True,
    undeliverable=True,
    return_open=True,
)
_TRACK: Final = track(RETAIL, facts=_HELD, guards=RETAIL_GUARDS, witnessed=tuple(REACHED.values()))
_PARSERS: Final = {ORDERS: order_row, ITEMS: item_row, PAYMENTS: payment_row}


class Arrival(StrEnum):
    """In which order, and how often, messages arrive."""

    TIME = "time"
    SHUFFLED = "shuffled"
    DOUBLED = "doubled"


@frozen(kw_only=True)
class Replayed:
    """What became of one order; amounts in minor units.

    Attributes:
        said: The status word of the set; for a cancelled order that is its reason.
    """

    order_id: str
    said: str
    timeline: Timeline
    items: int
    payments: int
    price_minor: int
    freight_minor: int
    paid_minor: int

    @property
    def due_minor(self) -> int:
        """Price and freight of all items."""
        return self.price_minor + self.freight_minor

    @property
    def reason(self) -> str | None:
        """Why it was cancelled; None for other orders."""
        return self.said if self.timeline.state == RetailState.CANCELLED else None


@frozen(kw_only=True)
class Orphan:
    """Items or payments under an id that no order has; amounts in minor units."""

    order_id: str
    items: int
    payments: int
    due_minor: int
    paid_minor: int


def load(
    shelf: Shelf,
    files: tuple[SetFile, ...],
    *,
    limit: int | None = None,
    problem: Callable[[Problem], None],
    progress: Callable[[int], None],
) -> dict[str, int]:
    """Put every good row of ``files`` on the shelf; return how many there are of each table.

    Args:
        shelf: Where the rows go.
        files: As `find_files` returned them, orders first.
        limit: Take only the first orders, and of items and payments only theirs.
        problem: Told what is wrong with every other row.
        progress: Told, now and then, how many bytes on disk have been read in all files together.

    Raises:
        DamagedFile: a compressed file cannot be read to its end.
        OSError: a file cannot be read.
    """
    counts = dict.fromkeys((ORDERS.name, ITEMS.name, PAYMENTS.name), 0)
    before = 0
    for file in files:
        name, parse = file.path.name, _PARSERS[file.table]
        for row in read_rows(file, problem=problem, progress=partial(_further, progress, before)):
            if limit is not None and file.table is ORDERS and counts[ORDERS.name] >= limit:
                break
            made = parse(row.cells)
            if isinstance(made, tuple):
                for finding in made:
                    problem(Problem(file=name, line=row.line, finding=finding))
                continue
            if limit is not None and file.table is not ORDERS and not shelf.knows(made.order_id):
                continue
            taken = shelf.put(made, file=name, line=row.line)
            if taken is None:
                counts[file.table.name] += 1
            else:
                problem(Problem(file=name, line=row.line, finding=_twice(file, *taken)))
        before += file.size
    return counts


def replay(
    shelf: Shelf, *, arrival: Arrival = Arrival.TIME, seed: int = 0
) -> Iterator[Replayed | Orphan]:
    """Yield what became of every order, and what belongs to none, in the order of ids.

    Args:
        shelf: What `load` filled.
        arrival: How messages arrive.
        seed: Decides how they are shuffled.
    """
    random = Random(seed)
    for group in shelf.groups():
        messages = _messages(group)
        if arrival is not Arrival.TIME:
            messages *= 2 if arrival is Arrival.DOUBLED else 1
            random.shuffle(messages)
        yield _Told(group.order_id).all(messages)


def _further(progress: Callable[[int], None], before: int, done: int) -> None:
    progress(before + done)


def _messages(group: Group) -> list[_Message]:
    """Return the messages by time; what has none of its own comes with the order."""
    told: list[_Message] = [*group.items, *group.payments]
    if group.order is not None:
        seen = sorted(observations_of(group.order), key=lambda each: each.at)
        told += [*seen, claim_of(group.order)]
    return told


class _Told:
    """What has arrived about one order: each thing under its own id, whenever and however often."""

    def __init__(self, order_id: str) -> None:
        self._order_id = order_id
        self._claim: Claim | None = None
        self._seen: list[Observation] = []
        self._items: dict[int, ItemRow] = {}
        self._payments: dict[int, PaymentRow] = {}

    def all(self, messages: list[_Message]) -> Replayed | Orphan:
        for message in messages:
            match message:
                case Claim():
                    self._claim = message
                case Observation():
                    self._seen.append(message)
                case ItemRow():
                    self._items[message.number] = message
                case PaymentRow():
                    self._payments[message.number] = message
        return self._result()

    def _result(self) -> Replayed | Orphan:
        price = sum(item.price_minor for item in self._items.values())
        freight = sum(item.freight_minor for item in self._items.values())
        paid = sum(payment.amount_minor for payment in self._payments.values())
        if self._claim is None:
            return Orphan(
                order_id=self._order_id,
                items=len(self._items),
                payments=len(self._payments),
                due_minor=price + freight,
                paid_minor=paid,
            )
        return Replayed(
            order_id=self._order_id,
            said=self._claim.said,
            timeline=fold_timeline(_TRACK, self._seen, claim=self._claim),
            items=len(self._items),
            payments=len(self._payments),
            price_minor=price,
            freight_minor=freight,
            paid_minor=paid,
        )


def _twice(file: SetFile, first: str, line: int) -> Finding:
    ids = file.table.columns[: 1 if file.table is ORDERS else 2]
    return Finding(
        field=", ".join(ids),
        code="duplicate",
        message=f"the same id is in {first} line {line}; the first row counts",
        allowed="every id once",
    )
