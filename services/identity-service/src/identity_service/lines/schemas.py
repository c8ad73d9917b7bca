"""Service lines over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field, StringConstraints

from identity_service.areas.schemas import AreaBrief
from identity_service.fields import Name
from shared.commands import Command
from shared.events.identity import LineState
from shared.paging import Page

Number = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9./-]{2,31}$"
    ),
]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
# Degrees (WGS 84), to some ten centimetres.
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class CreateLine(Command):
    """A new line of a customer; its number never changes."""

    number: Number
    user_id: UUID
    plan: Name
    address: Address
    area_id: UUID | None = None
    state: LineState = "active"
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class EditLine(Command):
    """New values; fields that are not given stay, a null area or place means it is not known."""

    user_id: UUID | None = None
    plan: Name | None = None
    address: Address | None = None
    area_id: UUID | None = None
    state: LineState | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class ListLines(Command):
    """What a list of lines is narrowed down to; `q` is a part of number or address.

    `area_id` stands for the node and all that is below it.
    """

    user_id: UUID | None = None
    area_id: UUID | None = None
    state: LineState | None = None
    q: str = Field("", max_length=100)
    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


LineFilter = Annotated[ListLines, Query()]


class LineOut(BaseModel):
    """A line, with where it is connected; `customer` is the name of the person it belongs to."""

    id: UUID
    number: str
    user_id: UUID
    customer: str
    plan: str
    address: str
    area: AreaBrief | None
    state: LineState
    latitude: float | None
    longitude: float | None
    version: int


class LinePage(Page[LineOut]):
    """Lines by number."""
