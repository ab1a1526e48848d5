"""Mistakes about refunds and about what banks do, to be planted into the library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from ordercore.domain.processes import disputes
from ordercore.domain.processes.provisioning import cancellation, saga_events
from ordercore.domain.processes.provisioning import disputes as of_services
from ordercore.ports import Clock, Ids, Ports
from ordercore.testing.simulation import MakePorts
from ordercore_adapters import memory

__all__ = ["PLANTED_DISPUTES"]

Plant = Callable[[pytest.MonkeyPatch], MakePorts]


def _healthy(clock: Clock, ids: Ids) -> Ports:
    return memory.ports(clock=clock, ids=ids)


def a_chargeback_that_nobody_is_told_of(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """It is booked, and that is all."""
    monkeypatch.setattr(of_services, "ask_operator", lambda turn, reference, **said: None)
    return _healthy


def a_dispute_won_of_which_all_counts(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """What the bank had taken is booked as given back, whatever came of it."""
    original = disputes.record_dispute_won

    def record(entries: Any, report: Any) -> Any:
        taken = [entry for entry in entries if entry.key == report.reference]
        return original(entries, evolve(report, amount=taken[0].amount) if taken else report)

    monkeypatch.setattr(disputes, "record_dispute_won", record)
    return _healthy


def a_repeated_report_that_is_news(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """Told once more of the same case, it is booked once more."""
    original = disputes.record_chargeback

    def record(entries: Any, report: Any) -> Any:
        others = tuple(entry for entry in entries if entry.key != report.reference)
        return original(others, report)

    monkeypatch.setattr(disputes, "record_chargeback", record)
    return _healthy


def a_returned_refund_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """That it came back is booked, and nobody pays it once more."""
    monkeypatch.setattr(of_services, "refund", lambda turn, amount, reason: None)
    return _healthy


def a_cancellation_that_keeps_the_money(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """An order that is cancelled before anything is built is paid for all the same."""
    monkeypatch.setattr(cancellation, "refund_run", lambda turn, reason, *, paid: None)
    return _healthy


def an_item_that_is_paid_for_and_not_there(monkeypatch: pytest.MonkeyPatch) -> MakePorts:
    """What could not be built is taken back, and its money stays."""
    monkeypatch.setattr(saga_events, "_request_item_refund", lambda turn, saga, note: None)
    return _healthy


PLANTED_DISPUTES: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        a_cancellation_that_keeps_the_money,
        a_chargeback_that_nobody_is_told_of,
        a_dispute_won_of_which_all_counts,
        a_repeated_report_that_is_news,
        a_returned_refund_that_is_kept,
        an_item_that_is_paid_for_and_not_there,
    )
}
