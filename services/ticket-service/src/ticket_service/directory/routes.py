"""Who can be given a ticket."""

from typing import Annotated

from fastapi import APIRouter, Depends

from shared.auth import Actor
from shared.dependencies import Permitted, Reader
from shared.permissions import Permission
from ticket_service.directory import queries
from ticket_service.directory.schemas import AssigneeList, AssigneeOut

router = APIRouter(tags=["tickets"])

Assigner = Annotated[Actor, Depends(Permitted(Permission.TICKET_ASSIGN))]


@router.get("/assignees")
async def list_assignees(connection: Reader, _: Assigner) -> AssigneeList:
    rows = await queries.active_staff(connection, 500)
    return AssigneeList(items=[AssigneeOut(**dict(row)) for row in rows])
