"""Tell what is an order from what is not: the door of ``ordercore run``.

A *bad line* is not an order: broken JSON, a missing, empty, unknown or wrongly typed field, a
billing cycle or product type nobody knows, a currency that is not on the ISO list, no items. All
that is wrong with a line is reported together. Whether a well-formed order is accepted is for the
core to say; configurations are handed on unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from ordercore import Finding, ItemRequest, OrderRequest
from ordercore.domain.catalog import BillingCycle, describe_value
from ordercore.kernel.currency import CURRENCIES, WITHOUT_MINOR_UNIT
from ordercore.kernel.errors import InvalidInput
from ordercore.kernel.ids import text_id
from ordercore_adapters.cli.json_text import NotJson, parse_json
from ordercore_adapters.cli.lines import LONGEST_LINE, Line

__all__ = ["BadLine", "OrderLine", "read_order"]

_REQUIRED: Final = ("reference", "tenant", "customer", "currency", "billing_cycle", "items")
_OPTIONAL: Final = ("quoted_total_minor",)
_ITEM_FIELDS: Final = ("type", "config")
_TEXTS: Final = ("reference", "tenant", "customer")
_TEXT_ALLOWED = "printable text, 1 to 200 characters"


@frozen(kw_only=True)
class OrderLine:
    """A line that is an order."""

    number: int
    tenant: str
    request: OrderRequest


@frozen(kw_only=True)
class BadLine:
    """A line that is none, and everything that is wrong with it."""

    number: int
    errors: tuple[Finding, ...]


def read_order(line: Line, *, types: tuple[str, ...]) -> OrderLine | BadLine:
    """Return the order on a line, or what is wrong with it.

    Args:
        line: The line.
        types: The product types on offer.
    """
    try:
        value = _parse(line)
    except NotJson as problem:
        error = Finding(field="", code="invalid_json", message=str(problem), allowed=_AN_OBJECT)
        return BadLine(number=line.number, errors=(error,))
    if not isinstance(value, dict):
        error = Finding(
            field="",
            code="wrong_type",
            message=f"must be an object, got {describe_value(value)}",
            allowed=_AN_OBJECT,
        )
        return BadLine(number=line.number, errors=(error,))
    errors = tuple(_errors(value, types))
    if errors:
        return BadLine(number=line.number, errors=errors)
    return OrderLine(number=line.number, tenant=value["tenant"], request=_request(value))


_AN_OBJECT = "a JSON object with " + ", ".join(_REQUIRED)


def _parse(line: Line) -> object:
    if line.data is None:
        raise NotJson(f"the line is longer than {LONGEST_LINE} bytes")
    return parse_json(line.data)


def _request(value: Mapping[str, object]) -> OrderRequest:
    items, quoted = value["items"], value.get("quoted_total_minor")
    assert isinstance(items, list)
    assert quoted is None or isinstance(quoted, int)
    return OrderRequest(
        reference=str(value["reference"]),
        customer=str(value["customer"]),
        currency=str(value["currency"]),
        billing_cycle=str(value["billing_cycle"]),
        items=tuple(ItemRequest(type=item["type"], config=item["config"]) for item in items),
        quoted_total_minor=quoted,
    )


def _errors(value: Mapping[str, object], types: tuple[str, ...]) -> Iterator[Finding]:
    yield from _keys(value, _REQUIRED, _OPTIONAL, path="")
    for name in _TEXTS:
        if name in value:
            yield from _text(value[name], name)
    if "currency" in value:
        yield from _currency(value["currency"])
    if "billing_cycle" in value:
        yield from _one_of(value["billing_cycle"], "billing_cycle", tuple(BillingCycle))
    if "items" in value:
        yield from _items(value["items"], types)
    quoted = value.get("quoted_total_minor", 0)
    if type(quoted) is not int:  # not isinstance: True is an int in Python
        yield _wrong_type("quoted_total_minor", quoted, "a whole number of minor units")


def _items(items: object, types: tuple[str, ...]) -> Iterator[Finding]:
    if not isinstance(items, list):
        yield _wrong_type("items", items, "a list of at least one item")
        return
    if not items:
        yield Finding(
            field="items", code="empty", message="has no items", allowed="at least one item"
        )
    for number, item in enumerate(items):
        path = f"items[{number}]"
        if not isinstance(item, dict):
            yield _wrong_type(path, item, "an object with type, config")
            continue
        yield from _keys(item, _ITEM_FIELDS, (), path=f"{path}.")
        if "type" in item:
            yield from _one_of(item["type"], f"{path}.type", types)
        if "config" in item and not isinstance(item["config"], dict):
            yield _wrong_type(f"{path}.config", item["config"], "an object")


def _keys(
    value: Mapping[str, object],
    required: tuple[str, ...],
    optional: tuple[str, ...],
    *,
    path: str,
) -> Iterator[Finding]:
    for name in required:
        if name not in value:
            yield Finding(field=path + name, code="missing", message="is missing", allowed=None)
    known = (*required, *optional)
    for name in value:
        if name not in known:
            yield Finding(
                field=path + _shown(name),
                code="unknown_field",
                message="is not a known field",
                allowed=", ".join(known),
            )


def _text(value: object, field: str) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield _wrong_type(field, value, _TEXT_ALLOWED)
        return
    try:
        text_id(value, field=field)
    except InvalidInput:
        empty = not value.strip()
        yield Finding(
            field=field,
            code="empty" if empty else "not_usable",
            message="is empty" if empty else "is too long or not printable",
            allowed=_TEXT_ALLOWED,
        )


def _currency(value: object) -> Iterator[Finding]:
    allowed = "an ISO 4217 code such as EUR"
    if not isinstance(value, str):
        yield _wrong_type("currency", value, allowed)
    elif value not in CURRENCIES and value not in WITHOUT_MINOR_UNIT:
        yield Finding(
            field="currency",
            code="unknown_currency",
            message=f"{describe_value(value)} is not an ISO 4217 code",
            allowed=allowed,
        )


def _one_of(value: object, field: str, values: tuple[str, ...]) -> Iterator[Finding]:
    allowed = ", ".join(values)
    if not isinstance(value, str):
        yield _wrong_type(field, value, allowed)
    elif value not in values:
        yield Finding(
            field=field,
            code="not_allowed",
            message=f"{describe_value(value)} is not known",
            allowed=allowed,
        )


def _wrong_type(field: str, value: object, allowed: str) -> Finding:
    return Finding(
        field=field,
        code="wrong_type",
        message=f"got {describe_value(value)}",
        allowed=allowed,
    )


def _shown(name: str) -> str:
    described = describe_value(name)
    return name if described == f"'{name}'" else described
