"""Configurations of product types, drawn from the catalogue's own tables.

Because the tables are read and not repeated here, the strategies also serve a host's own catalogue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ordercore.domain.catalog import (
    MISSING,
    Ascending,
    Catalogue,
    Choice,
    Field,
    FieldKind,
    Flag,
    Nested,
    OnlyWith,
    ProductType,
    WholeNumber,
    default_catalogue,
    lookup,
)
from ordercore.domain.processes import ItemRequest

__all__ = ["configurations", "item_requests", "json_values", "spoilt_item_requests"]

_Config = dict[str, Any]


def json_values() -> st.SearchStrategy[Any]:
    """Draw anything that JSON from outside may hold, nested and oversized values included."""
    plain = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.just(10**400)  # more than a float can hold
    )
    return st.recursive(
        plain,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )


@st.composite
def configurations(draw: st.DrawFn, product: ProductType) -> _Config:
    """Draw a configuration in which the rules of ``product`` find nothing wrong."""
    config = draw(_fields(product.fields))
    for constraint in product.constraints:
        match constraint:
            case Ascending(fields=paths):
                _sort(config, paths)
            case OnlyWith(field=name, value=value, other=other, values=values):
                if lookup(config, name) == value:
                    _put(config, other, draw(st.sampled_from(values)))
    return config


def item_requests(
    product_type: str | None = None, *, catalogue: Catalogue | None = None
) -> st.SearchStrategy[ItemRequest]:
    """Draw a valid item, of any type unless one is named."""
    offered = catalogue or default_catalogue()
    types = offered.types if product_type is None else (product_type,)
    return st.sampled_from(types).flatmap(lambda type: _item(offered, type))


@st.composite
def spoilt_item_requests(
    draw: st.DrawFn, product_type: str | None = None, *, catalogue: Catalogue | None = None
) -> ItemRequest:
    """Draw an item with something wrong: one field dropped, mistyped, out of range or unknown."""
    offered = catalogue or default_catalogue()
    item = draw(item_requests(product_type, catalogue=offered))
    product = offered.product(item.type)
    assert product is not None
    assert isinstance(item.config, dict)
    config: _Config = {**item.config}
    spoil = draw(st.sampled_from(_SPOILERS))
    spoil(draw, config, product)
    return ItemRequest(type=item.type, config=config)


def _item(catalogue: Catalogue, type: str) -> st.SearchStrategy[ItemRequest]:
    product = catalogue.product(type)
    assert product is not None, f"the catalogue has no {type}"
    return configurations(product).map(lambda config: ItemRequest(type=type, config=config))


def _fields(fields: tuple[Field, ...]) -> st.SearchStrategy[_Config]:
    return st.fixed_dictionaries(
        {field.name: _kind(field.kind) for field in fields if field.required},
        optional={field.name: _kind(field.kind) for field in fields if not field.required},
    )


def _kind(kind: FieldKind) -> st.SearchStrategy[Any]:
    match kind:
        case Choice(values=values):
            return st.sampled_from(values)
        case WholeNumber(minimum=minimum, maximum=maximum):
            return st.integers(minimum, maximum)
        case Flag():
            return st.booleans()
        case Nested(fields=fields):
            return _fields(fields)


def _sort(config: _Config, paths: tuple[str, ...]) -> None:
    """Put the numbers at ``paths`` into order; their ranges are taken to be the same."""
    present = [path for path in paths if lookup(config, path) is not MISSING]
    numbers = [value for path in present if isinstance(value := lookup(config, path), int)]
    for path, number in zip(present, sorted(numbers), strict=True):
        _put(config, path, number)


def _put(config: _Config, path: str, value: object) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        config = config[parent]
    config[name] = value


def _drop(draw: st.DrawFn, config: _Config, product: ProductType) -> None:
    del config[draw(st.sampled_from([field.name for field in product.fields if field.required]))]


def _mistype(draw: st.DrawFn, config: _Config, product: ProductType) -> None:
    name = draw(st.sampled_from(sorted(config)))
    config[name] = draw(st.sampled_from([None, [], 1.5, str(config[name]) + " ", {"a": 1}]))


def _overdo(draw: st.DrawFn, config: _Config, product: ProductType) -> None:
    field = draw(st.sampled_from(product.fields))
    match field.kind:
        case Choice():
            config[field.name] = "no such choice"
        case WholeNumber(minimum=minimum, maximum=maximum):
            config[field.name] = draw(st.sampled_from([minimum - 1, maximum + 1]))
        case _:
            config[field.name] = "neither here nor there"


def _surprise(draw: st.DrawFn, config: _Config, product: ProductType) -> None:
    config["surprise"] = draw(json_values())


_SPOILERS: tuple[Callable[[st.DrawFn, _Config, ProductType], None], ...] = (
    _drop,
    _mistype,
    _overdo,
    _surprise,
)
