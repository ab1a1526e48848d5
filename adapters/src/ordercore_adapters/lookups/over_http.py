"""An address book behind HTTP: one request, an answer that is checked, and an end to waiting.

``GET <url>?tenant=...&customer=...&entry=...`` is answered with ``200`` and ``{"name": ...,
"address": {"lines": [...], "postcode": ..., "city": ..., "country": ...}}``, or with ``404``. Who
asks, and by which certificate the service is known, is for the client that the host hands in.
"""

from __future__ import annotations

import asyncio

import httpx2

from ordercore.kernel.errors import InvalidInput
from ordercore.ports import LookupTimedOut, LookupUnreachable, RecipientLookup, RecipientQuery
from ordercore_adapters.lookups.answers import LONGEST, TOO_LONG, told_by
from ordercore_adapters.lookups.waiting import Line, within

__all__ = ["AsyncHttpLookups", "HttpLookups"]


class HttpLookups:
    """A `LookupsPort` that blocks; it may be used from several threads.

    Each look-up runs in a thread of its own, so that even a service that answers byte by byte holds
    nobody for longer than was said.
    """

    def __init__(self, client: httpx2.Client, url: str, *, timeout_s: float = 2.0) -> None:
        """Ask ``url`` with ``client``, which stays the host's to close.

        Args:
            client: With whatever the service wants to see, such as a token.
            url: Of the address books.
            timeout_s: How long to wait for the whole of it, from the search for the service's
                address to the last byte of the answer.

        Raises:
            InvalidInput: nobody could answer in that time.
        """
        self._client, self._url, self._timeout_s = client, url, _seconds(timeout_s)

    async def recipient(self, query: RecipientQuery) -> RecipientLookup:
        """Return name and address of an entry in a customer's address book."""
        line = Line()
        try:
            return within(self._timeout_s, lambda: self._asked(query, line))
        except TimeoutError:
            line.cut()
            return LookupTimedOut()
        except httpx2.RequestError as trouble:
            return _failed(trouble)

    def _asked(self, query: RecipientQuery, line: Line) -> RecipientLookup:
        body = b""
        with self._client.stream(
            "GET",
            self._url,
            params=_params(query),
            timeout=self._timeout_s,
            follow_redirects=False,
            extensions={"trace": line.trace},
        ) as answer:
            for chunk in answer.iter_bytes():
                body += chunk
                if line.is_cut or len(body) > LONGEST:
                    return TOO_LONG
            return told_by(answer.status_code, body)


class AsyncHttpLookups:
    """The same for async hosts."""

    def __init__(self, client: httpx2.AsyncClient, url: str, *, timeout_s: float = 2.0) -> None:
        """Ask ``url`` with ``client``; arguments and faults as for `HttpLookups`."""
        self._client, self._url, self._timeout_s = client, url, _seconds(timeout_s)

    async def recipient(self, query: RecipientQuery) -> RecipientLookup:
        """Return name and address of an entry in a customer's address book."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._asked(query)
        except TimeoutError:
            return LookupTimedOut()
        except httpx2.RequestError as trouble:
            return _failed(trouble)

    async def _asked(self, query: RecipientQuery) -> RecipientLookup:
        body = b""
        async with self._client.stream(
            "GET",
            self._url,
            params=_params(query),
            timeout=self._timeout_s,
            follow_redirects=False,
        ) as answer:
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > LONGEST:
                    return TOO_LONG
            return told_by(answer.status_code, body)


def _seconds(given: float) -> float:
    if not given > 0:
        problem = f"got {given!r:.40}"
        raise InvalidInput(field="timeout_s", problem=problem, allowed="more than 0")
    return given


def _params(query: RecipientQuery) -> dict[str, str]:
    return {"tenant": query.tenant, "customer": query.customer, "entry": query.entry}


def _failed(trouble: httpx2.RequestError) -> LookupTimedOut | LookupUnreachable:
    if isinstance(trouble, httpx2.TimeoutException):
        return LookupTimedOut()
    return LookupUnreachable(code=type(trouble).__name__)
