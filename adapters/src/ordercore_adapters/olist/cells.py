"""Turn the cells of a row into values, or say everything that is wrong with the row.

Amounts become whole cents, never floats. Times have no zone in the set and are taken as they are
written; within one order only their order and distance matter, and those are the same in any zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final, TypeVar

from attrs import frozen

from ordercore.domain.orders.lifecycles import RetailState
from ordercore.domain.tracking import Claim, Observation, ObservationKind
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id
from ordercore.kernel.money import Money
from ordercore.kernel.result import Finding
from ordercore.kernel.time import Instant
from ordercore_adapters.olist.layout import CURRENCY, PROMISED, REACHED, STATUS, STATUSES

__all__ = [
    "ItemRow",
    "OrderRow",
    "PaymentRow",
    "claim_of",
    "item_row",
    "observations_of",
    "order_row",
    "payment_row",
]

T = TypeVar("T")

_TIMES: Final = (*REACHED, PROMISED)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} (?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_COUNT = re.compile(r"[1-9][0-9]{0,8}")
_MOST_MINOR = 10**15
_DAY = timedelta(days=1) - timedelta(seconds=1)


@frozen(kw_only=True)
class OrderRow:
    """An order of the set: its status word, and its times as written, in the order of columns."""

    order_id: str
    status: str
    times: tuple[str, ...]


@frozen(kw_only=True)
class ItemRow:
    """One unit of an order; amounts in minor units."""

    order_id: str
    number: int
    price_minor: int
    freight_minor: int


@frozen(kw_only=True)
class PaymentRow:
    """One payment for an order; the amount in minor units."""

    order_id: str
    number: int
    amount_minor: int


def order_row(cells: Mapping[str, str]) -> OrderRow | tuple[Finding, ...]:
    """Return the order, or everything that is wrong with its row."""
    reader = _Reader(cells)
    made = OrderRow(
        order_id=reader.read("order_id", "bad_id", _id, ""),
        status=reader.read(STATUS, "unknown_status", _status, ""),
        times=tuple(reader.read(column, "bad_time", _time_text, "") for column in _TIMES),
    )
    return tuple(reader.findings) or made


def item_row(cells: Mapping[str, str]) -> ItemRow | tuple[Finding, ...]:
    """Return the item, or everything that is wrong with its row."""
    reader = _Reader(cells)
    made = ItemRow(
        order_id=reader.read("order_id", "bad_id", _id, ""),
        number=reader.read("order_item_id", "bad_number", _count, 0),
        price_minor=reader.read("price", "bad_amount", _amount_minor, 0),
        freight_minor=reader.read("freight_value", "bad_amount", _amount_minor, 0),
    )
    return tuple(reader.findings) or made


def payment_row(cells: Mapping[str, str]) -> PaymentRow | tuple[Finding, ...]:
    """Return the payment, or everything that is wrong with its row."""
    reader = _Reader(cells)
    made = PaymentRow(
        order_id=reader.read("order_id", "bad_id", _id, ""),
        number=reader.read("payment_sequential", "bad_number", _count, 0),
        amount_minor=reader.read("payment_value", "bad_amount", _amount_minor, 0),
    )
    return tuple(reader.findings) or made


def observations_of(row: OrderRow) -> list[Observation]:
    """Return one observation for each time of the row that is not empty."""
    found = [
        Observation(state=state, at=_time(text), source=column)
        for (column, state), text in zip(REACHED.items(), row.times, strict=False)
        if text
    ]
    if row.times[-1]:
        promised = Observation(
            state=RetailState.DELIVERED,
            at=_end_of(_time(row.times[-1])),
            source=PROMISED,
            kind=ObservationKind.PROMISED,
        )
        found.append(promised)
    return found


def claim_of(row: OrderRow) -> Claim:
    """Return what the status of the row says."""
    return Claim(state=STATUSES[row.status], source=STATUS, said=row.status)


class _Reader:
    """Reads cell after cell and keeps what is wrong with each."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self.findings: list[Finding] = []
        self._cells = cells

    def read(self, column: str, code: str, parse: Callable[[str, str], T], otherwise: T) -> T:
        try:
            return parse(self._cells[column], column)
        except InvalidInput as wrong:
            finding = Finding(field=column, code=code, message=wrong.problem, allowed=wrong.allowed)
            self.findings.append(finding)
            return otherwise


def _id(text: str, column: str) -> str:
    return text_id(text, field=column)


def _status(text: str, column: str) -> str:
    if text not in STATUSES:
        problem = f"{text[:40]!r} is not a known status"
        raise InvalidInput(field=column, problem=problem, allowed=", ".join(STATUSES))
    return text


def _count(text: str, column: str) -> int:
    if not _COUNT.fullmatch(text):
        problem = f"{text[:40]!r} is not one"
        raise InvalidInput(field=column, problem=problem, allowed="a whole number from 1")
    return int(text)


def _amount_minor(text: str, column: str) -> int:
    minor = Money.parse(text, CURRENCY, field=column).amount_minor
    if not 0 <= minor < _MOST_MINOR:
        problem = f"{text[:40]!r} is negative or out of all proportion"
        raise InvalidInput(field=column, problem=problem, allowed="0.00 or more")
    return minor


def _time_text(text: str, column: str) -> str:
    if not text:
        return text
    allowed = "empty, or a time such as 2020-02-29 23:59:59"
    if not _TIME.fullmatch(text):
        raise InvalidInput(field=column, problem=f"{text[:40]!r} is not one", allowed=allowed)
    try:
        _time(text)
    except ValueError as error:
        raise InvalidInput(field=column, problem=f"{text!r}: {error}", allowed=allowed) from None
    return text


def _time(text: str) -> Instant:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _end_of(promised: Instant) -> Instant:
    """Return the last second of the day where only a day was promised: that day is in time."""
    return promised + _DAY if promised.time() == time() else promised
