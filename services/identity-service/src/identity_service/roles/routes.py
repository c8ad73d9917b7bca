"""Roles over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from identity_service.dependencies import AuditBy
from identity_service.roles import handlers, queries
from identity_service.roles.domain import FIXED, Role
from identity_service.roles.schemas import CreateRole, EditRole, RenameRole, RoleOut, RolePage
from shared.auth import Actor
from shared.dependencies import ExpectedVersion, Once, Permitted, Reader, Tx, etag
from shared.idempotency import Answer
from shared.permissions import Permission

router = APIRouter(tags=["roles"])

RoleReader = Annotated[Actor, Depends(Permitted(Permission.ROLE_READ))]
RoleName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
RoleEditor = Annotated[Actor, Depends(Permitted(Permission.ROLE_EDIT))]


@router.get("/roles")
async def list_roles(_: RoleReader, connection: Reader) -> RolePage:
    people = await queries.people_by_role(connection)
    found = await queries.roles(connection)
    return RolePage(items=[_out(role, people.get(role.name, 0)) for role in found])


@router.post("/roles", status_code=201, response_model=RoleOut)
async def create_role(
    actor: RoleEditor, by: AuditBy, tx: Tx, command: CreateRole, once: Once
) -> Response:
    async def create() -> Answer:
        role = await handlers.create_role(tx, actor, by, command)
        headers = {"Location": f"/roles/{role.name}", "ETag": etag(role.version)}
        return Answer(_out(role, 0), headers=headers)

    return await once.run(create)


@router.patch("/roles/{name}")
async def rename_role(
    actor: RoleEditor,
    by: AuditBy,
    tx: Tx,
    name: RoleName,
    command: RenameRole,
    expected: ExpectedVersion,
    response: Response,
) -> RoleOut:
    role = await handlers.rename_role(tx, actor, by, name, command, expected)
    response.headers["ETag"] = etag(role.version)
    return _out(role, (await queries.people_by_role(tx)).get(role.name, 0))


@router.delete("/roles/{name}", status_code=204)
async def delete_role(
    actor: RoleEditor, by: AuditBy, tx: Tx, name: RoleName, expected: ExpectedVersion
) -> Response:
    await handlers.delete_role(tx, actor, by, name, expected)
    return Response(status_code=204)


@router.put("/roles/{name}")
async def edit_role(
    actor: RoleEditor,
    by: AuditBy,
    tx: Tx,
    name: RoleName,
    command: EditRole,
    expected: ExpectedVersion,
    response: Response,
) -> RoleOut:
    role = await handlers.edit_role(tx, actor, by, name, command, expected)
    response.headers["ETag"] = etag(role.version)
    return _out(role, (await queries.people_by_role(tx)).get(role.name, 0))


def _out(role: Role, people: int) -> RoleOut:
    return RoleOut(
        id=role.id,
        name=role.name,
        kind=role.kind,
        permissions=sorted(role.permissions),
        label=role.label,
        is_custom=role.is_custom,
        is_fixed=role.name in FIXED,
        people=people,
        version=role.version,
    )
