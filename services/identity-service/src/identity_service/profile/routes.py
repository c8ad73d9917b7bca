"""Oneself over HTTP."""

from fastapi import APIRouter, Response

from identity_service.dependencies import (
    AuditBy,
    Brand,
    Db,
    FromGateway,
    Passwords,
    Person,
    Safe,
    Times,
)
from identity_service.profile import handlers
from identity_service.profile.domain import CurrentPasswordWrong
from identity_service.profile.schemas import (
    ChangePassword,
    ChangePreferences,
    EditProfile,
    MeOut,
    PreferencesOut,
)
from identity_service.second_factor.handlers import accept_proof
from identity_service.second_factor.routes import compared_proof, noted
from identity_service.sessions.schemas import SessionOut
from shared.dependencies import ExpectedVersion, Reader, Tx, etag

router = APIRouter(tags=["me"])


@router.get("/me")
async def show_me(actor: Person, connection: Reader, response: Response) -> MeOut:
    return _answer(await handlers.show_me(connection, actor), response)


@router.patch("/me")
async def edit_me(
    actor: Person,
    by: AuditBy,
    tx: Tx,
    command: EditProfile,
    expected: ExpectedVersion,
    response: Response,
) -> MeOut:
    return _answer(await handlers.edit_me(tx, actor, by, command, expected), response)


@router.put("/me/password")
async def change_password(
    actor: Person,
    by: AuditBy,
    visitor: FromGateway,
    db: Db,
    command: ChangePassword,
    passwords: Passwords,
    brand: Brand,
    vault: Safe,
    times: Times,
) -> SessionOut:
    async with db.transaction() as tx:
        await handlers.check_new_password(tx, actor, command.new_password, brand)
    compared = await compared_proof(db, actor, passwords, command)
    async with noted(db, by, actor):
        if not compared.is_password_right:
            raise CurrentPasswordWrong
        new_hash = await passwords.hash(command.new_password)
        async with db.transaction() as tx:
            owner = await accept_proof(tx, by, vault, actor, compared)
            user = await handlers.change_password(tx, by, owner, new_hash)
            return await handlers.begin_only_session(tx, user, visitor, times)


@router.get("/me/notification-preferences")
async def show_preferences(actor: Person, connection: Reader, response: Response) -> PreferencesOut:
    preferences, version = await handlers.show_preferences(connection, actor)
    response.headers["ETag"] = etag(version)
    return preferences


@router.patch("/me/notification-preferences")
async def change_preferences(
    actor: Person,
    tx: Tx,
    command: ChangePreferences,
    expected: ExpectedVersion,
    response: Response,
) -> PreferencesOut:
    preferences, version = await handlers.change_preferences(tx, actor, command, expected)
    response.headers["ETag"] = etag(version)
    return preferences


def _answer(me: MeOut, response: Response) -> MeOut:
    response.headers["ETag"] = etag(me.version)
    return me
