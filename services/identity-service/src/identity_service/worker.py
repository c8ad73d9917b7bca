"""The background half: what is learnt and sealed, tidied up, told again on request, planted by `seed`."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from identity_service.areas.handlers import area_snapshots
from identity_service.audit import clock as audit_clock
from identity_service.audit import handlers as audit
from identity_service.avatars import handlers as avatars
from identity_service.avatars.queries import delete_avatars
from identity_service.impersonation import handlers as impersonation
from identity_service.imports import handlers as imports
from identity_service.imports.queries import forget_file
from identity_service.imports.runner import ImportRunner
from identity_service.limits.queries import delete_expired_tries
from identity_service.lines.handlers import line_snapshots
from identity_service.links.domain import KEPT_AFTER_EXPIRY
from identity_service.links.queries import delete_old_links
from identity_service.organisations.handlers import organisation_snapshots
from identity_service.passkeys.queries import delete_expired_challenges
from identity_service.registrations.queries import delete_expired_registrations
from identity_service.roles.handlers import create_default_roles, role_snapshots
from identity_service.second_factor.queries import delete_expired_pending
from identity_service.seeds import handlers as seeds
from identity_service.seeds.schemas import Seed
from identity_service.sessions.queries import delete_expired_sessions
from identity_service.settings import settings_of
from identity_service.sign_ins.domain import REMEMBERED_FOR
from identity_service.sign_ins.queries import forget_old_marks
from identity_service.teams.handlers import team_snapshots
from identity_service.users.handlers import user_snapshots
from shared.consumer import Subscription
from shared.events.base import Event
from shared.events.ticket import TicketDeleted, TicketRestored
from shared.files import Files
from shared.inbox import Handler
from shared.service import Clock, Process, Runner, Worker

# Tickets are no concern of this service, but who made one vanish is.
HANDLERS: Mapping[type[Event], Handler] = {
    TicketDeleted: audit.note_ticket_deleted,
    TicketRestored: audit.note_ticket_restored,
}

SNAPSHOTS = {
    "user": user_snapshots,
    "team": team_snapshots,
    "organisation": organisation_snapshots,
    "role": role_snapshots,
    "area": area_snapshots,
    "line": line_snapshots,
}


async def end_impersonations(process: Process) -> None:
    """Write down which half hours in a customer's place are over."""
    async with process.db.transaction() as tx:
        await impersonation.end_what_is_over(tx)


async def tidy_up(process: Process) -> None:
    """Delete what has expired."""
    async with process.db.transaction() as tx:
        await impersonation.end_what_is_over(tx)
        await delete_expired_sessions(tx, settings_of(process).session_times())
        await delete_expired_pending(tx)
        await delete_expired_challenges(tx)
        await delete_expired_registrations(tx)
        await delete_old_links(tx, KEPT_AFTER_EXPIRY)
        await delete_expired_tries(tx)
        await forget_old_marks(tx, REMEMBERED_FOR)


async def remove_pictures(process: Process) -> None:
    """Remove the pictures that nobody has any more; their rows last, so that none is lost sight of."""
    files = Files.at(settings_of(process).files_url)
    while True:
        async with process.db.read() as connection:
            left = await avatars.left_avatars(connection)
        if not left:
            return
        await files.delete(avatar.storage_key for avatar in left)
        async with process.db.transaction() as tx:
            await delete_avatars(tx, left)


async def remove_imports(process: Process) -> None:
    """Remove files of imports that are over or were left, and what was noted about their rows."""
    files = Files.at(settings_of(process).files_url)
    async with process.db.read() as connection:
        left = await imports.old_imports(connection)
    for job in left:
        await files.delete([job.storage_key] if job.storage_key else [])
        async with process.db.transaction() as tx:
            await forget_file(tx, job.id)
    forgotten = 1
    while forgotten:
        async with process.db.transaction() as tx:
            forgotten = await imports.forget_rows(tx)


def runners(process: Process) -> Sequence[Runner]:
    """What works all the time: imports."""
    settings = settings_of(process)
    return (ImportRunner(process.db, Files.at(settings.files_url), settings.time_zone),)


async def create_roles(process: Process) -> None:
    """Make the roles that exist from the start; runs after each migration."""
    async with process.db.transaction() as tx:
        await create_default_roles(tx)


async def seed(process: Process, arguments: Sequence[str]) -> None:
    """`seed FILE.json`: make what the file names and is missing."""
    settings, (path,) = settings_of(process), arguments
    wanted = Seed.model_validate_json(await asyncio.to_thread(Path(path).read_bytes))
    async with process.db.read() as connection:
        missing = await seeds.missing_users(connection, wanted)
    passwords = settings.passwords()
    hashes = {user.email: await passwords.hash(user.password) for user in missing if user.password}
    async with process.db.transaction() as tx:
        await seeds.plant(tx, wanted, hashes, settings.time_zone)


WORKER = Worker(
    subscription=Subscription.of("identity", HANDLERS),
    clocks=(
        Clock("seal_audit", 1, audit_clock.seal),
        Clock("end_impersonations", 30, end_impersonations),
        Clock("tidy_up", 600, tidy_up),
        Clock("remove_pictures", 300, remove_pictures),
        Clock("remove_imports", 60, remove_imports),
    ),
    runners=runners,
)
