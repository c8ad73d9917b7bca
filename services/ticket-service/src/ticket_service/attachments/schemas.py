"""Attachments over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from ticket_service.attachments.domain import MAX_PER_MESSAGE


def _each_once(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("attachment_named_twice", "A photo is named twice.")
    return ids


# Own uploads that belong to nothing yet, as `POST /attachments` answered them.
AttachmentIds = Annotated[list[UUID], Field(max_length=MAX_PER_MESSAGE), AfterValidator(_each_once)]


class AttachmentOut(BaseModel):
    """A photo; its bytes are at `GET /attachments/{id}`, a small one at `…/thumbnail`."""

    id: UUID
    name: str
    media_type: str
    size: int
    width: int
    height: int
