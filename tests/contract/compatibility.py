"""The two directions in which versions of an event have to fit: both give a list of misfits."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import ValidationError

from shared.events.base import Event

# Of one version each: what was really said, and what its readers accept.
Samples = Mapping[int, Sequence[str]]
Schemas = Mapping[int, Mapping[str, Any]]


def unread(contract: type[Event], samples: Samples) -> list[str]:
    """Old samples that the present reader does not understand."""
    misfits = []
    for version, sample in [(v, sample) for v, said in samples.items() for sample in said]:
        try:
            contract.model_validate_json(sample)
        except ValidationError as error:
            misfits += [
                f"{contract.TYPE} v{version}: {e['loc']} {e['msg']}" for e in error.errors()
            ]
    return misfits


def unacceptable(contract: type[Event], news: Iterable[Event], schemas: Schemas) -> list[str]:
    """What the present writer says and readers of some version do not accept."""
    checks = {version: Draft202012Validator(schema) for version, schema in schemas.items()}
    said = [event.model_dump(mode="json") for event in news]
    return sorted(
        {
            f"{contract.TYPE} v{version}: /{'/'.join(map(str, error.absolute_path))} {error.validator}"
            for version, check in checks.items()
            for event in said
            for error in check.iter_errors(event)
        }
    )
