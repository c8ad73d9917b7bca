"""Another e-mail address over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path

from identity_service.dependencies import (
    EvenTime,
    FromGateway,
    Keys,
)
from identity_service.email_changes import handlers
from identity_service.email_changes.schemas import ChangeEmail, ConfirmEmail, EmailChangeOut
from identity_service.second_factor.owner import AskingOwner
from identity_service.users.schemas import Accepted
from shared.dependencies import Reader, Tx

router = APIRouter(tags=["me"])


@router.put("/me/email", status_code=202)
async def change_email(owner: AskingOwner, _: EvenTime, command: ChangeEmail) -> Accepted:
    async with owner.proven(command) as (tx, user):
        await handlers.ask_for_change(tx, owner.by, user, command.email)
    return Accepted()


@router.get("/email-changes/{token}")
async def show_email_change(
    _: FromGateway,
    connection: Reader,
    token: Annotated[str, Path(max_length=200)],
    keys: Keys,
) -> EmailChangeOut:
    return await handlers.show_change(connection, keys, token)


@router.post("/email-changes/confirm")
async def confirm_email_change(
    visitor: FromGateway, tx: Tx, command: ConfirmEmail, keys: Keys
) -> EmailChangeOut:
    return await handlers.confirm_change(tx, visitor, keys, command.token)
