"""Oneself over HTTP."""

from fastapi import APIRouter, Response

from identity_service.dependencies import (
    AuditBy,
    Brand,
    Person,
)
from identity_service.profile import handlers
from identity_service.profile.schemas import (
    ChangePassword,
    ChangePreferences,
    EditProfile,
    MeOut,
    PreferencesOut,
)
from identity_service.second_factor.owner import AskingOwner
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
async def change_password(owner: AskingOwner, command: ChangePassword, brand: Brand) -> SessionOut:
    new = command.new_password
    async with owner.db.transaction() as tx:
        await handlers.check_new_password(tx, owner.actor, new, brand)
    compared = await owner.compared(command)
    new_hash = await owner.passwords.hash(new) if compared.is_password_right else ""
    async with owner.change() as tx:
        user = await owner.accept(tx, compared)
        changed = await handlers.change_password(tx, owner.by, user, new_hash)
        return await owner.begin_again(tx, changed)


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
