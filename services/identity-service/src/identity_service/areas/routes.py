"""The network tree over HTTP."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from identity_service.areas import handlers, queries
from identity_service.areas.domain import Area, AreaNotFound
from identity_service.areas.schemas import AreaFilter, AreaOut, AreaPage, CreateArea, EditArea
from identity_service.dependencies import AuditBy
from shared.auth import Actor
from shared.dependencies import ExpectedVersion, Once, Permitted, Reader, Tx, etag
from shared.idempotency import Answer
from shared.permissions import Permission

router = APIRouter(tags=["areas"])

AreaReader = Annotated[Actor, Depends(Permitted(Permission.AREA_READ))]
AreaEditor = Annotated[Actor, Depends(Permitted(Permission.AREA_EDIT))]


@router.get("/areas")
async def list_areas(_: AreaReader, connection: Reader, wanted: AreaFilter) -> AreaPage:
    areas, following = await queries.areas_page(connection, wanted)
    counts = await _counts(connection, areas) if wanted.counts else {}
    return AreaPage(items=[_out(area, counts) for area in areas], next=following)


@router.get("/areas/{area_id}")
async def show_area(
    _: AreaReader, connection: Reader, area_id: UUID, response: Response
) -> AreaOut:
    area = await queries.area_by_id(connection, area_id)
    if area is None:
        raise AreaNotFound
    response.headers["ETag"] = etag(area.version)
    return _out(area, await _counts(connection, [area]))


@router.post("/areas", status_code=201, response_model=AreaOut)
async def create_area(
    _: AreaEditor, by: AuditBy, tx: Tx, command: CreateArea, once: Once
) -> Response:
    async def create() -> Answer:
        area = await handlers.create_area(tx, by, command)
        return Answer(
            _out(area), headers={"Location": f"/areas/{area.id}", "ETag": etag(area.version)}
        )

    return await once.run(create)


@router.patch("/areas/{area_id}")
async def edit_area(
    _: AreaEditor,
    by: AuditBy,
    tx: Tx,
    area_id: UUID,
    command: EditArea,
    expected: ExpectedVersion,
    response: Response,
) -> AreaOut:
    area = await handlers.edit_area(tx, by, area_id, command, expected)
    response.headers["ETag"] = etag(area.version)
    return _out(area)


async def _counts(connection: Reader, areas: Sequence[Area]) -> dict[UUID, int]:
    return await queries.line_counts(connection, [area.id for area in areas])


def _out(area: Area, counts: Mapping[UUID, int] = MappingProxyType({})) -> AreaOut:
    shown = AreaOut.model_validate(area, from_attributes=True)
    return shown.model_copy(update={"line_count": counts.get(area.id)})
