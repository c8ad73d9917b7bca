"""Lists in pages: opaque cursors that say after which row the next page begins (keyset)."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel

from shared.errors import FieldError, Invalid

MAX_LIMIT = 100

Item = TypeVar("Item")
Row = TypeVar("Row")

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Cursor = Annotated[str | None, Query(max_length=1000)]


class CursorNotValid(Invalid):
    """This place in the list is not valid. Please start from the first page."""

    def __init__(self) -> None:
        super().__init__(FieldError("?cursor", self.title(), "cursor"))


class Page(BaseModel, Generic[Item]):
    """Some items of a list; `next` is the cursor of the following page, null on the last one."""

    items: list[Item]
    next: str | None = None


def encode_cursor(keys: Sequence[Any]) -> str:
    """The sort keys of a page's last row, as text that needs no escaping in a URL."""
    return base64.urlsafe_b64encode(orjson.dumps(list(keys), default=str)).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, *types: Callable[[str], Any]) -> list[Any] | None:
    """The sort keys in a cursor, each made by its type; None for the first page."""
    if cursor is None:
        return None
    try:
        keys = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [make(key) for make, key in zip(types, keys, strict=True)]
    except (binascii.Error, ValueError, TypeError, AttributeError):
        raise CursorNotValid from None


def cut(
    rows: Sequence[Row], limit: int, keys: Callable[[Row], Sequence[Any]]
) -> tuple[Sequence[Row], str | None]:
    """The page in `limit + 1` rows, and the cursor behind it where there is more."""
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    return page, encode_cursor(keys(page[-1]))
