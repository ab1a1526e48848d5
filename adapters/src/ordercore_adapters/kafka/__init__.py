"""Apache Kafka: publishing the outbox, and taking events in with exactly one effect each.

`KafkaPublisher` is a `PublisherPort`; `KafkaConsumer` hands events to a handler and commits what it
wants written together with the mark that the event was taken in. Delivery is at least once, the
effect is exactly once. Needs the extra ``kafka``.
"""

try:
    import confluent_kafka as _confluent_kafka  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "confluent_kafka":
        raise
    raise ModuleNotFoundError(
        "Kafka needs the extra 'kafka': pip install 'ordercore-adapters[kafka]'",
        name="confluent_kafka",
    ) from error

from ordercore_adapters.kafka.consumer import Handler, KafkaConsumer
from ordercore_adapters.kafka.faults import BrokerFault
from ordercore_adapters.kafka.messages import Message, Received, received, to_message
from ordercore_adapters.kafka.publisher import KafkaPublisher
from ordercore_adapters.kafka.taking import Outcome, Taken, is_passing
from ordercore_adapters.kafka.topics import create_topics, dead_letter_topic

__all__ = [
    "BrokerFault",
    "Handler",
    "KafkaConsumer",
    "KafkaPublisher",
    "Message",
    "Outcome",
    "Received",
    "Taken",
    "create_topics",
    "dead_letter_topic",
    "is_passing",
    "received",
    "to_message",
]
