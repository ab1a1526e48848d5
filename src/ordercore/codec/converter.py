"""Values to JSON text and back, strictly.

The converter is built on request and belongs to whoever builds it; nothing is registered globally.
Unlike the library's defaults nothing is coerced: a text where a number belongs is an error, and so
is a key that nobody knows. A top-level document carries its registered name and version.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin

from cattrs import Converter
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.v import transform_error

from ordercore.codec.canonical import canonical_json
from ordercore.codec.registry import NAMES, TYPES, VERSIONS
from ordercore.codec.upcast import upcast
from ordercore.kernel.errors import InvalidInput, OrderCoreError
from ordercore.kernel.money import Money
from ordercore.kernel.time import format_instant, parse_instant

__all__ = ["decode", "decode_any", "encode", "from_plain", "make_converter", "to_plain"]

T = TypeVar("T")
_NAME, _VERSION = "type$", "v$"
_OUT_OF_SHAPE = (
    OrderCoreError,
    ForbiddenExtraKeysError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
)


def make_converter(*, detailed: bool = True) -> Converter:
    """Return a converter that knows the library's values and coerces nothing.

    Args:
        detailed: Whether an error says where in the data it is; that takes time at every value.
    """
    converter = Converter(
        forbid_extra_keys=True, prefer_attrib_converters=False, detailed_validation=detailed
    )
    converter.register_unstructure_hook(datetime, format_instant)
    converter.register_structure_hook(datetime, _instant)
    # A plain date is told from an instant, which is one too, by its exact type.
    converter.register_unstructure_hook_func(lambda kind: kind is date, date.isoformat)
    converter.register_structure_hook_func(lambda kind: kind is date, _date)
    converter.register_unstructure_hook(Money, _plain_money)
    converter.register_structure_hook(Money, _money)
    for primitive in (str, int, bool):
        converter.register_structure_hook(primitive, _strict)
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _tuple_hook(converter, kind))
    converter.register_structure_hook_factory(
        _is_optional, lambda kind: _optional_hook(converter, kind)
    )
    return converter


@cache
def _own(*, detailed: bool = False) -> Converter:
    """The ones this module uses; built at first use and never handed out."""
    return make_converter(detailed=detailed)


def _structured(plain: object, kind: type[T]) -> T:
    """Return the value; what is not in shape is gone through once more, to say where."""
    try:
        return _own().structure(plain, kind)
    except _OUT_OF_SHAPE:
        return _own(detailed=True).structure(plain, kind)


def to_plain(value: object) -> dict[str, object]:
    """Return a registered value as plain data, without name and version."""
    return cast("dict[str, object]", _own().unstructure(value))


def from_plain(kind: type[T], plain: object) -> T:
    """Return the value of which `to_plain` made plain data.

    Raises:
        InvalidInput: the data is not in shape.
    """
    try:
        return _structured(plain, kind)
    except BaseValidationError as broken:
        problem = "; ".join(transform_error(broken))
        raise InvalidInput(field=kind.__name__, problem=problem) from None
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise InvalidInput(
            field=kind.__name__, problem=f"not in shape ({type(broken).__name__})"
        ) from None


def encode(value: object) -> str:
    """Return a registered value as canonical JSON text with its name and version.

    Raises:
        InvalidInput: the type is not registered.
    """
    name = NAMES.get(type(value))
    if name is None:
        raise InvalidInput(field="value", problem=f"{type(value).__name__} is not a stored type")
    return canonical_json({_NAME: name, _VERSION: VERSIONS[name], **to_plain(value)})


def decode(kind: type[T], text: str) -> T:
    """Return the value that `encode` wrote.

    Raises:
        InvalidInput: another type, a newer version, or a document that is not in shape.
    """
    value = decode_any(text)
    if not isinstance(value, kind):
        raise InvalidInput(
            field="value", problem=f"got {type(value).__name__}", allowed=kind.__name__
        )
    return value


def decode_any(text: str) -> object:
    """Return whatever registered value the text holds.

    Raises:
        InvalidInput: an unknown name, a newer version, or a document that is not in shape.
    """
    try:
        document = json.loads(text)
        name, version = document.pop(_NAME), document.pop(_VERSION)
        kind = TYPES[name]
        _structured(version, int)
        current = upcast(name, version, document, current=VERSIONS[name])
        return _structured(current, kind)
    except BaseValidationError as broken:
        raise InvalidInput(field=name, problem="; ".join(transform_error(broken))) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as broken:
        raise InvalidInput(
            field="document", problem=f"not a stored value ({type(broken).__name__})"
        ) from None


def _strict(value: object, kind: type[Any]) -> object:
    if type(value) is kind:
        return value
    # Hooks serve subclasses too: enums that are text as well are looked up by their value.
    enum = issubclass(kind, Enum)
    if not enum or type(value) is not str:
        plain = str if enum else kind
        raise TypeError(f"expected {plain.__name__}, got {type(value).__name__}")
    return kind(value)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _tuple_hook(converter: Converter, kind: Any) -> Callable[[object, object], object]:
    """Return a hook that takes a list and nothing else that could be iterated, such as text."""
    inner = get_args(kind)
    alike = inner[-1] is Ellipsis
    kinds = inner[:1] if alike else inner
    hooks = [converter.get_structure_hook(each) for each in kinds]

    def structure(value: object, _kind: object) -> object:
        if type(value) is not list:
            raise TypeError(f"expected a list, got {type(value).__name__}")
        if alike:
            hook, each = hooks[0], kinds[0]
            return tuple([hook(entry, each) for entry in value])
        if len(kinds) != len(value):
            raise ValueError(f"expected {len(kinds)} entries, got {len(value)}")
        return tuple([hook(*entry) for hook, *entry in zip(hooks, value, kinds, strict=True)])

    return structure


def _is_optional(kind: Any) -> bool:
    kinds = get_args(kind)
    return get_origin(kind) in (Union, UnionType) and len(kinds) == 2 and NoneType in kinds


def _optional_hook(converter: Converter, kind: Any) -> Callable[[object, object], object]:
    """Return a hook that leaves None alone and knows what the other kind wants."""
    (inner,) = (each for each in get_args(kind) if each is not NoneType)
    hook = converter.get_structure_hook(inner)
    return lambda value, _kind: None if value is None else hook(value, inner)


def _instant(value: object, _kind: type[datetime]) -> datetime:
    if type(value) is not str:
        raise TypeError(f"expected an instant as text, got {type(value).__name__}")
    return parse_instant(value)


def _date(value: object, _kind: type[date]) -> date:
    if type(value) is not str:
        raise TypeError(f"expected a date as text, got {type(value).__name__}")
    return date.fromisoformat(value)


def _plain_money(money: Money) -> dict[str, object]:
    return {"amount_minor": money.amount_minor, "currency": money.currency}


def _money(value: object, _kind: type[Money]) -> Money:
    if not isinstance(value, dict) or set(value) != {"amount_minor", "currency"}:
        raise TypeError("expected amount_minor and currency")
    return Money(value["amount_minor"], value["currency"])
