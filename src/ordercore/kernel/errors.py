"""The error tree: what goes wrong and is nobody's business decision.

A *refusal* (a rule said no) is a value, see `ordercore.kernel.result`. An *unknown* outcome is a
value too. What is left are faults, and each fault is one class here, with a stable ``code``, typed
fields, a message built from those fields, and the HTTP status a host would answer with.

::

    OrderCoreError
    ├── InvalidInput             a value that cannot be what it claims to be
    │   ├── UnknownCurrency
    │   └── CurrencyMismatch
    ├── DefinitionError          a table (lifecycle, saga, checks) that contradicts itself
    ├── TransitionNotAllowed     the lifecycle has no such row from this state
    ├── UnknownState             an order is in a state its lifecycle no longer has
    ├── NotFound
    ├── UnreadableRecord         a stored document is damaged, or of a newer release
    ├── ConcurrencyConflict      somebody else wrote first; nothing was overwritten
    │   ├── LeaseLost            the work or lock was handed to another meanwhile
    │   └── LockHeld             somebody else is at it right now
    ├── LocksAway                nobody knows who holds a lock; nothing was begun
    ├── StockShort               too little of something; nothing was moved
    ├── IdempotencyKeyReused     same key, other content
    ├── IdempotencyInFlight      same key, still running
    ├── NotConfigured            a port was needed that the host did not supply
    └── WrongFace                a blocking bundle under the async face, or the reverse
        └── Suspended            a port suspended under the sync face
"""

from __future__ import annotations

from typing import ClassVar

from attrs import asdict

from ordercore.kernel.shortage import Shortage

__all__ = [
    "ConcurrencyConflict",
    "CurrencyMismatch",
    "DefinitionError",
    "IdempotencyInFlight",
    "IdempotencyKeyReused",
    "InvalidInput",
    "LeaseLost",
    "LockHeld",
    "LocksAway",
    "NotConfigured",
    "NotFound",
    "OrderCoreError",
    "StockShort",
    "Suspended",
    "TransitionNotAllowed",
    "UnknownCurrency",
    "UnknownState",
    "UnreadableRecord",
    "WrongFace",
]

_SHOWN = 60


class OrderCoreError(Exception):
    """Root of every fault raised by ordercore.

    Subclasses list their fields in ``fields``; `as_dict` and pickling rely on it.
    """

    code: ClassVar[str] = "fault"
    http_hint: ClassVar[int] = 500
    fields: ClassVar[tuple[str, ...]] = ()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), {name: getattr(self, name) for name in self.fields}))

    def as_dict(self) -> dict[str, object]:
        """Return code, message and fields: the body of an RFC 9457 problem or a JSON error line."""
        values = {name: getattr(self, name) for name in self.fields}
        return {"code": self.code, "message": str(self), **values}


class InvalidInput(OrderCoreError):
    """A value from outside cannot be what its field requires."""

    code = "invalid_input"
    http_hint = 400
    fields: ClassVar[tuple[str, ...]] = ("field", "problem", "allowed")

    def __init__(self, *, field: str, problem: str, allowed: str | None = None) -> None:
        self.field = field
        self.problem = problem
        self.allowed = allowed
        hint = f" (allowed: {allowed})" if allowed else ""
        super().__init__(f"{field}: {problem}{hint}")


class UnknownCurrency(InvalidInput):
    """The code is not an active ISO 4217 currency, or ISO gives it no minor unit (gold, XXX)."""

    code = "unknown_currency"
    fields = ("currency",)

    def __init__(self, *, currency: str) -> None:
        self.currency = currency
        super().__init__(
            field="currency",
            problem=f"{currency!r} is not an ISO 4217 code with a minor unit",
            allowed="a three-letter ISO 4217 code such as EUR",
        )


class CurrencyMismatch(InvalidInput):
    """Two amounts in different currencies met in one operation."""

    code = "currency_mismatch"
    fields = ("left", "right")

    def __init__(self, *, left: str, right: str) -> None:
        self.left = left
        self.right = right
        super().__init__(
            field="currency",
            problem=f"cannot combine {left} with {right}; nothing is converted silently",
        )


class DefinitionError(OrderCoreError):
    """A table contradicts itself; every problem found is listed."""

    code = "definition_error"
    fields = ("name", "problems")

    def __init__(self, *, name: str, problems: tuple[str, ...]) -> None:
        self.name = name
        self.problems = problems
        super().__init__(f"{name}: " + "; ".join(problems))


class TransitionNotAllowed(OrderCoreError):
    """The lifecycle has no row for this trigger from this state; nothing changed."""

    code = "transition_not_allowed"
    http_hint = 409
    fields = ("lifecycle", "state", "trigger", "allowed")

    def __init__(
        self, *, lifecycle: str, state: str, trigger: str, allowed: tuple[str, ...]
    ) -> None:
        self.lifecycle = lifecycle
        self.state = state
        self.trigger = trigger
        self.allowed = allowed
        listed = ", ".join(allowed) or "nothing"
        super().__init__(
            f"{lifecycle}: {trigger!r} is not allowed in state {state!r}; allowed: {listed}"
        )


class UnknownState(OrderCoreError):
    """An order is in a state that its lifecycle no longer defines."""

    code = "unknown_state"
    http_hint = 409
    fields = ("lifecycle", "state", "known")

    def __init__(self, *, lifecycle: str, state: str, known: tuple[str, ...]) -> None:
        self.lifecycle = lifecycle
        self.state = state
        self.known = known
        super().__init__(
            f"{lifecycle}: state {state!r} is not defined; known states: {', '.join(known)}"
        )


