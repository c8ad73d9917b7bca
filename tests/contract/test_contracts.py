"""Every published version of every event fits the present code, in both directions."""

import json
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, create_model

from shared.events import CONTRACTS
from shared.events.base import Event, Fact
from shared.events.description import json_schema
from shared.events.examples import example, least
from tests.contract.compatibility import unacceptable, unread
from tests.contract.instances import instances, variants

HERE = Path(__file__).parent
EVERY_CONTRACT = pytest.mark.parametrize(
    "contract", CONTRACTS.values(), ids=lambda contract: contract.TYPE
)


def texts(kind: str, event_type: str) -> dict[int, str]:
    """The stored files of an event, by version."""
    files = (HERE / kind / event_type).glob("v*.json")
    return {int(file.stem[1:]): file.read_text() for file in files}


def schemas(event_type: str) -> dict[int, Any]:
    return {v: json.loads(text) for v, text in texts("schemas", event_type).items()}


@EVERY_CONTRACT
def test_every_version_has_a_schema_and_a_sample(contract: type[Event]) -> None:
    versions = list(range(1, contract.SCHEMA_VERSION + 1))
    assert sorted(texts("schemas", contract.TYPE)) == versions
    assert sorted(texts("samples", contract.TYPE)) == versions


@EVERY_CONTRACT
def test_the_present_version_is_the_published_one(contract: type[Event]) -> None:
    assert schemas(contract.TYPE)[contract.SCHEMA_VERSION] == json_schema(contract)


@EVERY_CONTRACT
def test_old_samples_fit_new_readers(contract: type[Event]) -> None:
    samples = {
        version: [json.dumps(sample) for sample in json.loads(text)]
        for version, text in texts("samples", contract.TYPE).items()
    }
    assert unread(contract, samples) == []


@EVERY_CONTRACT
@given(data=st.data())
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_new_samples_fit_old_schemas(contract: type[Event], data: st.DataObject) -> None:
    news = [data.draw(instances(contract)) for _ in range(5)]
    assert unacceptable(contract, news, schemas(contract.TYPE)) == []


@EVERY_CONTRACT
def test_every_alternative_of_a_new_event_fits_old_schemas(contract: type[Event]) -> None:
    assert unacceptable(contract, variants(contract), schemas(contract.TYPE)) == []


def test_nothing_is_left_of_an_event_that_nobody_says() -> None:
    """A type that was published once stays, as long as its samples may be in somebody's log."""
    for kind in ("schemas", "samples"):
        assert {folder.name for folder in (HERE / kind).iterdir()} == set(CONTRACTS)


class Weather(Fact):
    """A part of the contract below."""

    sky: Literal["clear", "rain"]


class Reported(Event):
    """A contract to be broken in every way."""

    TYPE: ClassVar[str] = "weather.reported"
    station_id: UUID
    weather: Weather
    degrees: int
    remark: str = ""


def part(states: Any) -> type[Fact]:
    """Another `Weather`, with these states."""
    fields: dict[str, Any] = {"sky": (states, ...)}
    made: type[Fact] = create_model("Weather", __base__=Fact, **fields)
    return made


BREAKS: dict[str, dict[str, Any]] = {
    "a field is renamed": {"degrees": None, "temperature": (int, ...)},
    "a field is required that was not there": {"wind": (int, ...)},
    "a field has another type": {"degrees": (list[int], ...)},
    "a field became required": {"remark": (str, ...)},
    "a field may be null now": {"degrees": (int | None, None)},
    "a part has a state that old readers do not know": {
        "weather": (
            part(Literal["clear", "rain", "snow"]),
            ...,
        )
    },
    "a part lost a state that old samples have": {"weather": (part(Literal["rain"]), ...)},
    "a field is gone": {"station_id": None},
}
GROWTHS: dict[str, dict[str, Any]] = {
    "nothing changed": {},
    "a field that readers can do without": {"wind": (int | None, None)},
    "a list": {"hours": (tuple[int, ...], ())},
    "a part": {"sea": (Weather | None, None)},
    "a state fewer that is said": {"remark": (str, Field("none"))},
}


def changed(changes: dict[str, Any]) -> type[Event]:
    """The next version of `Reported`."""
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in Reported.model_fields.items()
    }
    left = {name: kind for name, kind in {**fields, **changes}.items() if kind is not None}
    contract: type[Event] = create_model("Reported", __base__=Event, **left)
    contract.TYPE, contract.SCHEMA_VERSION = Reported.TYPE, 2
    return contract


def misfits(contract: type[Event]) -> list[str]:
    """Of both directions, between the first version and this one."""
    olds = [
        example(Reported).model_dump_json(),
        least(Reported).model_dump_json(exclude_unset=True),
    ]
    return [
        *unread(contract, {1: olds}),
        *unacceptable(contract, variants(contract), {1: json_schema(Reported)}),
    ]


@pytest.mark.parametrize("changes", BREAKS.values(), ids=BREAKS.keys())
def test_a_breaking_change_is_found(changes: dict[str, Any]) -> None:
    assert misfits(changed(changes)) != []


@pytest.mark.parametrize("changes", GROWTHS.values(), ids=GROWTHS.keys())
def test_a_contract_may_grow(changes: dict[str, Any]) -> None:
    assert misfits(changed(changes)) == []
