"""Look-ups over HTTP, within a time that is bounded. Needs the extra ``lookups``."""

try:
    import httpx2 as _httpx2  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "httpx2":
        raise
    raise ModuleNotFoundError(
        "look-ups over HTTP need the extra 'lookups': pip install 'ordercore-adapters[lookups]'",
        name=error.name,
    ) from error

from ordercore_adapters.lookups.over_http import AsyncHttpLookups, HttpLookups

__all__ = ["AsyncHttpLookups", "HttpLookups"]
