"""The audit log over HTTP: only looked at. Whoever takes it away in a file is in it, too."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from identity_service.audit import handlers, queries
from identity_service.audit.schemas import COLUMNS, AuditFilter, AuditPage, AuditSearch, ListAudit
from identity_service.dependencies import AuditBy, Db
from identity_service.sessions.handlers import own_id
from identity_service.users.queries import permissions_now
from shared.auth import Actor, NotPermitted
from shared.csv_rows import MARK, csv_text
from shared.db import Database
from shared.dependencies import Permitted, Reader
from shared.permissions import Permission

router = APIRouter(tags=["audit"])

AuditReader = Annotated[Actor, Depends(Permitted(Permission.AUDIT_READ))]


@router.get("/audit")
async def list_audit(_: AuditReader, connection: Reader, wanted: AuditFilter) -> AuditPage:
    entries, following = await queries.entries_page(connection, wanted)
    return AuditPage(items=entries, next=following)


@router.get(
    "/audit/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_audit(
    actor: AuditReader, by: AuditBy, db: Db, wanted: AuditSearch
) -> StreamingResponse:
    async with db.transaction() as tx:
        await handlers.note_export(tx, by, wanted)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(audit_lines(db, actor, wanted), media_type="text/csv", headers=headers)


async def audit_lines(db: Database, actor: Actor, wanted: AuditSearch) -> AsyncIterator[str]:
    """Page after page, so that neither memory nor a connection is held by who reads slowly.

    Whoever loses the right on the way gets no further page.
    """
    yield MARK + csv_text([COLUMNS])
    cursor: str | None = ""
    while cursor is not None:
        page = ListAudit(**wanted.model_dump(), limit=100, cursor=cursor or None)
        async with db.read() as connection:
            if Permission.AUDIT_READ not in await permissions_now(connection, own_id(actor)):
                raise NotPermitted
            entries, cursor = await queries.entries_page(connection, page)
        yield csv_text(entry.cells() for entry in entries)
