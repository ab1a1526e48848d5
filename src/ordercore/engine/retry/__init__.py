"""Retry schedules as data."""

from ordercore.engine.retry.policy import NO_RETRY, PATIENT, QUICK, RetryPolicy

__all__ = ["NO_RETRY", "PATIENT", "QUICK", "RetryPolicy"]
