"""Examples of anything pydantic can describe: the same on every machine, so they can be kept."""

import types
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel
from pydantic.fields import FieldInfo

M = TypeVar("M", bound=BaseModel)

MOMENT = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)
TEXTS = {
    "email": "siti@example.test",
    "phone": "+6281234567890",
    "number": "1234-5674",
    "name": "Siti Rahma",
    "time_zone": "Asia/Jakarta",
    "quiet_from": "21:00",
    "quiet_to": "06:00",
}


def example(model: type[M], **given: Any) -> M:
    """An instance with every field filled, optional ones too; `given` fields are taken as they are."""
    values = {
        name: _value(field.annotation, name, field)
        for name, field in model.model_fields.items()
        if name not in given
    }
    return model(**{**values, **given})


def least(model: type[M]) -> M:
    """An instance with only what has to be given; the same for its parts."""
    required = {n: f for n, f in model.model_fields.items() if f.is_required()}
    return model(**{n: _value(f.annotation, n, f, make=least) for n, f in required.items()})


def _value(
    annotation: Any,
    name: str,
    field: FieldInfo | None = None,
    make: Callable[[type[BaseModel]], BaseModel] = example,
) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments[0]
    if origin in (Union, types.UnionType):
        return _value(next(a for a in arguments if a is not type(None)), name, None, make)
    if origin is tuple:
        kinds = arguments[:1] if Ellipsis in arguments else arguments
        return tuple(_value(kind, name, None, make) for kind in kinds)
    if origin in (list, set, frozenset):
        return [_value(arguments[0], name, None, make)]
    if origin in (dict, Mapping):
        return {_key(name): _value(arguments[1], name, None, make)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return make(annotation)
    return _plain(annotation, name, field)


def _plain(annotation: Any, name: str, field: FieldInfo | None) -> Any:
    if annotation is bool:
        return bool(field and field.default is True)
    if annotation is str:
        return TEXTS.get(name, name.replace("_", " "))
    plain = {
        int: 1,
        float: 1.5,
        UUID: uuid5(NAMESPACE_URL, f"tanggap:example:{name}"),
        datetime: MOMENT,
        Any: "anything",
    }
    return plain[annotation]


def _key(name: str) -> str:
    return "id" if name.endswith("name") else "subject"
