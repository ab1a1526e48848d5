"""Kafka for the tests: a stand-in that is always there, and a real broker where one can be had.

``kafka_stand_in`` is the mock cluster inside librdkafka: wiring, keys, headers, groups and repeats
can be shown on it, the behaviour of a broker cannot.

``kafka_broker`` is a single Apache Kafka broker. ``ORDERCORE_TEST_KAFKA_BOOTSTRAP`` names one; then
nothing is started. Without it the broker's jars are fetched once with Maven into the user's cache,
and a broker in KRaft mode is started on the loopback interface and stopped with the session. Where
there is no Java or no Maven, or it does not start, the tests that need it are skipped with the
reason; in CI they fail.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

__all__ = ["Broker", "fetch_libraries", "kafka_broker", "kafka_stand_in", "quiet", "topic_name"]

VERSION = "4.1.0"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>ordercore.tests</groupId><artifactId>broker</artifactId><version>1</version>
<dependencies><dependency>
<groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
</dependency></dependencies></project>
"""
_SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
log.dirs={data}
num.partitions=3
offsets.topic.num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1000
"""
_PATIENCE_S = 60
_NUMBERS = count(1)

quiet = logging.getLogger("tests.kafka")
quiet.addHandler(logging.NullHandler())
quiet.propagate = False


class Broker:
    """A broker that can be stopped and started again, if it is ours.

    Attributes:
        address: Host and port.
        ours: False for one that was named from outside.
    """

    def __init__(self, address: str, folder: Path | None = None, libraries: Path | None = None):
        self.address = address
        self.ours = folder is not None
        self._folder = folder or Path()
        self._libraries = libraries or Path()
        self._process: subprocess.Popen[bytes] | None = None

    def format(self, controller: int) -> None:
        """Write the settings and prepare the folder for the logs."""
        port = int(self.address.rpartition(":")[2])
        settings = _SETTINGS.format(port=port, controller=controller, data=self._folder / "data")
        (self._folder / "server.properties").write_text(settings)
        command = self._java("kafka.tools.StorageTool", "format", "-t", "b3JkZXJjb3JlLXRlc3RzMQ")
        subprocess.run(
            [*command, "-c", "server.properties"],
            cwd=self._folder,
            check=True,
            capture_output=True,
            timeout=_PATIENCE_S,
        )

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "out.log").open("ab") as out:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", "server.properties"),
                cwd=self._folder,
                stdout=out,
                stderr=out,
            )
        until = time.monotonic() + _PATIENCE_S
        while not answers(self.address):
            if self._process.poll() is not None or time.monotonic() > until:
                tail = (self._folder / "out.log").read_text(errors="replace")[-600:]
                self.stop(kill=True)
                raise TimeoutError(f"the broker did not come up: {tail}")

    def stop(self, *, kill: bool = False) -> None:
        """End it, politely or not."""
        process, self._process = self._process, None
        if process is None:
            return
        if not kill:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_PATIENCE_S)
        if process.poll() is None:
            process.kill()
            process.wait()

    def topic(self, *, partitions: int = 3) -> str:
        """Make a topic and return its name."""
        name = topic_name()
        client = AdminClient({"bootstrap.servers": self.address}, logger=quiet)
        made = client.create_topics([NewTopic(name, partitions, 1)], operation_timeout=10)
        made[name].result(timeout=_PATIENCE_S)
        return name

    def _java(self, *words: str) -> list[str]:
        heap = ["-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return ["java", *heap, "-cp", f"{self._libraries}/*", *words]


def answers(address: str, *, timeout_s: float = 1) -> bool:
    """Return whether a broker answers there."""
    client = AdminClient({"bootstrap.servers": address}, logger=quiet)
    try:
        return bool(client.list_topics(timeout=timeout_s).brokers)
    except KafkaException:
        return False


def topic_name() -> str:
    """Return a name nobody has used; the stand-in makes a topic when it is first used."""
    return f"events-{os.getpid()}-{next(_NUMBERS)}"


@pytest.fixture(scope="session")
def kafka_stand_in() -> Iterator[str]:
    """Return the address of a mock cluster of one broker that lives as long as the session."""
    host = Producer({"test.mock.num.brokers": 1}, logger=quiet)
    broker = next(iter(host.list_topics(timeout=10).brokers.values()))
    yield f"{broker.host}:{broker.port}"
    host.flush(0)


@pytest.fixture(scope="session")
def _kafka_session() -> Iterator[Broker]:
    named = os.environ.get("ORDERCORE_TEST_KAFKA_BOOTSTRAP")
    if named:
        yield Broker(named)
        return
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"no Kafka broker: {' and '.join(missing)} not installed")
    folder = Path(tempfile.mkdtemp(prefix="ordercore-kafka-"))
    try:
        broker = _started(folder)
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no Kafka broker could be started: {error}")
    try:
        yield broker
    finally:
        broker.stop(kill=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def kafka_broker(_kafka_session: Broker) -> Broker:
    """Return the broker of the session, up and answering."""
    if _kafka_session.ours and not answers(_kafka_session.address):
        _kafka_session.stop(kill=True)
        _kafka_session.start()
    return _kafka_session


def _started(folder: Path) -> Broker:
    port, controller = _free_ports()
    broker = Broker(f"127.0.0.1:{port}", folder, fetch_libraries())
    broker.format(controller)
    broker.start()
    return broker


def fetch_libraries() -> Path:
    """Return the folder of the broker's jars, filled on first use."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ordercore-tests"
    ready = cache / f"kafka-{VERSION}"
    if ready.is_dir():
        return ready
    cache.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=cache))
    try:
        (work / "pom.xml").write_text(_POM)
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={work / 'jars'}"]
        subprocess.run(
            ["mvn", "-q", "-B", "dependency:copy-dependencies", *options],
            cwd=work,
            check=True,
            capture_output=True,
            timeout=600,
        )
        with suppress(OSError):  # another session was faster
            (work / "jars").rename(ready)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return ready


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for each in (first, second):
            each.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
