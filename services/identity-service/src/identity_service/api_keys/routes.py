"""API keys over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.api_keys import handlers, queries
from identity_service.api_keys.domain import ApiKey, check_scopes
from identity_service.api_keys.schemas import (
    ApiKeyFilter,
    ApiKeyOut,
    ApiKeyPage,
    CreateApiKey,
    NamedApiKey,
    NewApiKeyOut,
    RefusedApiKey,
    ResolvedApiKey,
)
from identity_service.dependencies import AuditBy, FromGateway
from identity_service.second_factor.owner import AskingOwner
from shared.auth import Actor
from shared.dependencies import Gateway, OnceOf, Permitted, Reader, Tx
from shared.idempotency import Answer, request_hash
from shared.permissions import Permission

router = APIRouter(tags=["api-keys"])

KeyEditor = Annotated[Actor, Depends(Permitted(Permission.API_KEY_EDIT))]


@router.get("/api-keys")
async def list_api_keys(_: KeyEditor, connection: Reader, wanted: ApiKeyFilter) -> ApiKeyPage:
    keys, following = await queries.api_keys_page(connection, wanted)
    return ApiKeyPage(items=[_out(key) for key in keys], next=following)


@router.post("/api-keys", status_code=201, response_model=NewApiKeyOut)
async def create_api_key(
    actor: KeyEditor, owner: AskingOwner, command: CreateApiKey, once_of: OnceOf
) -> Response:
    digest = request_hash("POST", "/api-keys", command.wish())
    async with owner.db.read() as connection:
        # A code is good for one request: the same request again is not asked for another.
        earlier = await once_of(connection, digest).earlier()
    if earlier is not None:
        return earlier
    check_scopes(actor, command.scopes)
    compared = await owner.compared(command)
    made: list[NewApiKeyOut] = []
    async with owner.change() as tx:

        async def make() -> Answer:
            user = await owner.accept(tx, compared)
            key, text = await handlers.create_api_key(tx, owner.by, user, command)
            made.append(NewApiKeyOut(**_out(key).model_dump(), key=text))
            # What is kept for a repeated request does not hold the key.
            return Answer(made[0].model_copy(update={"key": None}))

        answer = await once_of(tx, digest).run(make)
    if made:
        return Response(made[0].model_dump_json(), 201, media_type="application/json")
    return answer


@router.delete("/api-keys/{key_id}", status_code=204)
async def revoke_api_key(_: KeyEditor, by: AuditBy, tx: Tx, key_id: UUID) -> Response:
    await handlers.revoke_api_key(tx, by, key_id)
    return Response(status_code=204)


@router.post("/api-keys/resolve")
async def resolve_api_key(_: Gateway, connection: Reader, command: NamedApiKey) -> ResolvedApiKey:
    return await handlers.resolve_api_key(connection, command.key)


@router.post("/api-keys/refused", status_code=204)
async def note_refusal(
    _: Gateway, visitor: FromGateway, tx: Tx, command: RefusedApiKey
) -> Response:
    await handlers.note_refusal(tx, visitor, command.key, command.reason)
    return Response(status_code=204)


def _out(key: ApiKey) -> ApiKeyOut:
    return ApiKeyOut.model_validate(key, from_attributes=True)
