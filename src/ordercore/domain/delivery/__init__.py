"""What the customer receives: sealed credentials and their delivery."""

from ordercore.domain.delivery.credentials import Credentials, SealedCredentials, associated_data
from ordercore.domain.delivery.redelivery import (
    DEFAULT_LIMIT,
    RedeliveryLimit,
    request_redelivery,
)

__all__ = [
    "Credentials",
    "DEFAULT_LIMIT",
    "RedeliveryLimit",
    "SealedCredentials",
    "associated_data",
    "request_redelivery",
]
