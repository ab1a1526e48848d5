"""What pages show: templates, amounts and dates, and words for states and events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates

from examples.retail_shop.sessions import csrf_of, somebody_or_nobody
from examples.retail_shop.wording import EVENTS, PAYMENTS, STATES
from ordercore import Money

__all__ = ["HERE", "page"]

HERE = Path(__file__).parent
_SIGNS = {"EUR": "€"}

_templates = Jinja2Templates(directory=HERE / "templates")


def page(
    request: Request,
    name: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: object,
) -> Response:
    """Return a page.

    Args:
        request: What was asked; its session fills the top of the page.
        name: The template.
        status: The status code.
        headers: Further headers.
        values: What the template shows.
    """
    shop = request.app.state.shop
    shared = {
        "user": somebody_or_nobody(request, shop),
        "csrf": csrf_of(request),
        "pieces": sum(dict(request.session.get("basket", {})).values()),
    }
    return _templates.TemplateResponse(
        request, name, {**shared, **values}, status_code=status, headers=headers
    )


def _money(amount: Money) -> str:
    sign = _SIGNS.get(amount.currency, f"{amount.currency} ")
    return f"{sign}{amount.decimal_text()}"


def _moment(at: datetime) -> str:
    return f"{at:%d %b %Y, %H:%M:%S} UTC"


_templates.env.filters["money"] = _money
_templates.env.filters["moment"] = _moment
_templates.env.filters["short"] = lambda at: f"{at:%d %b, %H:%M}"
_templates.env.filters["percent"] = lambda basis_points: f"{basis_points / 100:g} %"
_templates.env.filters["day"] = lambda day: f"{day:%d %B %Y}"
_templates.env.filters["state"] = lambda state: STATES.get(state, state)
_templates.env.filters["event"] = lambda kind: EVENTS.get(kind, kind)
_templates.env.filters["payment"] = lambda kind: PAYMENTS.get(kind, kind)
