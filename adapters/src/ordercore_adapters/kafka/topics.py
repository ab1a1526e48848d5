"""Names of topics, and making them."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from ordercore_adapters.kafka.faults import broker_fault
from ordercore_adapters.kafka.settings import Settings, client_settings

__all__ = ["create_topics", "dead_letter_topic"]

_TIMEOUT_S = 30.0
_TIMED_OUT = KafkaError(KafkaError._TIMED_OUT)


def dead_letter_topic(topic: str) -> str:
    """Return where the messages of a topic go that no attempt could take in.

    >>> dead_letter_topic("order-events")
    'order-events.dead'
    """
    return f"{topic}.dead"


def create_topics(
    bootstrap: str,
    *topics: str,
    partitions: int,
    replicas: int = 3,
    settings: Settings | None = None,
) -> None:
    """Make each topic and its dead-letter topic; those that exist already stay as they are.

    Args:
        bootstrap: Hosts and ports to begin with, separated by commas.
        topics: Names.
        partitions: How many consumers of one group can work at once. Raising it later moves keys to
            other partitions, and order across that moment is lost: begin with enough.
        replicas: Copies of each partition.
        settings: Further settings of the client.

    Raises:
        BrokerFault: the broker cannot be reached, or refuses.
    """
    client = AdminClient(client_settings(bootstrap, settings))
    names = [name for topic in topics for name in (topic, dead_letter_topic(topic))]
    made = client.create_topics([NewTopic(name, partitions, replicas) for name in names])
    for name in names:
        try:
            made[name].result(timeout=_TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise broker_fault("the topics could not be made", error) from None
        except TimeoutError:
            raise broker_fault("the topics could not be made", _TIMED_OUT) from None
