"""ticket-service on a database of its own, with people, a team and the categories known to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from shared.auth import Actor
from shared.events.identity import AreaFacts, LineFacts, TeamFacts, UserFacts
from shared.ids import uuid7
from tests.builders import admin, agent_facts, customer, team_facts, user_facts
from tests.fixtures.http import Api, ApiFactory
from ticket_service.catalog.handlers import create_default_categories
from ticket_service.directory import queries as directory

REPORT = {"subject": "Internet mati", "description": "Lampu LOS merah", "category": "down"}


@dataclass(frozen=True, slots=True)
class Desk:
    """The service with two customers, an agent who may do everything, and the agent's team."""

    api: Api
    siti: Actor
    joko: Actor
    agent: Actor
    team: TeamFacts
    agent_facts: UserFacts
    siti_line: LineFacts

    async def report(self, actor: Actor | None = None, **given: Any) -> dict[str, Any]:
        """A new ticket of Siti's, or of somebody else's."""
        answer = await self.api.post("/tickets", REPORT | given, actor or self.siti)
        assert answer.status_code == 201, answer.text
        ticket: dict[str, Any] = answer.json()
        return ticket

    async def does(
        self, verb: str, ticket: dict[str, Any], actor: Actor | None = None, **body: Any
    ) -> httpx.Response:
        """A verb on a ticket, by the agent unless told otherwise."""
        path = f"/tickets/{ticket['number']}/{verb}"
        return await self.api.post(path, body, actor or self.agent)

    async def events_of(self, ticket: dict[str, Any]) -> list[tuple[int, str]]:
        """Versions and types of what the outbox holds about a ticket, in the order written."""
        async with self.api.db.read() as connection:
            rows = await connection.fetch(
                "SELECT aggregate_version, type FROM outbox WHERE aggregate_id = $1 ORDER BY id",
                ticket["id"],
            )
        return [(row["aggregate_version"], row["type"]) for row in rows]


@pytest.fixture
async def desk(api: ApiFactory) -> Desk:
    """A desk ready for work."""
    service = await api("ticket")
    team = team_facts()
    siti, joko = user_facts(phone="+6281234567890"), user_facts(name="Joko Widodo")
    agent = agent_facts(team_ids=(team.id,))
    area = AreaFacts(id=uuid7(), key="odp-1", kind="odp", name="ODP Rungkut 1")
    line = LineFacts(
        id=uuid7(),
        number="0312-001",
        user_id=siti.id,
        plan="Fiber 50",
        address="Jl. Melati 12",
        area_id=area.id,
    )
    async with service.db.transaction() as tx:
        await create_default_categories(tx)
        for person in (siti, joko, agent):
            await directory.upsert_person(tx, person)
        await directory.upsert_team(tx, team)
        await directory.upsert_area(tx, area)
        await directory.upsert_line(tx, line)
    return Desk(
        api=service,
        siti=customer(siti.id),
        joko=customer(joko.id),
        agent=admin(agent.id, teams=(team.id,)),
        team=team,
        agent_facts=agent,
        siti_line=line,
    )


Problem = Callable[[httpx.Response], str]


@pytest.fixture
def problem() -> Problem:
    """The slug of a problem answer."""

    def slug(answer: httpx.Response) -> str:
        assert answer.headers["content-type"] == "application/problem+json"
        return str(answer.json()["type"]).removeprefix("urn:tanggap:")

    return slug
