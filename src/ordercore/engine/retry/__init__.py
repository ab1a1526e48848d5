"""Retry schedules and waits between look-ups as data."""

from ordercore.engine.retry.policy import NO_RETRY, PATIENT, QUICK, RetryPolicy
from ordercore.engine.retry.polling import EVERY_5_S, Polling

__all__ = ["EVERY_5_S", "NO_RETRY", "PATIENT", "Polling", "QUICK", "RetryPolicy"]
