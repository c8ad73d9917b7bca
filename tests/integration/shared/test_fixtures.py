"""The fixtures give what they promise."""

from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient

from shared.broker import Broker
from tests.fixtures.databases import DatabaseFactory
from tests.fixtures.topics import topics


async def test_each_test_has_a_migrated_database_of_its_own(database: DatabaseFactory) -> None:
    one, other = await database(), await database()
    async with one.transaction() as tx:
        await tx.execute("INSERT INTO broker_seen (role, cluster_id) VALUES ('relay', 'x')")
    async with other.read() as connection:
        assert await connection.fetchval("SELECT count(*) FROM broker_seen") == 0


async def test_only_the_first_database_of_a_kind_is_migrated(database: DatabaseFactory) -> None:
    """The others are copies: their migrations were applied at the very same moments."""
    moments = []
    for db in (await database(), await database()):
        async with db.read() as connection:
            rows = await connection.fetch("SELECT applied_at FROM schema_migration ORDER BY name")
        moments.append([row["applied_at"] for row in rows])
    assert moments[0] == moments[1]


async def test_a_test_finds_no_topic_of_another(kafka: str) -> None:
    assert topics(AdminClient({"bootstrap.servers": kafka})) == []
    await Broker(kafka, "test").ensure_topics(["ticket.created"])
    assert topics(AdminClient({"bootstrap.servers": kafka})) == ["ticket.created"]


async def test_a_topic_starts_empty_again(kafka: str) -> None:
    await Broker(kafka, "test").ensure_topics(["ticket.created"])
    async with Broker(kafka, "test").producer() as producer:
        assert isinstance(producer.inner, AIOKafkaProducer)
        sent = await producer.inner.send_and_wait("ticket.created", b"x", partition=0)
    assert sent.offset == 0


async def test_and_again(kafka: str) -> None:
    await test_a_topic_starts_empty_again(kafka)
