"""Forgotten passwords over HTTP: whoever is named, the answers are the same."""

from typing import Annotated

from fastapi import APIRouter, Path

from identity_service.audit.domain import By
from identity_service.dependencies import Brand, Db, EvenTime, FromGateway, Keys, Passwords
from identity_service.resets import handlers
from identity_service.resets.schemas import (
    AskForReset,
    PasswordResetOut,
    ResetOut,
    ResetPassword,
)
from identity_service.sessions.handlers import user_brief
from identity_service.users.schemas import Accepted
from shared.dependencies import Reader

router = APIRouter(tags=["password resets"])


@router.post("/password-resets", status_code=202)
async def ask_for_reset(
    visitor: FromGateway, _: EvenTime, db: Db, command: AskForReset
) -> Accepted:
    async with db.transaction() as tx:
        await handlers.count_request(tx, visitor, command)
    async with db.transaction() as tx:
        await handlers.ask_for_reset(tx, By.visitor(visitor), command)
    return Accepted()


@router.get("/password-resets/{token}")
async def show_reset(
    _: FromGateway,
    connection: Reader,
    token: Annotated[str, Path(max_length=200)],
    keys: Keys,
) -> ResetOut:
    return await handlers.show_reset(connection, keys, token)


@router.post("/password-resets/accept")
async def reset_password(
    visitor: FromGateway,
    db: Db,
    command: ResetPassword,
    keys: Keys,
    passwords: Passwords,
    brand: Brand,
) -> PasswordResetOut:
    async with db.read() as connection:
        await handlers.begin_reset(connection, keys, command, brand)
    hashed = await passwords.hash(command.password)
    async with db.transaction() as tx:
        user = await handlers.reset_password(tx, visitor, keys, command.token, hashed)
    return PasswordResetOut(user=user_brief(user))
