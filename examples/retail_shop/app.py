"""The web application: the pages, the JSON interface, and where the provider comes in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles
from starlette.middleware.sessions import SessionMiddleware

from examples.retail_shop import (
    account_pages,
    api,
    checkout_pages,
    order_pages,
    provider_pages,
    shop_pages,
    webhook,
)
from examples.retail_shop.answering import Bounded, SafeHeaders, answer_problems
from examples.retail_shop.api_shapes import ProblemShape
from examples.retail_shop.sessions import SESSION_S
from examples.retail_shop.shop import Shop
from examples.retail_shop.views import HERE

__all__ = ["PARTS", "make_app"]

PARTS = (
    shop_pages,
    account_pages,
    checkout_pages,
    order_pages,
    provider_pages,
    webhook,
    api,
)
"""Everything with addresses."""


def make_app(shop: Shop) -> FastAPI:
    """Return the application that serves ``shop``."""
    # The interactive pages of the framework load scripts from elsewhere, so they are off.
    app = FastAPI(title="The Corner Shop", version="1", docs_url=None, redoc_url=None)
    app.state.shop = shop
    for part in PARTS:
        app.include_router(part.router)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.add_middleware(Bounded)
    app.add_middleware(SafeHeaders)
    app.add_middleware(
        SessionMiddleware,
        secret_key=shop.session_secret,
        session_cookie="shop",
        max_age=SESSION_S,
        same_site="lax",
        https_only=shop.base_url.startswith("https://"),
    )
    answer_problems(app)
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    return app


def _described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the shape that all problems have."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        schemas = document["components"]["schemas"]
        shape = ProblemShape.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= shape.pop("$defs", {}) | {"ProblemShape": shape}
        app.openapi_schema = document
    return app.openapi_schema
