"""Who is asking: a signed cookie for browsers, a signed token for programs.

The cookie says which user is logged in, what is in the basket, and which secret the forms of this
session carry. A form without that secret did not come from a page of the shop.
"""

from __future__ import annotations

import secrets
from hmac import compare_digest
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Form, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from itsdangerous import BadData, URLSafeTimedSerializer

from examples.retail_shop.problems import PROBLEMS, Complaint, Problem
from examples.retail_shop.shop import Shop
from ordercore.ports import User

__all__ = [
    "ApiUser",
    "FormChecked",
    "LoginNeeded",
    "SESSION_S",
    "SignedIn",
    "TOKEN_S",
    "TheShop",
    "csrf_of",
    "forget_user",
    "local_path",
    "log_in",
    "login_address",
    "new_token",
    "somebody_or_nobody",
]

SESSION_S = 8 * 3600
"""How long somebody stays logged in."""

TOKEN_S = 3600
"""How long a token is good."""

_USER, _CSRF = "user", "csrf"
_bearer = HTTPBearer(auto_error=False, description="From `POST /api/tokens`")


class LoginNeeded(Exception):
    """Raised where somebody has to log in first."""


def the_shop(request: Request) -> Shop:
    """Return the shop that the application serves."""
    shop: Shop = request.app.state.shop
    return shop


TheShop = Annotated[Shop, Depends(the_shop)]


def csrf_of(request: Request) -> str:
    """Return the secret that the forms of this session carry."""
    if _CSRF not in request.session:
        request.session[_CSRF] = secrets.token_urlsafe(24)
    return str(request.session[_CSRF])


def check_form(request: Request, csrf: Annotated[str, Form()] = "") -> None:
    """Refuse a form that did not come from a page of this session."""
    expected = str(request.session.get(_CSRF, ""))
    if not expected or not compare_digest(expected.encode(), csrf.encode("utf-8", "replace")):
        detail = PROBLEMS["forbidden"][1]
        raise Complaint(Problem(status=403, code="forbidden", detail=detail))


FormChecked = Depends(check_form)


def log_in(request: Request, user: User) -> None:
    """Begin a session: forms of the one before are void, the basket stays."""
    request.session.pop(_CSRF, None)
    request.session[_USER] = user.id


def forget_user(request: Request) -> None:
    """End a session, with everything in it."""
    request.session.clear()


def somebody_or_nobody(request: Request, shop: Shop) -> User | None:
    """Return who is logged in, if anybody is."""
    user_id = request.session.get(_USER)
    return shop.user(str(user_id)) if user_id else None


def signed_in(request: Request, shop: TheShop) -> User:
    """Return who is logged in.

    Raises:
        LoginNeeded: nobody is.
    """
    user = somebody_or_nobody(request, shop)
    if user is None:
        raise LoginNeeded
    return user


SignedIn = Annotated[User, Depends(signed_in)]


def login_address(request: Request) -> str:
    """Return where to log in, and how to come back; a form that was sent is not sent again."""
    target = request.url.path if request.method == "GET" else "/basket"
    return f"/login?then={quote(target, safe='/')}"


def local_path(address: str) -> str:
    """Return an address of this shop; the front page for any other."""
    own = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if own and address.isprintable() else "/"


def new_token(shop: Shop, user: User) -> str:
    """Return a token for programs."""
    return _tokens(shop).dumps(user.id)


def api_user(
    shop: TheShop,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> User:
    """Return on whose behalf a program asks."""
    user: User | None = None
    if given is not None:
        try:
            user = shop.user(str(_tokens(shop).loads(given.credentials, max_age=TOKEN_S)))
        except BadData:
            user = None
    if user is None:
        raise Complaint(
            Problem(
                status=401,
                code="unauthorized",
                detail="a valid bearer token is needed",
                headers=(("WWW-Authenticate", 'Bearer realm="shop"'),),
            )
        )
    return user


ApiUser = Annotated[User, Depends(api_user)]


def _tokens(shop: Shop) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(shop.session_secret, salt="api-token")
