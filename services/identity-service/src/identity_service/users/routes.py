"""People over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.dependencies import AuditBy, HomeTimeZone
from identity_service.users import handlers, queries
from identity_service.users.domain import User, UserNotFound
from identity_service.users.schemas import (
    Accepted,
    EditUser,
    InviteUser,
    UserFilter,
    UserOut,
    UserPage,
)
from shared.auth import Actor, NotPermitted
from shared.dependencies import ExpectedVersion, Once, Permitted, Reader, Someone, Tx, etag
from shared.idempotency import Answer
from shared.permissions import Permission

router = APIRouter(tags=["users"])

UserReader = Annotated[Actor, Depends(Permitted(Permission.USER_READ))]
UserEditor = Annotated[Actor, Depends(Permitted(Permission.USER_EDIT))]


async def _inviter(actor: Someone) -> Actor:
    """Somebody who may invite some people; the handler knows whom."""
    if not (actor.may(Permission.USER_INVITE_CUSTOMER) or actor.may(Permission.USER_INVITE_STAFF)):
        raise NotPermitted
    return actor


Inviter = Annotated[Actor, Depends(_inviter)]


@router.get("/users")
async def list_users(_: UserReader, connection: Reader, wanted: UserFilter) -> UserPage:
    users, following = await queries.users_page(connection, wanted)
    return UserPage(items=[user_out(user) for user in users], next=following)


@router.post("/users", status_code=201, response_model=UserOut)
async def invite_user(
    actor: Inviter,
    by: AuditBy,
    tx: Tx,
    command: InviteUser,
    once: Once,
    time_zone: HomeTimeZone,
) -> Response:
    async def invite() -> Answer:
        user = await handlers.invite_user(tx, actor, by, command, time_zone)
        headers = {"Location": f"/users/{user.id}", "ETag": etag(user.version)}
        return Answer(user_out(user), headers=headers)

    return await once.run(invite)


@router.get("/users/{user_id}")
async def show_user(
    _: UserReader, connection: Reader, user_id: UUID, response: Response
) -> UserOut:
    user = await queries.user_by_id(connection, user_id)
    if user is None:
        raise UserNotFound
    return _answer(user, response)


@router.patch("/users/{user_id}")
async def edit_user(
    actor: UserEditor,
    by: AuditBy,
    tx: Tx,
    user_id: UUID,
    command: EditUser,
    expected: ExpectedVersion,
    response: Response,
) -> UserOut:
    return _answer(await handlers.edit_user(tx, actor, by, user_id, command, expected), response)


@router.post("/users/{user_id}/invitation", status_code=202)
async def invite_again(actor: Inviter, by: AuditBy, tx: Tx, user_id: UUID) -> Accepted:
    await handlers.invite_again(tx, actor, by, user_id)
    return Accepted()


@router.post("/users/{user_id}/deactivate")
async def deactivate_user(
    actor: UserEditor,
    by: AuditBy,
    tx: Tx,
    user_id: UUID,
    expected: ExpectedVersion,
    response: Response,
) -> UserOut:
    return _answer(await handlers.deactivate_user(tx, actor, by, user_id, expected), response)


@router.post("/users/{user_id}/reactivate")
async def reactivate_user(
    actor: UserEditor,
    by: AuditBy,
    tx: Tx,
    user_id: UUID,
    expected: ExpectedVersion,
    response: Response,
) -> UserOut:
    return _answer(await handlers.reactivate_user(tx, actor, by, user_id, expected), response)


def user_out(user: User) -> UserOut:
    """A person as staff see them."""
    return UserOut.model_validate(user, from_attributes=True)


def _answer(user: User, response: Response) -> UserOut:
    response.headers["ETag"] = etag(user.version)
    return user_out(user)
