"""The publisher: what the relay of the outbox sends through.

It waits for the broker, so it belongs into a blocking bundle; an asynchronous host keeps its own
ports and gives it as ``offload``-ed one, see `ordercore_adapters.bridges`.
"""

from __future__ import annotations

from ordercore.ports import Outgoing
from ordercore_adapters.kafka._producing import Producing
from ordercore_adapters.kafka.messages import to_message
from ordercore_adapters.kafka.settings import Settings

__all__ = ["KafkaPublisher"]


class KafkaPublisher:
    """A `PublisherPort` over a broker: CloudEvents in binary mode, keyed by the stream.

    One call at a time; give each thread one of its own where that is too few. Connections belong to
    the process that made them: after a fork, make a new one.
    """

    def __init__(
        self,
        bootstrap: str,
        *,
        source: str = "/ordercore",
        timeout_s: float = 10,
        transactional_id: str | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Prepare the client; it connects in the background.

        Args:
            bootstrap: Hosts and ports to begin with, separated by commas.
            source: URI reference of this service; part of the key consumers deduplicate by.
            timeout_s: Longest time one call may take, below the lease of a worker (30 s).
            transactional_id: Publish each call as one transaction under this id, which no other
                publisher may have at the same time. For consumers that read committed events only.
            settings: Further settings of the client, such as ``security.protocol``.

        Raises:
            InvalidInput: a setting the client does not know, or that a guarantee depends on.
        """
        self._source = source
        self._producing = Producing(
            bootstrap, timeout_s=timeout_s, settings=settings, transactional_id=transactional_id
        )

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Send events in order and return how many were acknowledged from the front.

        A broker that is away or refuses shows in a lower number and in the log
        ``ordercore_adapters.kafka``, within the time limit, and never in an exception.
        """
        return self._producing.send([to_message(event, source=self._source) for event in events])

    def close(self) -> None:
        """Let go of the connections."""
        self._producing.close()
