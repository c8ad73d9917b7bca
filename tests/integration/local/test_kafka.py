"""Apache Kafka as one node, and the broker in memory that stands in for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from local.errors import CannotStart
from local.kafka import ApacheKafka, ExternalKafka, MemoryKafka, choose
from local.ports import free_port
from tests.fixtures.servers import apache_kafka

TOPIC = "ticket.created"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A node of these tests' own, which they may kill and wipe."""
    kafka = apache_kafka(tmp_path_factory)
    kafka.start()
    yield kafka
    kafka.remove()


async def create_topic(servers: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, num_partitions=6, replication_factor=1)])
    await admin.close()


async def cluster_id(servers: str) -> str:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    described = await admin.describe_cluster()
    await admin.close()
    return str(described["cluster_id"])


async def send(servers: str, value: bytes) -> TopicPartition:
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True)
    await producer.start()
    sent = await producer.send_and_wait(TOPIC, value, key=b"one-ticket")
    await producer.stop()
    return TopicPartition(sent.topic, sent.partition)


async def first_record(servers: str, partition: TopicPartition) -> bytes:
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    consumer.assign([partition])
    record = await consumer.getone()
    await consumer.stop()
    return bytes(record.value)


@pytest.mark.kafka
async def test_what_was_acknowledged_survives_a_kill(node: ApacheKafka) -> None:
    await create_topic(node.bootstrap_servers)
    partition = await send(node.bootstrap_servers, b"kept")

    node.kill()
    node.start()

    assert await first_record(node.bootstrap_servers, partition) == b"kept"


@pytest.mark.kafka
async def test_a_wiped_node_is_another_cluster(node: ApacheKafka) -> None:
    before = await cluster_id(node.bootstrap_servers)

    node.wipe()
    node.start()

    assert await cluster_id(node.bootstrap_servers) != before


async def test_the_stand_in_carries_records_under_the_same_protocol(tmp_path: Path) -> None:
    broker = MemoryKafka(tmp_path / "kafka")
    broker.start()

    partition = await send(broker.bootstrap_servers, b"passed on")

    assert await first_record(broker.bootstrap_servers, partition) == b"passed on"
    broker.remove()


def test_an_address_in_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092")

    assert choose(tmp_path / "kafka").bootstrap_servers == "kafka.example:9092"


def test_without_java_the_stand_in_is_taken_and_the_remedy_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setattr("local.kafka.apache.LEAST_JAVA", 1000)
    said: list[str] = []

    kafka = choose(tmp_path / "kafka", say=said.append)

    assert kafka.kind == "memory"
    assert "in-memory broker" in said[0] and "apt-get install default-jre-headless" in said[0]


def test_a_foreign_broker_that_does_not_answer_is_told_as_such() -> None:
    address = f"127.0.0.1:{free_port()}"

    with pytest.raises(CannotStart, match=f"No Kafka answers at {address}"):
        ExternalKafka(address).start()