class NotFound(OrderCoreError):
    """Nothing of this kind has this id in this tenant."""

    code = "not_found"
    http_hint = 404
    fields = ("kind", "id")

    def __init__(self, *, kind: str, id: str) -> None:
        self.kind = kind
        self.id = id
        super().__init__(f"no {_cut(kind)} with id {_cut(id)!r} in this tenant")

    def as_dict(self) -> dict[str, object]:
        """Return code, message and fields, what was asked for cut to 60 characters."""
        return super().as_dict() | {"kind": _cut(self.kind), "id": _cut(self.id)}


class UnreadableRecord(OrderCoreError):
    """A stored document is damaged or was written by a newer release; nothing was changed."""

    code = "unreadable_record"
    fields = ("kind", "id", "problem")

    def __init__(self, *, kind: str, id: str, problem: str) -> None:
        self.kind = kind
        self.id = id
        self.problem = problem
        super().__init__(f"the stored {kind} {id!r} cannot be read: {problem}")


class ConcurrencyConflict(OrderCoreError):
    """The aggregate was written by somebody else since it was read; nothing was overwritten."""

    code = "concurrency_conflict"
    http_hint = 409
    fields: ClassVar[tuple[str, ...]] = ("kind", "id", "expected")

    def __init__(self, *, kind: str, id: str, expected: int | None = None) -> None:
        self.kind = kind
        self.id = id
        self.expected = expected
        was = "to be new" if expected is None else f"at version {expected}"
        super().__init__(f"{kind} {id!r} was expected {was}, but somebody else wrote it first")


class LeaseLost(ConcurrencyConflict):
    """A lease on work or on a lock ran out and went to another; its holder's result is not written.

    ``expected`` is the fence of the lease that was lost.
    """

    code = "lease_lost"

    def __init__(self, *, kind: str, id: str, expected: int | None = None) -> None:
        super().__init__(kind=kind, id=id, expected=expected)
        fence = "" if expected is None else f" with fence {expected}"
        self.args = (f"the lease{fence} on {kind} {id!r} is lost: somebody else took over since",)


class LockHeld(ConcurrencyConflict):
    """Somebody else holds the lock; nothing was done, and it may be tried again in a moment."""

    code = "lock_held"
    fields = ("id",)

    def __init__(self, *, id: str) -> None:
        super().__init__(kind="lock", id=id)
        self.args = (f"the lock {id!r} is held by somebody else",)


class LocksAway(OrderCoreError):
    """The lock service gave no answer, so nobody knows who holds a lock; nothing was begun.

    ``reason`` is the name of what it raised, never its text.
    """

    code = "locks_away"
    http_hint = 503
    fields = ("reason",)

    def __init__(self, *, reason: str) -> None:
        self.reason = reason
        super().__init__(f"no lock can be had ({reason})")


class StockShort(OrderCoreError):
    """There is too little of something; the whole batch was refused and nothing was moved.

    Trying again does not help. Every sku that is short is listed, with what was requested and what
    was available.
    """

    code = "stock_short"
    http_hint = 409
    fields = ("shortages",)

    def __init__(self, *, shortages: tuple[Shortage, ...]) -> None:
        self.shortages = shortages
        super().__init__("; ".join(map(str, shortages)))

    def as_dict(self) -> dict[str, object]:
        """Return code, message and the shortages as plain data."""
        return super().as_dict() | {"shortages": [asdict(each) for each in self.shortages]}


class IdempotencyKeyReused(OrderCoreError):
    """The same key arrived with other content."""

    code = "idempotency_key_reused"
    http_hint = 422
    fields = ("operation", "key")

    def __init__(self, *, operation: str, key: str) -> None:
        self.operation = operation
        self.key = key
        super().__init__(f"{operation}: {key!r} was already used with other content")


class IdempotencyInFlight(OrderCoreError):
    """The same key is being worked on right now; ask again in a moment."""

    code = "idempotency_in_flight"
    http_hint = 409
    fields = ("operation", "key")

    def __init__(self, *, operation: str, key: str) -> None:
        self.operation = operation
        self.key = key
        super().__init__(f"{operation}: the request with key {key!r} is still running")


class NotConfigured(OrderCoreError):
    """A use case needed a port that the host did not supply."""

    code = "not_configured"
    fields = ("port",)

    def __init__(self, *, port: str) -> None:
        self.port = port
        super().__init__(f"the port {port!r} is needed here; pass one when building Ports")


class WrongFace(OrderCoreError):
    """A blocking bundle was given to the async face, or an async one to the sync face."""

    code = "wrong_face"
    fields = ("face", "bundle", "advice")

    def __init__(self, *, face: str, bundle: str, advice: str) -> None:
        self.face = face
        self.bundle = bundle
        self.advice = advice
        super().__init__(f"{face} cannot drive a {bundle} bundle: {advice}")


class Suspended(WrongFace):
    """A port suspended while the sync face was driving it."""

    code = "suspended"

    def __init__(
        self, *, face: str = "OrderCore", bundle: str = "suspending", advice: str = ""
    ) -> None:
        super().__init__(
            face=face,
            bundle=bundle,
            advice=advice or "a port really awaited something; use AsyncOrderCore for it",
        )


def _cut(value: str) -> str:
    # What was asked for may be anything, megabytes too; logs and answers repeat its beginning.
    text = str(value)  # nothing held the caller to text
    return f"{text[:_SHOWN]}…" if len(text) > _SHOWN else value


def _rebuild(kind: type[OrderCoreError], values: dict[str, object]) -> OrderCoreError:
    return kind(**values)
