"""Invitations over HTTP; whoever holds the link is whoever was invited."""

from typing import Annotated

from fastapi import APIRouter, Path

from identity_service.dependencies import Brand, Db, FromGateway, Keys, Passwords
from identity_service.invitations import handlers
from identity_service.invitations.schemas import (
    AcceptedInvitation,
    AcceptInvitation,
    InvitationOut,
)
from identity_service.sessions.handlers import user_brief
from shared.dependencies import Reader

router = APIRouter(tags=["invitations"])


@router.get("/invitations/{token}")
async def show_invitation(
    _: FromGateway,
    connection: Reader,
    token: Annotated[str, Path(max_length=200)],
    keys: Keys,
) -> InvitationOut:
    return await handlers.show_invitation(connection, keys, token)


@router.post("/invitations/accept")
async def accept_invitation(
    visitor: FromGateway,
    db: Db,
    command: AcceptInvitation,
    keys: Keys,
    passwords: Passwords,
    brand: Brand,
) -> AcceptedInvitation:
    async with db.read() as connection:
        await handlers.begin_acceptance(connection, keys, command, brand)
    hashed = await passwords.hash(command.password)
    async with db.transaction() as tx:
        user = await handlers.accept_invitation(tx, visitor, keys, command, hashed)
    return AcceptedInvitation(user=user_brief(user))
