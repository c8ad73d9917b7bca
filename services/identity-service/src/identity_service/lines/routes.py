"""Service lines over HTTP. Customers see their own; whoever may read lines sees all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.dependencies import AuditBy, Person
from identity_service.lines import handlers, queries
from identity_service.lines.domain import LineNotFound
from identity_service.lines.schemas import CreateLine, EditLine, LineFilter, LineOut, LinePage
from shared.auth import Actor, NotPermitted
from shared.dependencies import ExpectedVersion, Once, Permitted, Reader, Tx, etag
from shared.idempotency import Answer
from shared.permissions import Permission

router = APIRouter(tags=["service-lines"])

LineEditor = Annotated[Actor, Depends(Permitted(Permission.LINE_EDIT))]


async def _sight(actor: Person) -> UUID | None:
    """Whose lines somebody sees: their own, or with the right to read lines anybody's (None)."""
    if actor.may(Permission.LINE_READ):
        return None
    if actor.kind != "customer" or actor.id is None:
        raise NotPermitted(permission=str(Permission.LINE_READ))
    return actor.id


Owner = Annotated[UUID | None, Depends(_sight)]


@router.get("/service-lines")
async def list_lines(owner: Owner, connection: Reader, wanted: LineFilter) -> LinePage:
    lines, following = await queries.lines_page(connection, owner, wanted)
    return LinePage(items=lines, next=following)


@router.get("/service-lines/{line_id}")
async def show_line(owner: Owner, connection: Reader, line_id: UUID, response: Response) -> LineOut:
    line = await queries.line_out(connection, owner, line_id)
    if line is None:
        raise LineNotFound
    response.headers["ETag"] = etag(line.version)
    return line


@router.post("/service-lines", status_code=201, response_model=LineOut)
async def create_line(
    _: LineEditor, by: AuditBy, tx: Tx, command: CreateLine, once: Once
) -> Response:
    async def create() -> Answer:
        line = await handlers.create_line(tx, by, command)
        headers = {"Location": f"/service-lines/{line.id}", "ETag": etag(line.version)}
        return Answer(line, headers=headers)

    return await once.run(create)


@router.patch("/service-lines/{line_id}")
async def edit_line(
    _: LineEditor,
    by: AuditBy,
    tx: Tx,
    line_id: UUID,
    command: EditLine,
    expected: ExpectedVersion,
    response: Response,
) -> LineOut:
    line = await handlers.edit_line(tx, by, line_id, command, expected)
    response.headers["ETag"] = etag(line.version)
    return line
