"""Live hints over a real Redis, real services and real connections: who hears what, and when it ends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import orjson
import pytest
from redis.asyncio import Redis

from gateway.hints import Place
from gateway.live import STREAMS_OF_ONE, Live, Pace
from gateway.main import public_app
from gateway.sessions import KNOWN_SECONDS, Sessions
from shared.ids import uuid7
from shared.links import LinkKeys, sign_link
from shared.live import STREAM, HintStream, hints_to
from tests.builders import GATEWAY, admin
from tests.fixtures.environment import LINK_KEYS
from tests.fixtures.feeding import outbox_of
from tests.fixtures.proxy import Proxy
from tests.fixtures.waiting import eventually
from tests.integration.gateway.conftest import URL, Browser, House, served
from ticket_service.worker import reach_of

KEPT = 20
FAST = Pace(beat=0.2, check=0.05, known=0.1, rest=0.001, patience=0.3)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Stream:
    """What one browser hears."""

    status: int
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    last_id: str = ""
    retry: list[int] = field(default_factory=list)
    has_ended: bool = False

    def heard(self, name: str) -> list[dict[str, Any]]:
        """The data of the events of one name."""
        return [data for event, data in self.events if event == name]

    def tickets(self) -> set[str]:
        """The ids of the tickets that were named."""
        return {data["id"] for data in self.heard("ticket")}

    async def read(self, content: aiohttp.StreamReader) -> None:
        """Take what comes until it ends."""
        name = ""
        async for line in content:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key == "event":
                name = value
            elif key == "data":
                self.events.append((name, orjson.loads(value)))
            elif key == "id":
                self.last_id = value
            elif key == "retry":
                self.retry.append(int(value))
        self.has_ended = True


@dataclass
class Studio:
    """A gateway that listens to a Redis behind a proxy, in front of the services of `house`."""

    house: House
    live: Live
    address: str
    redis: Redis
    proxy: Proxy
    clock: Clock
    session: aiohttp.ClientSession
    redis_url: str
    _told: int = 0

    @asynccontextmanager
    async def listening(
        self, who: Browser | None, path: str = "/live", **headers: str
    ) -> AsyncIterator[Stream]:
        """A stream of somebody, open as long as the block."""
        cookies = dict(who.client.cookies) if who else {}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": urlsplit(URL).netloc, **given}
        async with self.session.get(self.address + path, cookies=cookies, headers=sent) as answer:
            stream = Stream(answer.status)
            reading = asyncio.create_task(stream.read(answer.content))
            try:
                yield stream
            finally:
                reading.cancel()
                await asyncio.wait([reading])

    async def tell(self) -> None:
        """What ticket-service's relay does with what it has published; then the gateway knows it."""
        events = await outbox_of(self.house.tickets.db)
        new, self._told = events[self._told :], len(events)
        stream = HintStream(self.redis_url)
        await hints_to(stream, reach_of)(new)
        await stream.close()
        await self.has_read_all()

    async def has_read_all(self) -> None:
        """Until the gateway knows the last hint that was written."""
        written = (await self.redis.xinfo_stream(STREAM))["last-generated-id"].decode()
        await eventually(lambda: str(self.live.at) == written, every=0.005)

    async def ticket_id(self, number: str) -> str:
        """The id behind a number."""
        async with self.house.tickets.db.read() as connection:
            found = await connection.fetchval(
                "SELECT id FROM ticket WHERE number = $1", number.replace("-", "")
            )
        return str(found)

    async def link(self, number: str) -> str:
        """The signed link to a ticket, as it stands in mails."""
        async with self.house.tickets.db.read() as connection:
            link_id = await connection.fetchval(
                "SELECT link_id FROM ticket WHERE number = $1", number.replace("-", "")
            )
        later = datetime.now(UTC) + timedelta(days=1)
        return "/t/" + sign_link(LinkKeys.parse(LINK_KEYS), "ticket", link_id, later)

    async def staff_do(self, what: str, number: str, **command: str) -> None:
        """Something that an admin does to a ticket."""
        boss = admin(UUID(await self.user_id("agus")))
        key = {"idempotency_key": str(uuid7())} if what in ("notes", "replies") else {}
        answer = await self.house.tickets.post(f"/tickets/{number}/{what}", command, boss, **key)
        assert answer.status_code < 300, answer.text

    async def user_id(self, name: str) -> str:
        """The id of one of the people."""
        async with self.house.identity.db.read() as connection:
            found = await connection.fetchval(
                "SELECT id FROM app_user WHERE email = $1", f"{name}@example.test"
            )
        return str(found)

    async def make_technician(self, email: str) -> None:
        """Take a member of staff the right to read every ticket."""
        identity = self.house.identity
        async with identity.db.read() as connection:
            row = await connection.fetchrow("SELECT * FROM app_user WHERE email = $1", email)
        assert row is not None
        answer = await identity.patch(
            f"/users/{row['id']}",
            {"role": "technician"},
            admin(UUID(await self.user_id("agus"))),
            if_match=f'"{row["version"]}"',
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture
def proxy(redis_url: str) -> Iterator[Proxy]:
    """A way to Redis that can be cut."""
    parts = urlsplit(redis_url)
    with Proxy(parts.hostname or "127.0.0.1", parts.port or 6379) as proxy:
        yield proxy


@pytest.fixture
async def studio(house: House, redis_url: str, proxy: Proxy) -> AsyncIterator[Studio]:
    """The gateway on a port, in front of a stream that has been there for long."""
    redis = Redis.from_url(redis_url)
    await redis.delete(STREAM)
    await redis.xadd(STREAM, {"type": "ticket.created"}, id="1-0")
    parts = urlsplit(redis_url)
    through = parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@{proxy.address}")
    clock, live = Clock(), Live(through.geturl().replace("//@", "//"), kept=KEPT)
    resolve = house.portal.services.identity.resolve_session
    house.portal = replace(house.portal, live=live, pace=FAST, sessions=Sessions(resolve, clock))
    live.start()
    await eventually(lambda: live.is_listening)
    async with (
        served(public_app(house.portal)) as address,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield Studio(house, live, address, redis, proxy, clock, session, redis_url)
        live.stop()
    await live.close()
    await redis.aclose()


async def add(studio: Studio, count: int, length: int = 10) -> None:
    """Hints about tickets that nobody here knows."""
    hint = {"type": "ticket.replied", "version": 1, "who": "", "public": 1}
    stream = HintStream(studio.redis_url)
    await stream.add([{**hint, "subject": f"{number}-" + "x" * length} for number in range(count)])
    await stream.close()


async def test_a_customer_hears_of_their_ticket_and_nobody_elses(studio: Studio) -> None:
    budi, sari = await studio.house.logged_in("budi"), await studio.house.logged_in("sari")
    async with studio.listening(budi) as of_budi, studio.listening(sari) as of_sari:
        own, foreign = await budi.report(), await sari.report()
        await studio.tell()
        await eventually(lambda: of_budi.tickets() and of_sari.tickets())
        assert of_budi.tickets() == {await studio.ticket_id(own)}
        assert of_sari.tickets() == {await studio.ticket_id(foreign)}
        assert of_budi.heard("queue") == []


async def test_an_internal_note_is_never_told_to_customer_or_link(studio: Studio) -> None:
    budi, dewi = await studio.house.logged_in("budi"), await studio.house.logged_in("dewi")
    number = await budi.report()
    await studio.tell()
    link = await studio.link(number)
    async with (
        studio.listening(budi) as of_budi,
        studio.listening(None, f"{link}/live") as of_link,
        studio.listening(dewi) as of_dewi,
    ):
        await studio.staff_do("notes", number, body="RAHASIA")
        await studio.tell()
        (note,) = await eventually(lambda: of_dewi.heard("ticket"))
        await studio.staff_do("replies", number, body="Teknisi berangkat")
        await studio.tell()
        await eventually(lambda: of_budi.tickets() and of_link.tickets())
        for stream in (of_budi, of_link):
            assert all(data["version"] > note["version"] for data in stream.heard("ticket"))


async def test_a_link_hears_of_its_own_ticket_only(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    first, second = await budi.report(), await budi.report(subject="Lambat")
    link = await studio.link(second)
    async with studio.listening(None, f"{link}/live") as stream:
        await studio.tell()
        await eventually(lambda: stream.tickets())
        assert stream.tickets() == {await studio.ticket_id(second)}
        assert await studio.ticket_id(first) not in stream.tickets()


async def test_staff_without_the_right_to_read_all_hear_of_checked_tickets(studio: Studio) -> None:
    await studio.make_technician("dewi@example.test")
    budi, dewi = await studio.house.logged_in("budi"), await studio.house.logged_in("dewi")
    own, foreign = await budi.report(category="down"), await budi.report(category="billing")
    await studio.staff_do("assign", own, assignee_id=await studio.user_id("dewi"))
    path = f"/live?ticket={own}&ticket={foreign}"
    async with studio.listening(dewi, path) as named, studio.listening(dewi) as unnamed:
        await studio.tell()
        await eventually(lambda: named.tickets() and unnamed.heard("queue"))
        assert named.tickets() == {await studio.ticket_id(own)}
        assert unnamed.tickets() == set()
        assert set(map(str, unnamed.heard("queue"))) == {"{}"}


async def test_who_comes_back_hears_what_was_missed(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    async with studio.listening(budi) as before:
        await budi.report()
        await studio.tell()
        await eventually(lambda: before.last_id == str(studio.live.at))
    number = await budi.report(subject="Mati lagi")
    await studio.tell()
    async with studio.listening(budi, last_event_id=before.last_id) as after:
        await eventually(lambda: after.tickets())
        assert after.tickets() == {await studio.ticket_id(number)}
        assert after.heard("resync") == []


async def test_what_happened_since_the_page_was_made_is_told(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    made = int(datetime.now(UTC).timestamp() * 1000)
    await budi.report()
    await studio.tell()
    await eventually(lambda: studio.live.at > Place(0, 0))
    async with studio.listening(budi, f"/live?since={made}") as stream:
        await eventually(lambda: stream.tickets())


@pytest.mark.parametrize("last", ["0-9", f"{2**50}-0"])
async def test_an_unknown_place_is_answered_with_resync(studio: Studio, last: str) -> None:
    budi = await studio.house.logged_in("budi")
    async with studio.listening(budi, last_event_id=last) as stream:
        await eventually(lambda: stream.heard("resync"))


async def test_more_than_is_remembered_is_answered_with_resync(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    await add(studio, 1)
    await studio.has_read_all()
    early = studio.live.at
    await add(studio, KEPT + 1)
    await studio.has_read_all()
    async with studio.listening(budi, last_event_id=str(early)) as stream:
        await eventually(lambda: stream.heard("resync"))


async def test_a_stream_that_was_trimmed_past_the_reader_is_told_as_resync(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    await add(studio, 2)
    await studio.has_read_all()
    async with studio.listening(budi) as stream:
        await eventually(lambda: stream.heard("beat"))
        await _trim(studio)
        await eventually(lambda: stream.heard("resync"))
        number = await budi.report()
        await studio.tell()
        await eventually(lambda: await_id(studio, stream, number))


async def _trim(studio: Studio) -> None:
    """In one step, so that the reader cannot come in between."""
    async with studio.redis.pipeline(transaction=True) as pipeline:
        for _ in range(3):
            pipeline.xadd(STREAM, {"type": "ticket.replied", "subject": "x", "version": 1})
        pipeline.xtrim(STREAM, maxlen=1, approximate=False)
        await pipeline.execute()


async def await_id(studio: Studio, stream: Stream, number: str) -> bool:
    """Whether the stream told of a ticket."""
    return await studio.ticket_id(number) in stream.tickets()


async def test_an_emptied_redis_is_told_as_resync_and_hints_go_on(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    await add(studio, 2)
    await eventually(lambda: studio.live.at > Place(0, 0))
    async with studio.listening(budi) as stream:
        await eventually(lambda: stream.heard("beat"))
        await studio.redis.delete(STREAM)
        await eventually(lambda: stream.heard("resync"))
        number = await budi.report()
        await studio.tell()
        await eventually(lambda: await_id(studio, stream, number))


async def test_without_redis_pages_are_told_to_look_themselves_until_it_is_back(
    studio: Studio,
) -> None:
    budi = await studio.house.logged_in("budi")
    async with studio.listening(budi) as stream:
        await eventually(lambda: stream.heard("beat"))
        studio.proxy.cut()
        await eventually(lambda: len(stream.heard("resync")) >= 2)
        async with studio.listening(budi) as late:
            await eventually(lambda: late.heard("resync"))
        studio.proxy.heal()
        await eventually(lambda: studio.live.is_listening)
        number = await budi.report()
        await studio.tell()
        await eventually(lambda: await_id(studio, stream, number))


async def test_a_browser_that_takes_nothing_is_dropped(studio: Studio) -> None:
    dewi = await studio.house.logged_in("dewi")
    address = urlsplit(studio.address)
    cookies = "; ".join(f"{name}={value}" for name, value in dewi.client.cookies.items())
    request = f"GET /live HTTP/1.1\r\nHost: {urlsplit(URL).netloc}\r\nCookie: {cookies}\r\n\r\n"
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(deaf, (address.hostname, address.port))
        await loop.sock_sendall(deaf, request.encode())
        await eventually(lambda: listeners(studio) == 1)

        async def is_dropped() -> bool:
            await add(studio, 150, 2_000)
            return listeners(studio) == 0

        await eventually(is_dropped, seconds=60, every=0.001)


def listeners(studio: Studio) -> int:
    """How many streams are open."""
    return len(studio.live._listeners)


async def test_a_sixth_stream_is_refused_until_one_has_gone(studio: Studio) -> None:
    budi, sari = await studio.house.logged_in("budi"), await studio.house.logged_in("sari")
    async with studio.listening(budi):
        streams = [studio.listening(budi) for _ in range(STREAMS_OF_ONE - 1)]
        opened = [await stream.__aenter__() for stream in streams]
        assert [stream.status for stream in opened] == [200] * len(streams)
        async with studio.listening(budi) as sixth, studio.listening(sari) as other:
            assert (sixth.status, other.status) == (204, 200)
        for stream in streams:
            await stream.__aexit__(None, None, None)
        await eventually(lambda: listeners(studio) == 1)
        async with studio.listening(budi) as again:
            assert again.status == 200


async def test_a_revoked_session_ends_the_stream(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    async with studio.listening(budi) as stream:
        await eventually(lambda: stream.heard("beat"))
        token = {"token": budi.client.cookies["session"]}
        await studio.house.identity.delete("/sessions/current", token, GATEWAY)
        studio.clock.now += KNOWN_SECONDS + 0.1
        await eventually(lambda: stream.has_ended)
        async with studio.listening(budi) as again:
            assert again.status == 401


def test_what_is_known_and_how_often_it_is_looked_at_make_less_than_five_seconds() -> None:
    assert KNOWN_SECONDS + Pace().check < 5
    assert Pace().known + Pace().check < 5


async def test_a_lost_right_ends_the_stream(studio: Studio) -> None:
    dewi = await studio.house.logged_in("dewi")
    async with studio.listening(dewi) as stream:
        await eventually(lambda: stream.heard("beat"))
        async with studio.house.identity.db.transaction() as tx:
            await tx.execute(
                "UPDATE role SET permissions = array_remove(permissions, 'ticket.read_all')"
            )
        studio.clock.now += KNOWN_SECONDS + 0.1
        await eventually(lambda: stream.has_ended)
        async with studio.listening(dewi) as again:
            assert again.status == 200


async def test_a_link_that_no_longer_opens_its_ticket_ends_the_stream(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    number = await budi.report()
    link = await studio.link(number)
    async with studio.listening(None, f"{link}/live") as stream:
        await eventually(lambda: stream.heard("beat"))
        boss = admin(UUID(await studio.user_id("agus")))
        await studio.house.tickets.delete(f"/tickets/{number}", {"reason": "Salah alamat"}, boss)
        await eventually(lambda: stream.has_ended)
        async with studio.listening(None, f"{link}/live") as again:
            assert again.status == 404


async def test_a_stop_ends_every_stream_with_a_time_to_come_back(studio: Studio) -> None:
    budi = await studio.house.logged_in("budi")
    async with studio.listening(budi) as stream:
        await eventually(lambda: stream.heard("beat"))
        studio.live.stop()
        await eventually(lambda: stream.has_ended)
        assert len(stream.retry) == 2
        async with studio.listening(budi) as late:
            assert late.status == 503


async def test_strangers_and_forged_links_get_no_stream(studio: Studio) -> None:
    async with (
        studio.listening(None) as stranger,
        studio.listening(None, "/t/x.1.k.y/live") as link,
    ):
        assert (stranger.status, link.status) == (401, 404)
