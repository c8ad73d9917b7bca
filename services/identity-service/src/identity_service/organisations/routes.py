"""Organisations over HTTP: for staff, and for customers who manage their own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.dependencies import AuditBy, Person
from identity_service.organisations import handlers, queries
from identity_service.organisations.schemas import (
    CreateOrganisation,
    EditOrganisation,
    MemberOut,
    MemberPage,
    OrganisationFilter,
    OrganisationOut,
    OrganisationPage,
    SetMembership,
)
from shared.auth import Actor
from shared.dependencies import ExpectedVersion, Once, Permitted, Reader, Tx, etag
from shared.idempotency import Answer
from shared.paging import Cursor, Limit
from shared.permissions import Permission

router = APIRouter(tags=["organisations"])

OrganisationReader = Annotated[Actor, Depends(Permitted(Permission.ORGANISATION_READ))]
OrganisationEditor = Annotated[Actor, Depends(Permitted(Permission.ORGANISATION_EDIT))]


@router.get("/organisations")
async def list_organisations(
    _: OrganisationReader, connection: Reader, wanted: OrganisationFilter
) -> OrganisationPage:
    items, following = await queries.organisations_page(connection, wanted)
    return OrganisationPage(items=items, next=following)


@router.post("/organisations", status_code=201, response_model=OrganisationOut)
async def create_organisation(
    _: OrganisationEditor, by: AuditBy, tx: Tx, command: CreateOrganisation, once: Once
) -> Response:
    async def create() -> Answer:
        made = await handlers.create_organisation(tx, by, command)
        headers = {"Location": f"/organisations/{made.id}", "ETag": etag(made.version)}
        return Answer(made, headers=headers)

    return await once.run(create)


@router.get("/organisations/{organisation_id}")
async def show_organisation(
    actor: Person, connection: Reader, organisation_id: UUID, response: Response
) -> OrganisationOut:
    found = await handlers.show_organisation(connection, actor, organisation_id)
    response.headers["ETag"] = etag(found.version)
    return found


@router.patch("/organisations/{organisation_id}")
async def edit_organisation(
    _: OrganisationEditor,
    by: AuditBy,
    tx: Tx,
    organisation_id: UUID,
    command: EditOrganisation,
    expected: ExpectedVersion,
    response: Response,
) -> OrganisationOut:
    saved = await handlers.edit_organisation(tx, by, organisation_id, command, expected)
    response.headers["ETag"] = etag(saved.version)
    return saved


@router.get("/organisations/{organisation_id}/members")
async def list_members(
    actor: Person,
    connection: Reader,
    organisation_id: UUID,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> MemberPage:
    items, following = await handlers.members(connection, actor, organisation_id, limit, cursor)
    return MemberPage(items=items, next=following)


@router.put("/organisations/{organisation_id}/members/{user_id}")
async def set_membership(
    actor: Person,
    by: AuditBy,
    tx: Tx,
    organisation_id: UUID,
    user_id: UUID,
    command: SetMembership,
) -> MemberOut:
    wanted = command.membership
    return await handlers.set_membership(tx, actor, by, organisation_id, user_id, wanted)


@router.delete("/organisations/{organisation_id}/members/{user_id}", status_code=204)
async def end_membership(
    actor: Person, by: AuditBy, tx: Tx, organisation_id: UUID, user_id: UUID
) -> Response:
    await handlers.end_membership(tx, actor, by, organisation_id, user_id)
    return Response(status_code=204)
