"""The shape of every event: a frozen contract inside a CloudEvents 1.0 envelope in Kafka binary mode."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.tracing import Cause


class Fact(BaseModel):
    """A part of an event; unknown fields are ignored, so that contracts can grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Fact):
    """A contract: `TYPE` is also the Kafka topic, a new `SCHEMA_VERSION` only ever adds fields."""

    TYPE: ClassVar[str]
    SCHEMA_VERSION: ClassVar[int] = 1

    @classmethod
    def family(cls) -> str:
        """The part of the type before the dot; per-aggregate order holds across a family."""
        return cls.TYPE.partition(".")[0]

    @classmethod
    def is_snapshot(cls) -> bool:
        """Whether this carries full state without a version of its own."""
        return cls.TYPE.endswith(".snapshot")


def families(contracts: Iterable[type[Event]]) -> tuple[str, ...]:
    """The families of some contracts, sorted, each once."""
    return tuple(sorted({contract.family() for contract in contracts}))


# Versions are kept as PostgreSQL's bigint.
MAX_SEQUENCE = 2**63 - 1


class EnvelopeUnreadable(ValueError):
    """A record does not carry the CloudEvents headers that we need."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who says what about whom, and as which version; `subject` is the aggregate's id.

    Source: CloudEvents 1.0 and its Kafka protocol binding, binary content mode. `requestid` is an
    extension attribute of ours.
    """

    id: UUID
    source: str
    type: str
    time: datetime
    subject: UUID
    sequence: int
    schema_version: int
    cause: Cause
    data: bytes

    @property
    def is_snapshot(self) -> bool:
        """Whether the event carries full state without a version of its own."""
        return self.type.endswith(".snapshot")

    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers of the event."""
        pairs = {
            "ce_specversion": "1.0",
            "ce_id": str(self.id),
            "ce_source": self.source,
            "ce_type": self.type,
            "ce_time": self.time.isoformat(),
            "ce_subject": str(self.subject),
            "ce_sequence": str(self.sequence),
            "ce_dataschema": f"urn:tanggap:schema:{self.type}:{self.schema_version}",
            "content-type": "application/json",
        }
        if self.cause.traceparent:
            pairs["traceparent"] = self.cause.traceparent
        if self.cause.request_id:
            pairs["ce_requestid"] = self.cause.request_id
        return [(name, value.encode()) for name, value in pairs.items()]

    @classmethod
    def from_headers(cls, headers: Iterable[tuple[str, bytes]], data: bytes) -> "Envelope":
        """Read an envelope; raises `EnvelopeUnreadable` when a header is missing or malformed."""
        try:
            texts = {name: value.decode() for name, value in headers}
            sequence = int(texts["ce_sequence"])
            if not 1 <= sequence <= MAX_SEQUENCE:
                raise ValueError(f"ce_sequence {sequence}")
            return cls(
                id=UUID(texts["ce_id"]),
                source=texts["ce_source"],
                type=texts["ce_type"],
                time=datetime.fromisoformat(texts["ce_time"]),
                subject=UUID(texts["ce_subject"]),
                sequence=sequence,
                schema_version=int(texts["ce_dataschema"].rpartition(":")[2]),
                cause=Cause(texts.get("ce_requestid"), texts.get("traceparent")),
                data=data,
            )
        except (KeyError, ValueError) as error:
            raise EnvelopeUnreadable(repr(error)) from error
