"""Exports over HTTP: CSV as it is read, whatever its size."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from identity_service.dependencies import AuditBy, Db
from identity_service.exports import handlers
from identity_service.exports.domain import COLUMNS
from identity_service.imports.domain import Kind
from shared.auth import Actor
from shared.csv_rows import MARK, csv_text
from shared.db import Database
from shared.dependencies import Permitted
from shared.permissions import Permission

router = APIRouter(tags=["exports"])

Exporter = Annotated[Actor, Depends(Permitted(Permission.EXPORT_RUN))]


@router.get(
    "/exports/{kind}",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_rows(actor: Exporter, by: AuditBy, db: Db, kind: Kind) -> StreamingResponse:
    async with db.transaction() as tx:
        await handlers.begin_export(tx, actor, by, kind)
    headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
    return StreamingResponse(_lines(db, actor, kind), media_type="text/csv", headers=headers)


async def _lines(db: Database, actor: Actor, kind: Kind) -> AsyncIterator[str]:
    """Page after page, so that neither memory nor a connection is held by who reads slowly.

    Whoever loses the right on the way gets no further page.
    """
    yield MARK + csv_text([COLUMNS[kind]])
    key = ""
    while True:
        async with db.read() as connection:
            rows = await handlers.rows_after(connection, actor, kind, key)
        if not rows:
            return
        yield csv_text(rows)
        key = rows[-1][0]
