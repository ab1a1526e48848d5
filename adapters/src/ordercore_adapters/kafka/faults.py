"""What can go wrong with a broker, without the messages that were on their way to it."""

from __future__ import annotations

from typing import ClassVar

from confluent_kafka import KafkaError, KafkaException

from ordercore.kernel.errors import OrderCoreError

__all__ = ["BrokerFault", "broker_fault"]


class BrokerFault(OrderCoreError):
    """The broker refused or could not be reached.

    ``problem`` is the client's text for the code, never its detail: that may name keys or quote
    settings, and settings hold passwords.
    """

    code = "broker_fault"
    http_hint = 503
    fields: ClassVar[tuple[str, ...]] = ("problem", "broker_code")

    def __init__(self, *, problem: str, broker_code: str = "") -> None:
        self.problem = problem
        self.broker_code = broker_code
        super().__init__(f"{problem} ({broker_code})" if broker_code else problem)


def broker_fault(problem: str, error: KafkaException | KafkaError) -> BrokerFault:
    """Return the fault for an error of the client."""
    cause = error.args[0] if isinstance(error, KafkaException) and error.args else error
    code = cause.name() if isinstance(cause, KafkaError) else type(error).__name__
    return BrokerFault(problem=problem, broker_code=code)
