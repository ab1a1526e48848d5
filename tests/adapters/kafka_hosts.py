"""Relays and consumers in processes of their own, to be killed: one database, one topic."""

from __future__ import annotations

import sys
import time
import warnings
from datetime import timedelta
from typing import Any

from attrs import evolve

from ordercore.app import OrderCore, WorkOnce
from ordercore.engine.messaging import Claim, WorkKind
from ordercore.kernel.errors import OrderCoreError
from ordercore.ports import Batch, Outgoing, Ports
from ordercore_adapters import sqlalchemy
from ordercore_adapters.kafka import KafkaConsumer, KafkaPublisher, Received
from tests.adapters.kafka_desk import NAME, SOON, leaving_a_trace

__all__ = ["main"]


class OnTopic:
    """Publishes to a topic of the test's own instead of the one the routing names."""

    def __init__(self, publisher: KafkaPublisher, topic: str) -> None:
        self._publisher, self._topic = publisher, topic

    async def publish(self, events: tuple[Outgoing, ...]) -> int:
        """Send them there."""
        return await self._publisher.publish(
            tuple(evolve(event, topic=self._topic) for event in events)
        )


class Impatient:
    """A store whose leases are short, so that what a killed relay held is soon free again."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim(self, kind: WorkKind, **options: Any) -> tuple[Claim, ...]:
        """Lease work for little longer than a publication may take."""
        return await self._store.claim(kind, **{**options, "lease": timedelta(seconds=4)})


def relay(address: str, topic: str, url: str) -> None:
    """Publish what waits in the outbox, for ever."""
    publisher = OnTopic(KafkaPublisher(address, timeout_s=3), topic)
    ports = sqlalchemy.ports(url, migrate=False, publisher=publisher)
    core = OrderCore(evolve(ports, store=Impatient(ports.store)))
    while True:
        try:
            idle = core.handle(WorkOnce(kinds=(WorkKind.STREAM,))) is None
        except OrderCoreError:  # the database is busy
            idle = True
        if idle:
            time.sleep(0.02)


def consume(address: str, topic: str, url: str) -> None:
    """Leave a trace of each event, for ever."""
    ports: Ports = sqlalchemy.ports(url, migrate=False)

    async def handler(event: Received) -> Batch:
        return await leaving_a_trace(ports, event)

    consumer = KafkaConsumer(
        address,
        ports=ports,
        name=NAME,
        topics=[topic],
        handler=handler,
        poll_s=0.1,
        settings=SOON,
        group=f"group of {topic}",
    )
    consumer.run(lambda: False)


def main() -> None:
    """Do what the command line says."""
    warnings.simplefilter("ignore")
    role, address, topic, url = sys.argv[1:]
    {"relay": relay, "consume": consume}[role](address, topic, url)


if __name__ == "__main__":
    main()
