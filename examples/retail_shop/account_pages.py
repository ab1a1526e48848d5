"""Pages: log in and out."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Annotated

from attrs import field, frozen
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from examples.retail_shop.problems import PROBLEMS, Complaint, Problem
from examples.retail_shop.sessions import (
    FormChecked,
    TheShop,
    forget_user,
    local_path,
    log_in,
)
from examples.retail_shop.shop import LOGIN_RATE, TENANT, Shop
from examples.retail_shop.users import User
from examples.retail_shop.views import page
from ordercore.kernel.ids import derive_key
from ordercore.ports import (
    Limited,
    Ports,
    TraceError,
    TraceErrorKind,
    TraceEvent,
    TraceName,
)

__all__ = ["checked_user", "router"]

router = APIRouter(include_in_schema=False)
_WRONG = "wrong_password"


@router.get("/login")
def login_page(request: Request, then: str = "/") -> Response:
    """Ask who it is."""
    return page(request, "login.html", then=local_path(then))


@router.post("/login", dependencies=[FormChecked])
def login(
    request: Request,
    shop: TheShop,
    email: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=200)],
    then: Annotated[str, Form()] = "/",
) -> Response:
    """Check the password, and go on to where somebody wanted to go."""
    user = checked_user(shop, email, password)
    if user is None:
        again = "Address and password do not belong together."
        return page(
            request, "login.html", status=401, then=local_path(then), email=email, wrong=again
        )
    log_in(request, user)
    return RedirectResponse(local_path(then), status_code=303)


@router.post("/logout", dependencies=[FormChecked])
def logout(request: Request) -> Response:
    """End the session."""
    forget_user(request)
    return RedirectResponse("/", status_code=303)


def checked_user(shop: Shop, email: str, password: str) -> User | None:
    """Return whose password it is, and tell telemetry how it went.

    Raises:
        Complaint: the address was tried too often.
    """
    begun_at = shop.clock.now()
    name = derive_key("login", email.lower())
    verdict = shop.core.handle(_LoginTry(shop=shop, name=name, at=begun_at))
    if verdict is not None:
        raise Complaint(verdict)
    user = shop.users.verify(email, password)
    error = None if user else TraceError(kind=TraceErrorKind.REFUSAL, code=_WRONG)
    shop.core.ports.telemetry.emit(
        TraceEvent(
            name=TraceName.USER_LOGIN,
            operation="LogIn",
            tenant=TENANT,
            started_at=begun_at,
            duration=max(shop.clock.now() - begun_at, begun_at - begun_at),
            error=error,
        )
    )
    return user


@frozen(kw_only=True)
class _LoginTry:
    """Take one token of an address's bucket; the problem is that there is none."""

    shop: Shop = field(repr=False)
    name: str
    at: datetime

    async def run(self, ports: Ports) -> Problem | None:
        tries = self.shop.login_tries
        verdict = await tries.take(TENANT, self.name, limit=LOGIN_RATE, now=self.at)
        if not isinstance(verdict, Limited):
            return None
        wait = str(ceil(verdict.retry_after.total_seconds()))
        return Problem(
            status=429,
            code="too_many_requests",
            detail=PROBLEMS["too_many_requests"][1],
            headers=(("Retry-After", wait),),
        )
