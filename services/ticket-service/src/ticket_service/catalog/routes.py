"""Categories over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from shared.auth import Actor
from shared.dependencies import (
    ExpectedVersion,
    Once,
    Permitted,
    Reader,
    Someone,
    Tx,
    etag,
)
from shared.idempotency import Answer
from shared.permissions import Permission
from ticket_service.catalog import handlers, queries
from ticket_service.catalog.schemas import (
    CategoryList,
    CategoryOut,
    CreateCategory,
    EditCategory,
)

router = APIRouter(tags=["categories"])

Editor = Annotated[Actor, Depends(Permitted(Permission.CATEGORY_EDIT))]


@router.get("/categories")
async def list_categories(connection: Reader, actor: Someone) -> CategoryList:
    with_inactive = actor.may(Permission.CATEGORY_EDIT)
    return CategoryList(items=await queries.categories(connection, with_inactive=with_inactive))


@router.post("/categories", status_code=201, response_model=CategoryOut)
async def create_category(tx: Tx, _: Editor, command: CreateCategory, once: Once) -> Response:
    async def create() -> Answer:
        out = await handlers.create_category(tx, command)
        return Answer(out, headers={"Location": "/categories", "ETag": etag(out.version)})

    return await once.run(create)


@router.patch("/categories/{slug}")
async def edit_category(
    tx: Tx,
    _: Editor,
    slug: str,
    command: EditCategory,
    expected: ExpectedVersion,
    response: Response,
) -> CategoryOut:
    out = await handlers.edit_category(tx, slug, command, expected)
    response.headers["ETag"] = etag(out.version)
    return out
