"""Planting a seed file: what is missing is made, what exists stays as people left it."""

from collections.abc import Mapping
from contextlib import suppress

from identity_service.areas import handlers as areas
from identity_service.areas.domain import AreaExists
from identity_service.areas.schemas import CreateArea
from identity_service.audit.domain import By
from identity_service.lines import handlers as lines
from identity_service.lines.domain import LineExists, UnknownCustomer
from identity_service.lines.schemas import CreateLine
from identity_service.links import handlers as links
from identity_service.roles import queries as roles
from identity_service.roles.domain import UnknownRole
from identity_service.seeds.schemas import Seed, SeedLine, SeedUser
from identity_service.teams import handlers as teams
from identity_service.teams.domain import TeamExists
from identity_service.users import queries as users
from identity_service.users.domain import User
from shared import outbox
from shared.db import Tx
from shared.events.identity import UserRegistered
from shared.ids import derived_id


async def missing_users(connection: Tx, seed: Seed) -> list[SeedUser]:
    """The people of the file who have no account yet."""
    emails = [user.email for user in seed.users]
    known = await users.known_emails(connection, emails)
    return [user for user in seed.users if user.email not in known]


async def plant(tx: Tx, seed: Seed, hashes: Mapping[str, str], time_zone: str) -> None:
    """Make what is missing; `hashes` maps addresses to password hashes."""
    for team in seed.teams:
        with suppress(TeamExists):
            await teams.create_team(tx, By.system(), team)
    for area in seed.areas:
        parent_id = derived_id("area", area.parent) if area.parent else None
        with suppress(AreaExists):
            await areas.create_area(
                tx,
                By.system(),
                CreateArea(key=area.key, kind=area.kind, name=area.name, parent_id=parent_id),
            )
    for user in await missing_users(tx, seed):
        await _plant_user(tx, user, hashes.get(user.email), time_zone)
    for line in seed.lines:
        await _plant_line(tx, line)


async def _plant_user(tx: Tx, wanted: SeedUser, password_hash: str | None, time_zone: str) -> None:
    role = await roles.role_by_name(tx, wanted.role)
    if role is None:
        raise UnknownRole
    user = User(
        id=derived_id("user", wanted.email),
        version=1,
        kind=role.kind,
        role=role.name,
        name=wanted.name,
        email=wanted.email,
        phone=wanted.phone,
        language=wanted.language,
        time_zone=time_zone,
        team_ids=tuple(sorted(derived_id("team", key) for key in wanted.teams)),
        is_active=True,
        is_email_verified=password_hash is not None,
    )
    if not await users.insert_user(tx, user):
        return
    await outbox.add(tx, user.id, user.version, UserRegistered(user=user.facts()))
    if password_hash:
        await users.save_password_hash(tx, user.id, password_hash)
    else:
        await links.issue_link(tx, user, "invite")


async def _plant_line(tx: Tx, wanted: SeedLine) -> None:
    owner = await users.user_by_email(tx, wanted.email)
    if owner is None:
        raise UnknownCustomer
    command = CreateLine(
        number=wanted.number,
        user_id=owner.id,
        plan=wanted.plan,
        address=wanted.address,
        area_id=derived_id("area", wanted.area) if wanted.area else None,
    )
    with suppress(LineExists):
        await lines.create_line(tx, By.system(), command)
