"""Pages: log in and out."""

from __future__ import annotations

from math import ceil
from typing import Annotated

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
from examples.retail_shop.shop import TENANT, Shop
from examples.retail_shop.views import page
from ordercore import LogIn
from ordercore.kernel.errors import InvalidInput
from ordercore.ports import Limited, Password, User

__all__ = ["checked_user", "router"]

router = APIRouter(include_in_schema=False)


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
    """Return whose password it is; what cannot be a name or a password is nobody's.

    Raises:
        Complaint: the address was tried too often.
    """
    try:
        asked = LogIn(tenant=TENANT, login=email, password=Password(password))
    except InvalidInput:
        return None
    answer = shop.core.handle(asked)
    if isinstance(answer, Limited):
        wait = str(ceil(answer.retry_after.total_seconds()))
        raise Complaint(
            Problem(
                status=429,
                code="too_many_requests",
                detail=PROBLEMS["too_many_requests"][1],
                headers=(("Retry-After", wait),),
            )
        )
    return answer if isinstance(answer, User) else None
