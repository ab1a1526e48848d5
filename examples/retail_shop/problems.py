"""Every refusal and every fault as one kind of answer: a problem by RFC 9457.

The library says what went wrong by a stable code; this table says with which status, and in which
words a person reads about it. Programs get ``application/problem+json``, browsers a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from attrs import frozen

from ordercore import Finding, OrderCoreError, Refusal

__all__ = ["Complaint", "PROBLEMS", "Problem", "of_fault", "of_refusal", "of_status"]

_OF_FRAMEWORK = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}
_NOT_SHOWN = "Something went wrong on our side. It was written down, and may be tried again."


@frozen(kw_only=True)
class Problem:
    """What is answered instead of what was asked for.

    Attributes:
        status: The status code.
        code: Stable, for programs.
        detail: What went wrong this time, for a person.
        findings: One per field, where there are several.
        headers: What else the answer carries, such as ``Retry-After``.
    """

    status: int
    code: str
    detail: str
    findings: tuple[Finding, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """The code in words."""
        return self.code.replace("_", " ").capitalize()

    def body(self, instance: str) -> dict[str, object]:
        """Return the members of the problem; ``instance`` is the path that was asked."""
        found: dict[str, object] = {"errors": _errors(self.findings)} if self.findings else {}
        return {
            "type": f"/problems/{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            **found,
        }


class Complaint(Exception):
    """Raised where a page or an operation ends with a problem."""

    def __init__(self, problem: Problem) -> None:
        """Carry ``problem`` to the one place that answers."""
        super().__init__(problem.code)
        self.problem = problem


PROBLEMS: dict[str, tuple[int, str]] = {
    "attempt_open": (409, "The last attempt to pay is not settled yet. Ask again in a moment."),
    "bad_request": (400, "The request cannot be read at all."),
    "concurrency_conflict": (409, "Somebody else changed the order first. Look at it again."),
    "forbidden": (403, "The form did not come from a page of this shop, or is too old."),
    "idempotency_in_flight": (409, "The request with this key is still being carried out."),
    "idempotency_key_missing": (400, "Buying needs an Idempotency-Key, so that it happens once."),
    "idempotency_key_reused": (422, "The key was used for another purchase. Take a new one."),
    "invalid_input": (400, "A value cannot be what its field requires."),
    "leaving": (409, "The parcel is being handed over. It can be sent back once it is there."),
    "letter_overtaken": (409, "What the mail says is no longer so; it is not sent again."),
    "lookup_timed_out": (503, "The address book did not answer. Nothing was ordered; try again."),
    "lookup_unreachable": (503, "The address book is not there. Nothing was ordered; try again."),
    "malformed": (422, "The request does not have the shape it should have."),
    "method_not_allowed": (405, "This cannot be done at this address."),
    "no_such_address": (422, "There is no such entry in your address book."),
    "no_such_letter": (404, "There is no such mail about this order."),
    "not_found": (404, "There is nothing here, or it is not yours."),
    "out_of_stock": (409, "There is less on the shelf than was asked for. Nothing was ordered."),
    "out_of_memory": (503, "The shop is too busy. Nothing was half done; try again."),
    "precondition_failed": (412, "The order has changed since it was looked at."),
    "precondition_required": (428, "Send the ETag of the order in If-Match."),
    "price_changed": (409, "The price is another than the one that was shown."),
    "redelivery_limited": (429, "The mail was sent often enough."),
    "return_window_closed": (409, "Goods can be sent back for fourteen days."),
    "still_on_its_way": (409, "Only the carrier can send back what has not arrived."),
    "token_missing": (422, "A card is charged by a token of the provider."),
    "too_large": (413, "Nothing that long is expected here."),
    "too_many_attempts": (409, "Paying was tried too often. The order will be called off."),
    "too_many_requests": (429, "Too many tries. Wait a little."),
    "transition_not_allowed": (409, "The order is past this, or not there yet."),
    "unauthorized": (401, "Log in first."),
    "validation_failed": (422, "Some of what was sent is not acceptable; all of it is listed."),
}
"""Status and meaning of the codes that the shop answers with; others are 409 or 500."""


def of_refusal(refusal: Refusal) -> Problem:
    """Return the problem of a rule that said no."""
    status, _ = PROBLEMS.get(refusal.code, (409, ""))
    return Problem(
        status=status, code=refusal.code, detail=refusal.reason, findings=refusal.findings
    )


def of_fault(fault: Exception) -> Problem:
    """Return the problem of an exception; of those that are our fault nothing is told."""
    if isinstance(fault, MemoryError):
        return Problem(
            status=503,
            code="out_of_memory",
            detail=PROBLEMS["out_of_memory"][1],
            headers=(("Retry-After", "1"),),
        )
    if isinstance(fault, OrderCoreError) and fault.http_hint < HTTPStatus.INTERNAL_SERVER_ERROR:
        headers = (("Retry-After", "1"),) if fault.code == "idempotency_in_flight" else ()
        return Problem(status=fault.http_hint, code=fault.code, detail=str(fault), headers=headers)
    return Problem(status=500, code="internal", detail=_NOT_SHOWN)


def of_status(status: int, headers: Iterable[tuple[str, str]] = ()) -> Problem:
    """Return the problem of a status that the framework answers with."""
    code = _OF_FRAMEWORK.get(status, f"status_{status}")
    _, meaning = PROBLEMS.get(code, (status, "The request was not carried out."))
    return Problem(status=status, code=code, detail=meaning, headers=tuple(headers))


def _errors(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [
        {
            "field": each.field,
            "code": each.code,
            "message": each.message,
            **({"allowed": each.allowed} if each.allowed else {}),
        }
        for each in findings
    ]
