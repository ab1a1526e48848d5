"""Values to Temporal payloads and back, in the library's own documents.

A saga travels in the very form in which it is stored, with its name and version, so a history that
an older release recorded is brought to today's shape like an old row. Everything else is plain
JSON. Payloads are marked as such, so that Temporal's own tools can show and send them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from cattrs import Converter
from cattrs.errors import BaseValidationError
from cattrs.v import transform_error
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)

from ordercore.codec import NAMES, canonical_json, decode_any, encode, make_converter
from ordercore.kernel.errors import InvalidInput
from ordercore_adapters.temporal.messages import CallWanted, Report, Run

__all__ = ["DATA_CONVERTER", "ValueConverter"]

_NAME: Final = "type$"
_MESSAGES: Final[Mapping[str, type[object]]] = MappingProxyType(
    {"temporal-run": Run, "temporal-call": CallWanted, "temporal-report": Report}
)
_MESSAGE_NAMES: Final = {kind: name for name, kind in _MESSAGES.items()}


class _Documents(JSONPlainPayloadConverter):
    """JSON in which the library's values are documents with a name."""

    def to_payload(self, value: Any) -> Payload | None:
        """Return the payload of any value that JSON or the library has a form for."""
        text = _text(value)
        if text is None:
            return super().to_payload(value)
        return Payload(metadata={"encoding": self.encoding.encode()}, data=text.encode())

    def from_payload(self, payload: Payload, type_hint: type[Any] | None = None) -> Any:
        """Return the value of a payload; the document says of which type it is."""
        document = json.loads(payload.data)
        if not isinstance(document, dict) or _NAME not in document:
            return super().from_payload(payload, type_hint)
        kind = _MESSAGES.get(document[_NAME])
        if kind is None:
            return decode_any(payload.data.decode())
        return _message(kind, document)


class ValueConverter(CompositePayloadConverter):
    """What Temporal converts by default, and the library's values besides."""

    def __init__(self) -> None:
        super().__init__(
            *(
                _Documents() if isinstance(each, JSONPlainPayloadConverter) else each
                for each in DefaultPayloadConverter().converters.values()
            )
        )


DATA_CONVERTER: Final = DataConverter(payload_converter_class=ValueConverter)
"""For every client, worker and replayer that has to do with sagas."""


@cache
def _own() -> Converter:
    return make_converter()


def _text(value: object) -> str | None:
    if type(value) in NAMES:
        return encode(value)
    name = _MESSAGE_NAMES.get(type(value))
    return canonical_json({_NAME: name, **_own().unstructure(value)}) if name else None


def _message(kind: type[object], document: dict[str, object]) -> object:
    fields = {key: value for key, value in document.items() if key != _NAME}
    try:
        return _own().structure(fields, kind)
    except BaseValidationError as broken:
        problem = "; ".join(transform_error(broken))
        raise InvalidInput(field=str(document[_NAME]), problem=problem) from None
