"""Events that a contract allows: every alternative once, and any for hypothesis."""

import types
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel

from shared.events.examples import example

M = TypeVar("M", bound=BaseModel)

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(min_value=0, max_value=2**31),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    UUID: st.uuids(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    type(None): st.none(),
    Any: st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.text()),
}


def instances(model: type[M]) -> st.SearchStrategy[M]:
    """Instances with any subset of the optional fields given."""
    required = {n: values(f.annotation) for n, f in model.model_fields.items() if f.is_required()}
    optional = {
        n: values(f.annotation) for n, f in model.model_fields.items() if not f.is_required()
    }
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: model(**given))


def variants(model: type[M]) -> list[M]:
    """An example, and one more for each state, null and kind of part that a field may have."""
    return [
        example(model),
        *(
            example(model, **{name: value})
            for name, field in model.model_fields.items()
            for value in alternatives(field.annotation)
        ),
    ]


def alternatives(annotation: Any) -> Sequence[Any]:
    """The values of a field that differ in more than their content."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments
    if annotation is type(None):
        return [None]
    if origin in (Union, types.UnionType):
        return [value for kind in arguments for value in alternatives(kind)]
    if origin is tuple and Ellipsis in arguments:
        return [(), *((value,) for value in alternatives(arguments[0]))]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return variants(annotation)
    return []


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of an annotation as contracts use it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*(values(kind) for kind in arguments))
    if origin is tuple and Ellipsis in arguments:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(values(kind) for kind in arguments))
    if origin is list:
        return st.lists(values(arguments[0]), max_size=3)
    if origin in (dict, Mapping):
        return st.dictionaries(st.text(max_size=5), values(arguments[1]), max_size=2)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return instances(annotation)
    return _PLAIN[annotation]
