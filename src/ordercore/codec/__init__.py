"""Values to bytes and back: one converter, stable names, versions, one canonical form."""

from ordercore.codec.canonical import canonical_json, fingerprint
from ordercore.codec.converter import (
    decode,
    decode_any,
    encode,
    from_plain,
    make_converter,
    to_plain,
)
from ordercore.codec.registry import NAMES, TYPES, VERSIONS
from ordercore.codec.stored import decode_stored
from ordercore.codec.upcast import UPCASTERS, Upcaster, upcast

__all__ = [
    "NAMES",
    "TYPES",
    "UPCASTERS",
    "Upcaster",
    "VERSIONS",
    "canonical_json",
    "decode",
    "decode_any",
    "decode_stored",
    "encode",
    "fingerprint",
    "from_plain",
    "make_converter",
    "to_plain",
    "upcast",
]
