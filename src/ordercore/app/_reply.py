"""How an outside call of a saga ended, and what belongs into the batch that records it."""

from __future__ import annotations

from attrs import frozen

from ordercore.domain.delivery import SealedCredentials
from ordercore.engine.saga import Outcome
from ordercore.kernel.ids import ItemId

__all__ = ["Reply"]


@frozen(kw_only=True)
class Reply:
    """How a call ended.

    Attributes:
        sealed: Credentials to store if the saga accepts the answer.
        removed: Item whose credentials are to be forgotten if the saga accepts the answer.
    """

    outcome: Outcome
    sealed: SealedCredentials | None = None
    removed: ItemId | None = None
