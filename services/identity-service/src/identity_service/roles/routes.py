"""Roles over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from identity_service.dependencies import AuditBy
from identity_service.roles import handlers, queries
from identity_service.roles.domain import Role
from identity_service.roles.schemas import EditRole, RoleOut, RolePage
from shared.auth import Actor
from shared.dependencies import ExpectedVersion, Permitted, Reader, Tx, etag
from shared.permissions import Permission

router = APIRouter(tags=["roles"])

RoleReader = Annotated[Actor, Depends(Permitted(Permission.ROLE_READ))]
RoleName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
RoleEditor = Annotated[Actor, Depends(Permitted(Permission.ROLE_EDIT))]


@router.get("/roles")
async def list_roles(_: RoleReader, connection: Reader) -> RolePage:
    return RolePage(items=[_out(role) for role in await queries.roles(connection)])


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
    return _out(role)


def _out(role: Role) -> RoleOut:
    return RoleOut(
        id=role.id,
        name=role.name,
        kind=role.kind,
        permissions=sorted(role.permissions),
        version=role.version,
    )
