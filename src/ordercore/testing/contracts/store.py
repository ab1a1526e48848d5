"""The whole contract of the writing port."""

from __future__ import annotations

from ordercore.testing.contracts.commits import CommitContract
from ordercore.testing.contracts.leases import LeaseContract
from ordercore.testing.contracts.updates import UpdateContract

__all__ = ["StoreContract"]


class StoreContract(CommitContract, UpdateContract, LeaseContract):
    """Batches, decisions under a lock, and leases."""
