"""Registering over HTTP: whatever is known of an address, the answers are the same."""

from dataclasses import replace

from fastapi import APIRouter, Response

from identity_service.dependencies import (
    Brand,
    Db,
    EvenTime,
    FromGateway,
    HomeTimeZone,
    Keys,
    Passwords,
)
from identity_service.passwords.hashing import PasswordHashes
from identity_service.registrations import handlers
from identity_service.registrations.domain import PasswordWrong, Registration
from identity_service.registrations.schemas import Register, SendAgain, VerifiedOut, VerifyEmail
from identity_service.sessions.handlers import user_brief
from identity_service.users.schemas import Accepted
from shared.dependencies import OnceIn
from shared.idempotency import Answer, Once, request_hash

router = APIRouter(tags=["registrations"])


@router.post("/registrations", status_code=202, response_model=Accepted)
async def register(
    visitor: FromGateway,
    _: EvenTime,
    db: Db,
    command: Register,
    passwords: Passwords,
    brand: Brand,
    time_zone: HomeTimeZone,
    once_in: OnceIn,
) -> Response:
    async with db.transaction() as tx:
        await handlers.begin_registration(tx, visitor, command, brand)
    hashed = await passwords.hash(command.password)
    async with db.transaction() as tx:

        async def act() -> Answer:
            await handlers.register(tx, visitor, command, hashed, time_zone)
            return Answer(Accepted(), status=202)

        return await _without_password(once_in(tx), command).run(act)


@router.post("/registrations/resend", status_code=202)
async def send_again(visitor: FromGateway, _: EvenTime, db: Db, command: SendAgain) -> Accepted:
    async with db.transaction() as tx:
        await handlers.count_resend(tx, visitor, command.email)
    async with db.transaction() as tx:
        await handlers.send_again(tx, command.email)
    return Accepted()


@router.post("/registrations/verify")
async def verify_email(
    visitor: FromGateway, db: Db, command: VerifyEmail, keys: Keys, passwords: Passwords
) -> VerifiedOut:
    async with db.transaction() as tx:
        waiting = await handlers.begin_verification(tx, keys, command.token, command.password)
    chosen = await _chosen(passwords, command.password, waiting)
    by_password = command.password is not None
    async with db.transaction() as tx:
        user = await handlers.verify_email(
            tx, visitor, keys, command.token, chosen, by_password=by_password
        )
    return VerifiedOut(user=user_brief(user))


async def _chosen(
    passwords: PasswordHashes, password: str | None, waiting: list[Registration]
) -> Registration:
    """The only registration, or the one that was made with this password."""
    if password is None:
        return waiting[0]
    for registration in waiting:
        verdict = await passwords.verify(password, registration.password_hash)
        if verdict.is_right:
            return registration
    raise PasswordWrong


def _without_password(once: Once, command: Register) -> Once:
    """Compare repeated requests by all but the password: its plain hash must not be stored."""
    body = command.model_dump_json(exclude={"password"}).encode()
    return replace(once, request_hash=request_hash("POST", "/registrations", body))
