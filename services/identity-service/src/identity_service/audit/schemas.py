"""The audit log over HTTP: what is looked for, and entries as they are shown and exported."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel, Field

from identity_service.audit.domain import Action, ActorKind, TargetKind
from shared.commands import Command
from shared.paging import Page


class SearchAudit(Command):
    """What the log is narrowed down to.

    `person` is an id or a part of a name, address or phone number: whoever acted, whom it was done to,
    or in whose place. `target` is an id or what the target is called, such as a ticket's number.
    `occurred_from` counts, `occurred_to` does not any more.
    """

    person: str = Field("", max_length=200)
    action: Action | None = None
    target_kind: TargetKind | None = None
    target: str = Field("", max_length=200)
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None


class ListAudit(SearchAudit):
    """A page of what was found."""

    limit: int = Field(50, ge=1, le=100)
    cursor: str | None = Field(None, max_length=1000)


AuditSearch = Annotated[SearchAudit, Query()]
AuditFilter = Annotated[ListAudit, Query()]


class AuditPerson(BaseModel):
    """Somebody in an entry; the name is today's, and null for who is gone or never had an account."""

    id: UUID | None
    kind: ActorKind
    name: str | None


class AuditTarget(BaseModel):
    """What something was done to; `label` is its number or key, `name` a person's name of today."""

    kind: TargetKind
    id: UUID | None
    label: str | None
    name: str | None


class AuditOut(BaseModel):
    """One entry. `in_place_of` is the person as whom somebody else acted.

    `position` is the entry's place in the chain of hashes, null in the moments before it has one.
    Personal values in `before` and `after` are masked.
    """

    id: int
    occurred_at: datetime
    action: str
    actor: AuditPerson
    in_place_of: AuditPerson | None
    session_id: UUID | None
    client_address: str
    client_agent: str
    request_id: str | None
    target: AuditTarget | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    position: int | None

    def cells(self) -> Iterator[Any]:
        """The entry as a row under `COLUMNS`."""
        yield from (self.id, self.occurred_at.isoformat(), self.action)
        yield from (self.actor.kind, self.actor.id, self.actor.name)
        someone, target = self.in_place_of, self.target
        yield from (someone.id, someone.name) if someone else (None, None)
        yield from (self.client_address, self.client_agent, self.session_id, self.request_id)
        yield from (target.kind, target.id, target.label, target.name) if target else (None,) * 4
        for values in (self.before, self.after):
            yield orjson.dumps(values).decode() if values is not None else None
        yield self.position


COLUMNS = (
    "id",
    "occurred_at",
    "action",
    "actor_kind",
    "actor_id",
    "actor_name",
    "in_place_of_id",
    "in_place_of_name",
    "client_address",
    "client_agent",
    "session_id",
    "request_id",
    "target_kind",
    "target_id",
    "target_label",
    "target_name",
    "before",
    "after",
    "position",
)


class AuditPage(Page[AuditOut]):
    """Entries, the latest first."""
