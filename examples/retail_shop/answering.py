"""The one place where problems are answered, and the headers that every answer has."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples.retail_shop.problems import Complaint, Problem, of_fault, of_status
from examples.retail_shop.sessions import LoginNeeded, login_address
from examples.retail_shop.views import page
from ordercore import Finding, OrderCoreError

__all__ = ["Bounded", "SafeHeaders", "answer_problems"]

_log = logging.getLogger(__name__)
_LONGEST_BODY = 64 * 1024
_JSON = "application/problem+json"
_PROGRAMS = ("/api/", "/webhooks/")
_SAFE = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_NOT_KEPT = {"cache-control": "private, no-cache"}


def answer_problems(app: FastAPI) -> None:
    """Have ``app`` answer every problem in the same form."""

    def complaint(request: Request, error: Exception) -> Response:
        assert isinstance(error, Complaint)
        return _answer(request, error.problem)

    def fault(request: Request, error: Exception) -> Response:
        problem = of_fault(error)
        if problem.status >= 500:
            _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return _answer(request, problem)

    def framework(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        headers: Mapping[str, str] = error.headers or {}
        return _answer(request, of_status(error.status_code, headers.items()))

    def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _answer(request, _malformed(error))

    def login(request: Request, error: Exception) -> Response:
        return RedirectResponse(login_address(request), status_code=303)

    app.add_exception_handler(Complaint, complaint)
    app.add_exception_handler(OrderCoreError, fault)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(LoginNeeded, login)
    app.add_exception_handler(Exception, fault)


class SafeHeaders:
    """Middleware: no foreign scripts, no framing, no sniffing; nothing personal in a cache."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every answer."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                named = {name.decode("latin-1") for name, _ in headers}
                kept = scope["path"].startswith("/static/")
                extra = _SAFE if kept else {**_SAFE, **_NOT_KEPT}
                headers += [
                    (name.encode(), value.encode())
                    for name, value in extra.items()
                    if name not in named
                ]
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, sending)


class Bounded:
    """Middleware: nothing that is longer than a page of forms is read to its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read; the framework answers what is raised here as any other problem."""
        read = 0

        async def receiving() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _LONGEST_BODY:
                raise HTTPException(status_code=413)
            return message

        await self._app(scope, receiving, send)


def _answer(request: Request, problem: Problem) -> Response:
    # Said here too: what nobody expected is answered outside of every middleware.
    headers = {**_SAFE, **_NOT_KEPT, **dict(problem.headers)}
    if request.url.path.startswith(_PROGRAMS):
        return JSONResponse(
            problem.body(request.url.path),
            status_code=problem.status,
            media_type=_JSON,
            headers=headers,
        )
    return page(request, "problem.html", status=problem.status, headers=headers, problem=problem)


def _malformed(error: RequestValidationError) -> Problem:
    # What was sent is not repeated: it may be a password or a token.
    findings = tuple(
        Finding(
            field=".".join(str(part) for part in each["loc"]),
            code=str(each["type"]),
            message=str(each["msg"]),
        )
        for each in error.errors()
    )
    return Problem(
        status=422, code="malformed", detail="the request cannot be read", findings=findings
    )
