"""What the customer receives: sealed credentials and their delivery."""

from ordercore.domain.delivery.credentials import Credentials, SealedCredentials, associated_data
from ordercore.domain.delivery.redelivery import (
    DEFAULT_LIMIT,
    TAKEN_BACK,
    RedeliveryLimit,
    asked_too_often,
    request_redelivery,
)

__all__ = [
    "Credentials",
    "DEFAULT_LIMIT",
    "RedeliveryLimit",
    "SealedCredentials",
    "TAKEN_BACK",
    "asked_too_often",
    "associated_data",
    "request_redelivery",
]
