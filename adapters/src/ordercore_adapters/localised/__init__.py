"""Amounts and dates as people write them where they live, for documents and letters.

The rules are those of the Unicode CLDR, through Babel. No amount is converted or rounded. Comes
with the extras ``documents`` and ``smtp``.
"""

try:
    import babel as _babel  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "babel":
        raise
    raise ModuleNotFoundError(
        "localised texts need the extra 'documents' or 'smtp': "
        "pip install 'ordercore-adapters[documents]'",
        name="babel",
    ) from error

from ordercore_adapters.localised.texts import (
    country_text,
    date_text,
    instant_text,
    language_of,
    money_text,
    number_text,
    zone_of,
)

__all__ = [
    "country_text",
    "date_text",
    "instant_text",
    "language_of",
    "money_text",
    "number_text",
    "zone_of",
]
