"""What a suite says when a port breaks a promise: which one, who is to blame, what was seen.

A test of a suite is named for a promise and explains it in its docstring. When it fails, both are
told in plain words, with the method to blame, what was expected, what was seen instead, and the
calls that led there; whoever wrote the adapter need not know the suite's code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from inspect import cleandoc, iscoroutinefunction, signature
from traceback import extract_tb
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar, cast

from attrs import define

from ordercore.testing.contracts.differences import Differs
from ordercore.testing.contracts.trail import Trail

__all__ = ["BrokenPromise", "Promises", "Refused", "blames", "refusal"]

P = ParamSpec("P")
F = TypeVar("F", bound=Exception)


class BrokenPromise(AssertionError):
    """A port does not do what its protocol says; the text says all about it.

    Attributes:
        promise: What was promised.
        blame: Port and method that have to be looked at first.
    """

    def __init__(self, *, promise: str, blame: str, expected: str, seen: str, calls: str) -> None:
        self.promise, self.blame = promise, blame
        lines = {
            "Broken promise": promise,
            "To blame": blame,
            "Expected": expected,
            "Seen": seen,
            "It was asked": calls,
        }
        told = (f"{label}: {_indented(text)}" for label, text in lines.items() if text)
        super().__init__("\n".join(told))


@define
class Refused(Generic[F]):
    """Holds the fault that refused something, once it has."""

    fault: F | None = None

    @property
    def value(self) -> F:
        """The fault; there is one after the block."""
        assert self.fault is not None, "only known after the block"
        return self.fault


@contextmanager
def refusal(kind: type[F]) -> Iterator[Refused[F]]:
    """Expect that what is done in the block is refused with this fault.

    Raises:
        Differs: it was accepted. Any other fault passes through.
    """
    refused = Refused[F]()
    try:
        yield refused
    except kind as fault:
        refused.fault = fault
        return
    raise Differs(
        expected=f"it is refused with {kind.__name__}, and nothing is written",
        seen="it was accepted",
    )


def blames(method: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Name the method that is to blame when the decorated test of a suite fails."""

    def decorate(test: Callable[P, None]) -> Callable[P, None]:
        cast("Any", test).blame = method
        return test

    return decorate


class Promises:
    """Base of everything that tests a port: its failures are told in plain words.

    Attributes:
        blame: The method to blame for whatever a test does not say itself; where that is empty
            too, it is the method that was called last.
    """

    blame: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        """Have every test of the suite tell its failures in plain words."""
        super().__init_subclass__(**options)
        for name, test in list(vars(cls).items()):
            if name.startswith("test_") and callable(test) and not iscoroutinefunction(test):
                setattr(cls, name, _told(test, blame=cls.blame))


def _told(test: Callable[..., None], *, blame: str) -> Callable[..., None]:
    @wraps(test)
    def telling(suite: Promises, *values: Any, **named: Any) -> None:
        __tracebackhide__ = True
        trail = Trail()
        given = signature(test).bind(suite, *values, **named).arguments
        del given["self"]
        if hasattr(given.get("subject"), "followed"):
            given["subject"] = given["subject"].followed(trail)
        try:
            test(suite, **given)
        except Exception as error:
            expected, seen = _expected_and_seen(error)
            raise BrokenPromise(
                promise=_promise(test, given),
                blame=getattr(test, "blame", blame) or trail.last,
                expected=expected,
                seen=seen,
                calls=str(trail),
            ) from error

    return telling


def _promise(test: Callable[..., None], given: Mapping[str, object]) -> str:
    """Return name and docstring of a test as sentences, and for which case it failed."""
    name = test.__name__.removeprefix("test_").replace("_", " ")
    cases = [f"{key} = {value}" for key, value in given.items() if isinstance(value, str | int)]
    case = f" ({', '.join(cases)})" if cases else ""
    return f"{name[:1].upper()}{name[1:]}{case}.\n{cleandoc(test.__doc__ or '')}".rstrip()


def _expected_and_seen(error: Exception) -> tuple[str, str]:
    if isinstance(error, Differs):
        return error.expected, error.seen
    if isinstance(error, AssertionError):
        said = str(error).partition("\n")[0].removeprefix("assert ")
        line = extract_tb(error.__traceback__)[-1].line or ""
        return line.removeprefix("assert "), said
    where = extract_tb(error.__traceback__)[-1]
    seen = f"the fault {type(error).__name__} was raised: {error} ({where.name})"
    return "an answer, and no fault", seen


def _indented(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(f"    {line}" for line in rest)])
